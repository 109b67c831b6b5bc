"""A process that has loaded the program, and becomes a server in a fork of itself whenever a test wants one.

To load it takes a second of a processor, and a test of kills starts dozens. From the fork on it is `python -m channel`:
another process, with arguments, environment, folder and log of its own, which is signalled and ends as any other.
"""

import atexit
import contextlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).parents[2]
LONGEST_REQUEST = 1 << 20
# What is read as the interpreter or the C library starts, and cannot be changed in a process that runs.
BEFORE_MAIN = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "TZ", "LC_", "LANG")
PRELOAD = "LD_PRELOAD"  # a loaded process for each, such as a clock


def can_become(environment: Mapping[str, str]) -> bool:
    """Whether a fork in this environment is what a new process in it would be."""
    ours = {**os.environ, "PYTHONPATH": str(ROOT)}
    names = {name for name in {*ours, *environment} if name.startswith(BEFORE_MAIN) and name != PRELOAD}
    return all(ours.get(name) == environment.get(name) for name in names)


class Forked:
    """As much of a `Popen` as a test of servers uses. The loaded process says how it ended."""

    def __init__(self, pid: int, told: int) -> None:
        self.pid = pid
        self._told = told
        self._code: int | None = None

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, within_s: float | None = None) -> int:
        code = self._look(within_s)
        if code is None:
            raise subprocess.TimeoutExpired(f"server {self.pid}", within_s or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, within_s: float | None) -> int | None:
        if self._code is None:
            ready = select.poll()
            ready.register(self._told, select.POLLIN)
            if ready.poll(None if within_s is None else within_s * 1000):
                said = os.read(self._told, 16)
                os.close(self._told)
                self._code = int(said)  # nothing said: the loaded process is gone, and with it what it knows
        return self._code


class Loaded:
    """The test's end of the loaded process, which goes when the test's process does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.end)

    def become(
        self,
        module: str,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        log: BinaryIO,
        *,
        errors: BinaryIO | None = None,
    ) -> Forked:
        """`python -m module arguments…` there, with `log` for what it says; with `errors` for the worse of it."""
        told, tell = os.pipe()
        order = json.dumps([module, arguments, environment, str(folder)]).encode()
        try:
            socket.send_fds(self._line, [order], [log.fileno(), (errors or log).fileno(), tell])
        finally:
            os.close(tell)
        return Forked(int(self._line.recv(16)), told)

    def end(self) -> None:
        self._line.close()
        self._process.wait()


_loaded: dict[tuple[int, str], Loaded] = {}


def loaded(environment: Mapping[str, str]) -> Loaded:
    """The one of this process for such servers; it is started for the first of them."""
    key = os.getpid(), environment.get(PRELOAD, "")
    if key not in _loaded:
        _loaded[key] = Loaded(environment)
    return _loaded[key]


def begin(
    arguments: list[str], environment: dict[str, str], folder: Path, out: BinaryIO, errors: BinaryIO
) -> "subprocess.Popen[bytes] | Forked":
    """`channel arguments…`, on its way."""
    if can_become(environment):
        return loaded(environment).become("channel", arguments, environment, folder, out, errors=errors)
    command = [sys.executable, "-m", "channel", *arguments]
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=out, stderr=errors)


def run_command(
    arguments: list[str], environment: dict[str, str], folder: Path, within_s: float
) -> subprocess.CompletedProcess[str]:
    """`channel arguments…`, to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = begin(arguments, environment, folder, out, errors)
        try:
            code = process.wait(within_s)
        finally:
            process.kill()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), errors.read().decode())


# --- in the loaded process


@dataclass(frozen=True, slots=True)
class _Order:
    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str


def _serve_forks(line: socket.socket) -> _Order | None:
    """Fork for each order. Returns it in the fork, and None in the process itself once the test's has gone."""
    children: dict[int, int] = {}
    ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    while True:
        ready, _, _ = select.select([line, ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _tell_ends(children)
        if line not in ready:
            continue
        data, given, _, _ = socket.recv_fds(line, LONGEST_REQUEST, 3)
        if not data:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            return None
        log, errors, tell = given
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for held in (line.detach(), ended, wake, tell, *children.values()):
                os.close(held)
            return _dressed(_Order(*json.loads(data)), log, errors)
        os.close(log)
        os.close(errors)
        children[pid] = tell
        line.send(str(pid).encode())


def _tell_ends(children: dict[int, int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            tell = children.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # nobody asked how it ended
                os.write(tell, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(tell)


def _dressed(order: _Order, log: int, errors: int) -> _Order:
    """What a new process has from its parent."""
    os.dup2(log, 1)
    os.dup2(errors, 2)
    os.close(log)
    os.close(errors)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    return order


def _main() -> None:
    import channel.running  # noqa: F401 with all that a server is made of

    with socket.socket(fileno=int(sys.argv[1])) as line:
        order = _serve_forks(line)
    if order is not None:
        sys.argv[1:] = order.arguments
        sys.path[0] = order.folder
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
