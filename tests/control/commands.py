"""The commands as somebody types them, with an environment of their own."""

import asyncio
import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from channel.cli import main
from tests.faults.loaded import run_command

ROOT = Path(__file__).parents[2]
COMMAND_S = 60.0
Done = subprocess.CompletedProcess[str]


@dataclass
class Shell:
    """A terminal in `folder`, with CHANNEL_DATA set to `data` and whatever else `environment` says."""

    folder: Path
    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Done:
        """A new process where it serves, a fork of a loaded one where a loop runs here already; else quicker in this."""
        if arguments[0] == "serve":
            return self.run_apart(*arguments)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.run_here(*arguments)
        return run_command([*arguments], self._environment(), self.folder, COMMAND_S)

    def run_apart(self, *arguments: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "channel", *arguments],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )

    def run_here(self, *arguments: str) -> Done:
        out, err, umask = io.StringIO(), io.StringIO(), os.umask(0o022)
        with (
            mock.patch.dict(os.environ, self._environment(), clear=True),
            mock.patch.object(sys, "argv", ["channel", *arguments]),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                os.umask(umask)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

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
