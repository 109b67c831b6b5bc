"""One post to many followers, and what a follower weighs who only listens."""

import asyncio
import statistics
import time
import uuid
from contextlib import AsyncExitStack

from tests.bench.machine import cpu_s, resident_kib
from tests.bench.posting import publisher, text
from tests.bench.processes import Crowd, bare_server, crowd
from tests.bench.table import Row, ms, percentile, times, us
from tests.bench.wire import Line, created
from tests.faults.site import Site

ROUNDS = 3
BROADCASTS = 10  # a round
SETTLE_S = 1.5
FRAME_BYTES = 1_600  # of a post of 500 characters, with its HTML


async def fan_out(site: Site, pid: int, followers: int, *, weigh: bool) -> list[Row]:
    """From sending the POST, and from the first frame, to the last follower's frame; beside a bare loop's echo.

    `pid` is the server's. `weigh`: this is the first crowd, so its memory can be seen; later ones fit into what it left.
    """
    ours: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    cost_s: list[tuple[float, float]] = []
    async with AsyncExitStack() as stack:
        loop = await stack.enter_async_context(bare_server("broadcast"))
        others = await stack.enter_async_context(crowd(loop.port, followers))
        await asyncio.sleep(SETTLE_S)
        before_kib = resident_kib(pid)
        followed = await stack.enter_async_context(crowd(site.server.port, followers, site.stream))
        await asyncio.sleep(SETTLE_S)
        weight = f"{(resident_kib(pid) - before_kib) / followers * 1000 / 1024:.1f} MiB"
        writer, speaker = await Line.open(site.server.port), await Line.open(loop.port)
        for _ in range(ROUNDS):
            worked_s = cpu_s(pid), cpu_s(loop.pid)
            ours += [await _published(site, writer, followed) for _ in range(BROADCASTS)]
            bare += [await _echoed(speaker, others) for _ in range(BROADCASTS)]
            cost_s.append((cpu_s(pid) - worked_s[0], cpu_s(loop.pid) - worked_s[1]))
        writer.close()
        speaker.close()
    frames = followers * BROADCASTS
    each = [statistics.median(cost[side] for cost in cost_s) / frames for side in (0, 1)]
    return [
        *_rows(followers, ours, bare),
        Row(f"{followers:,} followers: CPU of one frame", us(each[0]), us(each[1]), times(*each)),
        *([Row("memory of 1,000 followers that only listen", weight)] if weigh else []),
    ]


async def _published(site: Site, writer: Line, followers: Crowd) -> dict[str, float]:
    mark = uuid.uuid4().hex
    request = publisher(site).post(text(mark))
    await followers.arm(mark)
    started_s = time.monotonic()
    created(await writer.ask(request))
    return _took(await followers.heard(), started_s)


async def _echoed(speaker: Line, followers: Crowd) -> dict[str, float]:
    mark = uuid.uuid4().hex
    await followers.arm(mark)
    started_s = time.monotonic()
    speaker.writer.write(mark.encode().ljust(FRAME_BYTES, b"x"))
    return _took(await followers.heard(), started_s)


def _took(heard: dict[str, float], started_s: float) -> dict[str, float]:
    return {"all_s": heard["last_s"] - started_s, "spread_s": heard["last_s"] - heard["first_s"]}


def _rows(followers: int, ours: list[dict[str, float]], bare: list[dict[str, float]]) -> list[Row]:
    def row(what: str, key: str) -> Row:
        mine, theirs = ([one[key] for one in found] for found in (ours, bare))
        told = f"p50 {ms(percentile(mine, 50))}, worst {ms(max(mine))}"
        echo = f"echo: p50 {ms(percentile(theirs, 50))}, worst {ms(max(theirs))}"
        return Row(what, told, echo, times(percentile(mine, 50), percentile(theirs, 50)))

    rate, echo_rate = (
        followers / statistics.median(one["spread_s"] for one in found) for found in (ours, bare)
    )
    return [
        row(f"{followers:,} followers: POST to the last frame", "all_s"),
        row(f"{followers:,} followers: first frame to last", "spread_s"),
        Row(
            f"{followers:,} followers: frames a second",
            f"{rate:,.0f}",
            f"{echo_rate:,.0f}",
            times(rate, echo_rate),
        ),
    ]
