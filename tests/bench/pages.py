"""The public room page, as strangers and members load it; and how long the server takes to be there."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.machine import cpu_s, resident_kib
from tests.bench.processes import Server, bare_server
from tests.bench.table import Row, ms, percentile, spread, times, us
from tests.bench.wire import Line, get
from tests.faults.site import HANDLE, Site, founded

ROUNDS = 3
READERS = 8
READ_S = 2.0  # a round
STARTS = 5
LOOK_EVERY_S = 0.005
ROOM = f"/@{HANDLE}/news"
MADE_ANEW = "q=" + "x" * 80  # what no page of ours links to is not kept


def page(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    """The request of a browser that has these headers besides."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    return get(port, path).removesuffix(b"\r\n") + more + b"\r\n"


async def head_of(port: int, request: bytes) -> dict[str, str]:
    """The headers of an answer."""
    line = await Line.open(port)
    line.writer.write(request)
    lines = (await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:]
    line.close()
    return {name.lower(): value for name, _, value in (one.partition(": ") for one in lines if one)}


async def _read(port: int, request: bytes, until_s: float) -> list[float]:
    """One reader on a connection of its own: seconds of each page."""
    line, took = await Line.open(port), []
    unchanged = b"if-none-match" in request
    while (started_s := time.perf_counter()) < until_s:
        if unchanged:
            line.writer.write(request)
            status = int((await line.reader.readuntil(b"\r\n\r\n"))[9:12])
        else:
            status, _ = await line.ask(request)
        if status != (304 if unchanged else 200):
            raise SystemExit(f"a page was answered {status}")
        took.append(time.perf_counter() - started_s)
    line.close()
    return took


@dataclass(slots=True)
class Reading:
    """What READERS saw of one server over all rounds."""

    port: int
    pid: int
    request: bytes
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    costs_s: list[float] = field(default_factory=list)  # CPU of the server, for one page

    async def round(self, readers: int = READERS) -> None:
        started_s, worked_s = time.perf_counter(), cpu_s(self.pid)
        until_s = started_s + READ_S
        found = await asyncio.gather(*(_read(self.port, self.request, until_s) for _ in range(readers)))
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

    def row(self, what: str, bare: "Reading") -> Row:
        """A second and CPU of one: what one core would give is the inverse of the latter."""
        told = f"{self.rate:.0f} a second, {spread(self.took)}, {us(self.cost_s)} of CPU each"
        beside = (
            f"{bare.rate:.0f} a second, p50 {ms(percentile(bare.took, 50))}, {us(bare.cost_s)} of CPU each"
        )
        return Row(f"{what}, {READERS} readers", told, beside, times(self.cost_s, bare.cost_s))


async def member_cookie(site: Site) -> str:
    """The cookie of somebody who joined by the invite, and has read nothing yet."""
    form = {"display_name": "Rita"}
    answer = await site.anybody.post(f"/join/{site.invite}", data=form, headers={"origin": site.server.url})
    assert answer.status_code == 303, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


async def requests(site: Site) -> dict[str, bytes]:
    """Every way of asking for the newest page of the room."""
    port, cookie = site.server.port, await member_cookie(site)  # first: a new member changes the page
    etag = (await head_of(port, page(port, ROOM, {})))["etag"]
    return {
        "signed out": page(port, ROOM, {}),
        "signed out, and it was loaded before (304)": page(port, ROOM, {"if-none-match": etag}),
        "signed out, made anew each time": page(port, f"{ROOM}?{MADE_ANEW}", {}),
        "signed in": page(port, ROOM, {"cookie": cookie}),
    }


async def room_page(site: Site, pid: int) -> list[Row]:
    """READERS connections that ask for the newest page of the room; `pid` is the server's."""
    port, asked = site.server.port, await requests(site)
    line = await Line.open(port)
    _, body = await line.ask(asked["signed out"])
    line.close()
    async with bare_server("page", str(len(body))) as bare:
        ours = {what: Reading(port, pid, request) for what, request in asked.items()}
        theirs = Reading(bare.port, bare.pid, get(bare.port, "/"))
        for _ in range(ROUNDS):
            for reading in (*ours.values(), theirs):
                await reading.round()
    size = f"{len(body) / 1024:.0f} KiB"
    return [reading.row(f"room page ({size}) {what}", theirs) for what, reading in ours.items()]


@asynccontextmanager
async def _stopped(folder: Path) -> AsyncIterator[Server]:
    """A server with a community on its data, which does not run."""
    with Server(folder / "start") as server:
        async with founded(server):
            server.stop()
            yield server


async def cold_start(folder: Path) -> list[Row]:
    """From starting the process to the first page of a room, on data that is there already; memory at rest after it."""
    ready: list[float] = []
    bare: list[float] = []
    idle_kib: list[int] = []
    async with _stopped(folder) as server:
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
        Row("start to the first room page", ms(start), told, times(start, least)),
        Row("memory of the idle server after it", f"{statistics.median(idle_kib) / 1024:.0f} MiB"),
    ]


async def _answers(server: Server) -> None:
    """Wait for the page, looking more often than the server's own waiting does."""
    while server.alive:
        try:
            line = await Line.open(server.port)
        except ConnectionError:
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        status, _ = await line.ask(get(server.port, ROOM))
        line.close()
        if status == 200:
            return
    raise SystemExit(f"the server ended by itself:\n{server.said()}")
