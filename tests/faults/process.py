"""The real server, driven by its command line: started, asked whether it is ready, killed, started again."""

import asyncio
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from channel import control
from channel.storage.open import DATABASE_FILE
from tests.faults.loaded import Forked, can_become, loaded, run_command
from tests.migrated import migrated_file

ROOT = Path(__file__).parents[2]
READY_S = 30.0
SETUP = re.compile(r"http\S+/setup\?token=\S+")
_direct = build_opener(ProxyHandler({}))


def free_port() -> int:
    """A port below those that the kernel gives to clients.

    While the server is down its followers keep knocking; from a port of that range one could end up connected to
    itself, and the port would be taken when the server comes back.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ServerProcess:
    """`channel serve` on a data folder of its own. Leaving the context kills it, whatever happened.

    `environment` is added to that of the server and of the commands. `module` is what is run in the place of `channel`
    to serve. `within` is put before the command that serves, and replaces itself by it; `host` is where it listens.
    Where nothing of that forbids it the server is a fork of a process that has loaded the program, and its first data a
    file that has the schema. With `anew` it is as on somebody's machine: a new interpreter, which finds nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        self.host = "127.0.0.1"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment: dict[str, str] = {}
        self.options: list[str] = []  # of `channel serve`
        self.module = "channel"
        self.within: list[str] = []
        self.anew = False
        self._process: subprocess.Popen[bytes] | Forked | None = None

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def command(self, *arguments: str) -> str:
        """Run one `channel …` command and return what it printed."""
        done = run_command([*arguments], self._whole_environment(), self.data.parent, READY_S)
        assert done.returncode == 0, f"channel {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def asked(self, verb: str, **given: Any) -> Any:
        """What the running server answers a command; to start one would take a second of a processor each time."""

        async def ask() -> Any:
            return await control.ask(self.data, verb, given, lambda done, total: None)

        with ThreadPoolExecutor(1) as thread:  # the test may have a loop of its own
            return thread.submit(lambda: asyncio.run(ask())).result(READY_S)

    def setup_link(self) -> str:
        """Of an empty server: it is said once, a moment after the server is ready."""
        started_s = time.monotonic()
        while not (found := SETUP.search(self.said())):
            assert time.monotonic() - started_s < READY_S, self.said()
            time.sleep(0.02)
        return found[0]

    def token(self, handle: str) -> str:
        """Make the account on the running server, and return a bearer token for it."""
        self.asked("account.create", handle=handle, name=handle.title(), admin=True)
        token: str = self.asked("account.token", handle=handle)["token"]
        return token

    def start(self) -> None:
        command = ["serve", "--host", self.host, "--port", str(self.port), *self.options]
        environment, folder = self._whole_environment(), self.data.parent
        if not self.anew and "CHANNEL_DATABASE" not in environment and not any(self.data.iterdir()):
            shutil.copyfile(migrated_file(), self.data / DATABASE_FILE)
            (self.data / DATABASE_FILE).chmod(0o600)
        with self.log.open("ab") as log:
            if not (self.anew or self.within) and can_become(environment):
                self._process = loaded(environment).become(self.module, command, environment, folder, log)
                return
            self._process = subprocess.Popen(
                [*self.within, sys.executable, "-m", self.module, *command],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )

    def wait_ready(self) -> float:
        """Block until it answers. Returns the seconds that took."""
        started_s = time.monotonic()
        while time.monotonic() - started_s < READY_S:
            assert self._process is not None
            assert self._process.poll() is None, f"the server ended by itself:\n{self.said()}"
            try:
                with _direct.open(f"{self.url}/health", timeout=2) as answer:
                    if answer.status == 200:
                        return time.monotonic() - started_s
            except (URLError, OSError):
                time.sleep(0.02)
        raise AssertionError(f"the server was not ready within {READY_S} s:\n{self.said()}")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a crash does it: no goodbye."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """As an operator does it. Returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.ended(20)

    def ended(self, within_s: float) -> int:
        """Wait for its end. Returns the exit code; raises TimeoutExpired."""
        assert self._process is not None
        code = self._process.wait(within_s)
        self._process = None
        return code

    def memory_kb(self) -> int:
        """What it holds of memory that is its own: no files that happen to be mapped."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))

    def files(self) -> int:
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def said(self) -> str:
        """Everything the server has logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _whole_environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHANNEL_")}
        ours = {
            "PYTHONPATH": str(ROOT),
            "CHANNEL_DATA": str(self.data),
            "CHANNEL_URL": self.url,
            "CHANNEL_LIMIT_SCALE": "1000",
        }
        return {**inherited, **ours, **self.environment}
