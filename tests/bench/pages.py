"""The public room page, as strangers load it; and how long the server takes to be there."""

import asyncio
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.machine import cpu_s, resident_kib
from tests.bench.processes import Server, bare_server
from tests.bench.table import Row, ms, spread, times, us
from tests.bench.wire import Line, get
from tests.faults.site import HANDLE, Site

ROUNDS = 3
READERS = 8
READ_S = 2.0  # a round
STARTS = 5
LOOK_EVERY_S = 0.005


async def _read(port: int, path: str, until_s: float) -> list[float]:
    """One reader on a connection of its own: seconds of each page."""
    line, request, took = await Line.open(port), get(port, path), []
    while (started_s := time.perf_counter()) < until_s:
        status, _ = await line.ask(request)
        if status != 200:
            raise SystemExit(f"{path} was answered {status}")
        took.append(time.perf_counter() - started_s)
    line.close()
    return took


@dataclass(slots=True)
class Reading:
    """What READERS saw of one server over all rounds."""

    port: int
    pid: int
    path: str
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    costs_s: list[float] = field(default_factory=list)  # CPU of the server, for one page

    async def round(self) -> None:
        started_s, worked_s = time.perf_counter(), cpu_s(self.pid)
        until_s = started_s + READ_S
        found = await asyncio.gather(*(_read(self.port, self.path, until_s) for _ in range(READERS)))
        took = [one for reader in found for one in reader]
        self.rates.append(len(took) / (time.perf_counter() - started_s))
        self.costs_s.append((cpu_s(self.pid) - worked_s) / len(took))
        self.took += took

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cost_s(self) -> float:
        return statistics.median(self.costs_s)


async def room_page(site: Site, pid: int) -> list[Row]:
    """READERS connections that ask for the newest page of the room, signed out; `pid` is the server's."""
    path, line = f"/@{HANDLE}/news", await Line.open(site.server.port)
    _, body = await line.ask(get(site.server.port, path))
    line.close()
    async with bare_server("page", str(len(body))) as bare:
        ours, theirs = Reading(site.server.port, pid, path), Reading(bare.port, bare.pid, "/")
        for _ in range(ROUNDS):
            await ours.round()
            await theirs.round()
    size = f"{len(body) / 1024:.0f} KiB"
    what = f"room page ({size}, 40 posts), {READERS} readers:"
    return [
        Row(f"{what} a second", f"{ours.rate:.0f}", f"{theirs.rate:.0f}", times(ours.rate, theirs.rate)),
        Row(f"{what} one takes", spread(ours.took), spread(theirs.took)),
        Row(f"{what} CPU of one", us(ours.cost_s), us(theirs.cost_s), times(ours.cost_s, theirs.cost_s)),
    ]


async def cold_start(folder: Path) -> list[Row]:
    """From starting the process to the first answer of /health, on data that is there already; memory at rest."""
    server = Server(folder / "start")
    ready: list[float] = []
    bare: list[float] = []
    idle_kib: list[int] = []
    with server:
        server.start()
        await asyncio.to_thread(server.wait_ready)  # makes the data
        server.stop()
        for _ in range(STARTS):
            started_s = time.perf_counter()
            server.start()
            await _answers(server)
            ready.append(time.perf_counter() - started_s)
            await asyncio.sleep(1)
            idle_kib.append(resident_kib(server.pid))
            server.stop()
            started_s = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import uvicorn, sqlalchemy, starlette"], check=True)
            bare.append(time.perf_counter() - started_s)
    start, least = statistics.median(ready), statistics.median(bare)
    told = f"{ms(least)} of importing its libraries"
    return [
        Row("start to the first answer of /health", ms(start), told, times(start, least)),
        Row("memory of the idle server", f"{statistics.median(idle_kib) / 1024:.0f} MiB"),
    ]


async def _answers(server: Server) -> None:
    """Wait for it, looking more often than its own waiting does."""
    while server.alive:
        try:
            line = await Line.open(server.port)
        except ConnectionError:
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        status, _ = await line.ask(get(server.port, "/health"))
        line.close()
        if status == 200:
            return
    raise SystemExit(f"the server ended by itself:\n{server.said()}")
