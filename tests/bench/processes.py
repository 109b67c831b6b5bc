"""The processes of a measurement: servers on one core, the load client on the other."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.machine import SERVERS, on_core
from tests.bench.wire import HOST
from tests.faults.process import ServerProcess

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "c"
CONNECT_S = 150.0
HEAR_S = 30.0
BATCH_S = 400


class Server(ServerProcess):
    """`channel serve` on the servers' core, with a process that can be looked at."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.anew = True

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with on_core(SERVERS):
            super().start()

    def again(self) -> None:
        """Stop it, and start it with nothing in memory."""
        self.stop()
        self.start()
        self.wait_ready()

    def batch(self, count: int, community: str, out: Path) -> None:
        """`channel account batch`: followers with a token each, one a line in `out`."""
        arguments = [str(count), "--community", community, "--out", str(out)]
        subprocess.run(
            [sys.executable, "-m", "channel", "account", "batch", *arguments],
            env=self._whole_environment(),
            stdout=subprocess.DEVNULL,
            timeout=BATCH_S,
            cwd=self.data.parent,
            check=True,
        )


async def started(*command: str, core: int | None = None) -> asyncio.subprocess.Process:
    """A process that can be asked and answers."""
    pipe = asyncio.subprocess.PIPE
    with on_core(SERVERS if core is None else core):
        return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)


async def line_of(process: asyncio.subprocess.Process, most_s: float = CONNECT_S) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), most_s)
    if not line:
        raise SystemExit("a process of the measurement ended by itself")
    return line.decode().strip()


async def ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare server."""

    port: int
    pid: int


@asynccontextmanager
async def bare_server(*arguments: str) -> AsyncIterator[Bare]:
    """`tests.bench.bare` with these arguments."""
    process = await started(sys.executable, "-m", "tests.bench.bare", *arguments)
    try:
        yield Bare(int(await line_of(process)), process.pid)
    finally:
        await ended(process)


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs in C, compiled."""

    followers: str
    loop: str


def compiled(folder: Path) -> Tools | None:
    """Compile them into `folder`; None when this machine has no compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    for name in ("followers", "loop"):
        subprocess.run([compiler, "-O2", "-o", str(folder / name), str(SOURCES / f"{name}.c")], check=True)
    return Tools(str(folder / "followers"), str(folder / "loop"))


class Crowd:
    """Followers in a process of their own; see c/followers.c for what it can be told."""

    def __init__(self, process: asyncio.subprocess.Process, place: str) -> None:
        self._process = process
        self._place = place

    async def order(self, words: str, most_s: float = CONNECT_S) -> dict[str, Any]:
        """Say it, and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n".encode())
        return await self.answer(most_s)

    async def answer(self, most_s: float) -> dict[str, Any]:
        """What it says next."""
        told: dict[str, Any] = json.loads(await line_of(self._process, most_s))
        return told

    async def open(self, count: int) -> float:
        """So many more followers, connected and subscribed. Returns the seconds it took."""
        opened = await self.order(f"open {count} {self._place}")
        if opened["opened"] != count:
            raise SystemExit(f"only {opened['opened']} of {count} followers could subscribe")
        return float(opened["took_ms"]) / 1000

    async def come_back(self, count: int, after: int, events: int, most_s: float) -> dict[str, Any]:
        """So many return, each with the seq it had seen; answered when each has had `events` events."""
        return await self.order(f"return {count} {self._place} {after} {events} {most_s}", most_s + 10)

    async def arm(self, events: int) -> None:
        """From here on it counts until each has had so many."""
        await self.order(f"hear {events} {HEAR_S}")

    async def heard(self) -> dict[str, Any]:
        return await self.answer(HEAR_S + 10)


@asynccontextmanager
async def crowd(
    tools: Tools, port: int, kind: str, place: str, *, tokens: Path | None, core: int
) -> AsyncIterator[Crowd]:
    """A load client without followers yet."""
    known = [str(tokens)] if tokens else []
    process = await started(tools.followers, HOST, str(port), kind, *known, core=core)
    try:
        yield Crowd(process, place)
    finally:
        await ended(process)
