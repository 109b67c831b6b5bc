"""`make browser`: see to it that there is a Chromium. Does nothing when there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser.chromium import KEPT, installed

PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")


def main() -> int:
    """The exit code."""
    if installed() or any(KEPT.glob("chromium*")):
        return 0
    if (shutil.which("apt-get") and os.geteuid() == 0 and _by_apt()) or _by_playwright():
        return 0
    print(
        "There is no Chromium for the tests. Install the package chromium and run this again.",
        file=sys.stderr,
    )
    return 1


def _by_apt() -> bool:
    print("Installing Chromium for the tests …")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    steps = (["apt-get", "update", "-q"], install)
    return all(_runs(step, quiet) for step in steps) and installed() is not None


def _by_playwright() -> bool:
    print("Fetching Chromium for the tests …")
    return _runs([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ)) and any(
        KEPT.glob("chromium*")
    )


def _runs(command: list[str], environment: dict[str, str]) -> bool:
    """Say what the command said only when it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{' '.join(command)}:\n{done.stdout}{done.stderr}", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
