"""The processes of a measurement: the server, bare servers beside it, crowds of followers."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.process import ServerProcess

ROOT = Path(__file__).parents[2]
CONNECT_S = 120.0
HEAR_S = 90.0


class Server(ServerProcess):
    """`channel serve`, with a process that can be looked at."""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None


async def _python(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdin=pipe, stdout=pipe, cwd=ROOT
    )


async def _line(process: asyncio.subprocess.Process, most_s: float) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), most_s)
    if not line:
        raise SystemExit("a process of the measurement ended by itself")
    return line.decode().strip()


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare server."""

    port: int
    pid: int


@asynccontextmanager
async def bare_server(*arguments: str) -> AsyncIterator[Bare]:
    """`tests.bench.bare` with these arguments."""
    process = await _python("tests.bench.bare", *arguments)
    try:
        yield Bare(int(await _line(process, CONNECT_S)), process.pid)
    finally:
        process.kill()
        await process.wait()


class Crowd:
    """Followers in a process of their own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def arm(self, mark: str) -> None:
        """From here on they wait for `mark`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{mark}\n".encode())
        assert await _line(self._process, HEAR_S) == "armed"

    async def heard(self) -> dict[str, float]:
        """When the first and the last one got it, on the clock of time.monotonic()."""
        heard: dict[str, float] = json.loads(await _line(self._process, HEAR_S))
        if heard["missing"]:
            raise SystemExit(f"{heard['missing']} followers never got the post")
        return heard


@asynccontextmanager
async def crowd(port: int, count: int, stream: str = "") -> AsyncIterator[Crowd]:
    """So many followers, all connected. Without a stream: plain connections."""
    process = await _python("tests.bench.audience", str(port), str(count), *([stream] if stream else []))
    try:
        assert await _line(process, CONNECT_S) == "connected"
        yield Crowd(process)
    finally:
        process.kill()
        await process.wait()
