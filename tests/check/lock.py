"""Pin every dependency by name, version and hash; no addresses, so any package index will do."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LOCKS = {
    "requirements.lock": ("build", "cluster"),
    "requirements-dev.lock": ("build", "cluster", "dkim", "dev"),
}


def main() -> None:
    for name, extras in LOCKS.items():
        command = [
            sys.executable,
            "-m",
            "piptools",
            "compile",
            "--quiet",
            "--generate-hashes",
            "--allow-unsafe",
        ]
        command += ["--strip-extras", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        command += ["--no-emit-trusted-host", "--no-annotate", "--output-file", name]
        command += [f"--extra={extra}" for extra in extras]
        subprocess.run([*command, "pyproject.toml"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
