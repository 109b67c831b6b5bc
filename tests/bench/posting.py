"""Posts through the API: how long one takes to reach a follower, and how many there can be in a second."""

import asyncio
import statistics
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bare import Commits
from tests.bench.machine import cpu_s
from tests.bench.processes import bare_server
from tests.bench.table import Row, percentile, spread, times, us
from tests.bench.wire import Line, Publisher, created
from tests.faults.site import Site

ROUNDS = 3
POSTS = 100  # a round, one after another
POST_CHARS = 500
PAGE_POSTS = 40
WRITERS = (1, 16, 64)
WRITE_S = 2.0  # a round


def text(mark: str = "") -> str:
    """What is posted: 500 characters, the mark first."""
    words = "a room is followed by people who asked to be told "
    return (f"{mark or uuid.uuid4().hex} " + words * 10)[:POST_CHARS]


def publisher(site: Site, room_id: str = "") -> Publisher:
    token = site.client.headers["authorization"].partition(" ")[2]
    return Publisher(site.server.port, token, room_id or site.room_id)


async def fill(site: Site) -> None:
    """Enough posts for a full page."""
    line = await Line.open(site.server.port)
    for _ in range(PAGE_POSTS):
        created(await line.ask(publisher(site).post(text())))
    line.close()


async def _answered_at(line: Line, request: bytes) -> float:
    created(await line.ask(request))
    return time.perf_counter()


async def _posts(site: Site, writer: Line, follower: Line) -> tuple[list[float], list[float], int]:
    """POSTS posts, one after another: seconds to the frame, seconds to the answer, bytes of a frame."""
    to_frame: list[float] = []
    to_answer: list[float] = []
    frame = b""
    for _ in range(POSTS):
        request = publisher(site).post(text())
        started_s = time.perf_counter()
        answered = asyncio.ensure_future(_answered_at(writer, request))
        frame = await follower.event()
        to_frame.append(time.perf_counter() - started_s)
        to_answer.append(await answered - started_s)
    return to_frame, to_answer, len(frame)


async def _bare_posts(commits: Commits, speaker: Line, listener: Line, size_bytes: int) -> list[float]:
    """The least that any server has to do: one synced commit, then as many bytes through an event loop."""
    took: list[float] = []
    for _ in range(POSTS):
        commit_s = commits.one_s()
        started_s = time.perf_counter()
        speaker.writer.write(b"x" * size_bytes)
        await listener.reader.readexactly(size_bytes)
        took.append(commit_s + time.perf_counter() - started_s)
    return took


async def latency(site: Site, folder: Path) -> list[Row]:
    """From sending a POST to its frame at a follower, and to its own answer."""
    writer, follower = await Line.open(site.server.port), await Line.open(site.server.port)
    await follower.follow(site.stream)
    frames: list[float] = []
    answers: list[float] = []
    bare: list[float] = []
    async with bare_server("broadcast") as loop:
        speaker, listener = await Line.open(loop.port), await Line.open(loop.port)
        for _ in range(ROUNDS):
            to_frame, to_answer, size_bytes = await _posts(site, writer, follower)
            frames += to_frame
            answers += to_answer
            bare += await _bare_posts(Commits(folder), speaker, listener, size_bytes)
        speaker.close()
        listener.close()
    writer.close()
    follower.close()
    floor = f"commit + echo: {spread(bare)}"
    middle = percentile(bare, 50)
    return [
        Row("POST to frame at a follower", spread(frames), floor, times(percentile(frames, 50), middle)),
        Row("POST to its own answer", spread(answers), floor, times(percentile(answers, 50), middle)),
        Row("frame of a post of 500 characters", f"{size_bytes} bytes"),
    ]


async def _write(site: Site, until_s: float) -> int:
    """One writer on a connection of its own; returns how many of its posts were acknowledged."""
    line, publish, count = await Line.open(site.server.port), publisher(site), 0
    while time.perf_counter() < until_s:
        created(await line.ask(publish.post(text())))
        count += 1
    line.close()
    return count


@dataclass(frozen=True, slots=True)
class Pace:
    """One round of so many writers."""

    a_second: float
    cpu_s: float  # of the server, for one post


async def _pace(site: Site, pid: int, writers: int) -> Pace:
    started_s, worked_s = time.perf_counter(), cpu_s(pid)
    counts = await asyncio.gather(*(_write(site, started_s + WRITE_S) for _ in range(writers)))
    return Pace(sum(counts) / (time.perf_counter() - started_s), (cpu_s(pid) - worked_s) / sum(counts))


async def throughput(site: Site, pid: int, folder: Path) -> list[Row]:
    """Acknowledged posts a second, beside commits a second of SQLite alone; `pid` is the server's."""
    commits = Commits(folder)
    bare: list[float] = []
    paces: dict[int, list[Pace]] = {writers: [] for writers in WRITERS}
    for _ in range(ROUNDS):
        bare.append(commits.a_second(WRITE_S / 2))
        for writers, found in paces.items():
            found.append(await _pace(site, pid, writers))
    alone = statistics.median(bare)
    rows: list[Row] = []
    rates: list[float] = []
    for writers, found in paces.items():
        rates.append(statistics.median(pace.a_second for pace in found))
        own = us(statistics.median(pace.cpu_s for pace in found))
        told = f"{rates[-1]:.0f} ({own} of CPU each)"
        what = f"posts a second, {writers} at once"
        rows.append(Row(what, told, f"{alone:.0f} commits of one row", times(rates[-1], alone)))
    return [*rows, Row(f"{WRITERS[-1]} at once against one after another", times(rates[-1], rates[0]))]
