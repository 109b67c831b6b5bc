"""The commands as somebody types them: processes of their own, with an environment of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from channel.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND_S = 60.0


@dataclass
class Shell:
    """A terminal in `folder`, with CHANNEL_DATA set to `data` and whatever else `environment` says."""

    folder: Path
    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> "Shell":
        """For the installation that `settings` describe."""
        more = {"CHANNEL_URL": settings.url}
        return cls(
            folder,
            settings.data,
            more | ({"CHANNEL_DATABASE": settings.database} if settings.database else {}),
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "channel", *arguments],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )

    def says(self, *arguments: str) -> str:
        """What the command prints; it must work and complain of nothing."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stdout, done.stderr)
        return done.stdout

    def refuses(self, *arguments: str) -> str:
        """Why the command does not work: one line on standard error, exit code 1, nothing printed."""
        done = self.run(*arguments)
        assert done.returncode == 1, (arguments, done.stdout, done.stderr)
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stderr.startswith("channel: "), done.stderr
        assert done.stdout == "", done.stdout
        return done.stderr.strip()

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHANNEL_")}
        ours = {"PYTHONPATH": str(ROOT), "CHANNEL_DATA": str(self.data), "CHANNEL_LIMIT_SCALE": "1000"}
        return inherited | ours | self.environment
