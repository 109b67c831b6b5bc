"""What a crowd does beside listening: it stops reading, comes back all at once, is just there."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

from tests.bench import contenders
from tests.bench.contenders import Contender
from tests.bench.ground import FOLLOWERS, Ground, calm
from tests.bench.machine import anonymous_kib, cpu_s, open_files
from tests.bench.rounds import Side, sides, take_turns, warm_up
from tests.bench.table import Goal, Table, of_rounds, percentile

STOPPED_SHARE = 10  # one in so many reads no more
SMALL_BUFFER_BYTES = 4096
MOST_READERS = 9_000
FILLING_POSTS = 40  # more than the kernel keeps for somebody who does not read
STOPPED_BROADCASTS = 6  # a round; all of them before the server cuts those who have stopped
GONE_BY_S = 60.0
BEHIND = 200
AT_ONCE = 10
STORM_S = 120.0
PUBLISH_EVERY_S = 0.5
IDLE_FOLLOWERS = 18_900
IDLE_S = 30.0  # longer than a heartbeat


async def stopped(ground: Ground) -> list[Table]:
    """In one room everybody reads; in another, where as many read, one in ten has stopped."""
    readers = min(MOST_READERS, ground.fitting(10**6) * STOPPED_SHARE // (2 * STOPPED_SHARE + 1))
    idle = readers // STOPPED_SHARE
    async with AsyncExitStack() as stack:
        come = stack.enter_async_context
        compared = [
            await come(contenders.channel(ground.site, ground.pid, ground.tokens)),
            await come(contenders.channel(ground.site, ground.pid, ground.tokens, room_id=ground.second_id)),
        ]
        whole, torn = await come(sides(ground.tools, compared))
        await _stop(torn, idle)
        for side in (whole, torn):
            await side.crowd.open(readers)
        await warm_up([whole])
        await calm(ground.pid)
        before_kib, before_files = anonymous_kib([ground.pid]), open_files(ground.pid)
        since_s = time.monotonic()
        for _ in range(FILLING_POSTS):
            await torn.tell(1)
        full_kib = anonymous_kib([ground.pid])
        await take_turns([whole, torn], STOPPED_BROADCASTS)
        while time.monotonic() - since_s < GONE_BY_S:
            await asyncio.sleep(1)
        left = max(0, idle - (before_files - open_files(ground.pid)))
    ratio, held_mb = torn.against(whole, "told_rate"), (full_kib - before_kib) * 1024 / idle / 1e6
    what = f"{idle:,} beside {readers:,} stopped reading"
    goals = [
        Goal(f"{what}: rate of the others, of a whole room's", 0.95, ratio),
        Goal(f"{what}: memory of each", 0.3, [held_mb], at_least=False, unit="MB"),
        Goal(f"{what}: left after {GONE_BY_S:.0f} s", 0, [left], at_least=False, unit="followers"),
    ]
    rates = of_rounds(whole.each("told_rate"), 0), of_rounds(torn.each("told_rate"), 0)
    head = (what, "a whole room, deliveries/s", "the others, deliveries/s", "×", "MB each", "left", "wrong")
    return [
        Table(
            head,
            [("Channel", *rates, of_rounds(ratio), f"{max(0, held_mb):.3f}", str(left), str(torn.wrong))],
            goals,
        )
    ]


async def _stop(side: Side, count: int) -> None:
    """So many who subscribe and then read nothing."""
    await side.crowd.order(f"small {SMALL_BUFFER_BYTES}")
    await side.crowd.open(count)
    await side.crowd.order(f"stop {count}")
    await side.crowd.order("small 0")


async def storm(ground: Ground) -> list[Table]:
    """Everybody comes back at once, 200 events behind, to a server that has just started."""
    count = ground.fitting(FOLLOWERS)
    async with contenders.channel(ground.site, ground.pid, ground.tokens) as before:
        for _ in range(0, BEHIND, AT_ONCE):
            await before.publish(AT_ONCE)
    await ground.again()
    head = await ground.head()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(contenders.channel(ground.site, ground.pid, ground.tokens))
        (side,) = await stack.enter_async_context(sides(ground.tools, [one]))
        worked_s, began_s, back = cpu_s(ground.pid), time.monotonic(), asyncio.Event()
        published = asyncio.create_task(_publishing(one, back.is_set))
        heard = await side.crowd.come_back(count, head - BEHIND, BEHIND, STORM_S)
        back.set()
        took = await published
        worked_s = cpu_s(ground.pid) - worked_s
    if heard["heard"] != count:
        raise SystemExit(f"only {heard['heard']} of {count} had caught up after {STORM_S:.0f} s")
    all_s, p99_s = heard["last_ms"] / 1000 - began_s, percentile(took, 99)
    what = f"{count:,} return, {BEHIND} events behind"
    goals = [
        Goal(f"{what}: all have caught up after", 15, [all_s], at_least=False, unit="s"),
        Goal(f"{what}: p99 of publishing meanwhile", 2, [p99_s], at_least=False, unit="s"),
    ]
    head_row = (what, "all after s", "p50 s", "publish p50 ms", "publish p99 ms", "CPU s", "wrong")
    wrong = heard["duplicates"] + heard["gaps"] + heard["closed"]
    cells = f"{all_s:.1f}", f"{heard['p50_ms'] / 1000 - began_s:.1f}", f"{percentile(took, 50) * 1000:.0f}"
    return [
        Table(head_row, [("Channel", *cells, f"{p99_s * 1000:.0f}", f"{worked_s:.1f}", str(wrong))], goals)
    ]


async def _publishing(one: Contender, over: Callable[[], bool]) -> list[float]:
    """Seconds that posts took to be acknowledged until it is over."""
    took: list[float] = []
    while not over():
        began_s = await one.publish(1)
        took.append(time.monotonic() - began_s)
        await asyncio.sleep(PUBLISH_EVERY_S)
    return took


async def idle(ground: Ground) -> list[Table]:
    """As many followers as the files allow, and nothing to tell them."""
    count = ground.fitting(IDLE_FOLLOWERS)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(contenders.channel(ground.site, ground.pid, ground.tokens))
        (side,) = await stack.enter_async_context(sides(ground.tools, [one]))
        await side.crowd.open(count)
        await calm(ground.pid)
        worked_s, began_s = cpu_s(ground.pid), time.monotonic()
        await asyncio.sleep(IDLE_S)
        share = (cpu_s(ground.pid) - worked_s) / (time.monotonic() - began_s) * 100
        closed = (await side.crowd.order("count"))["closed"]
    what = f"{count:,} followers who are just there"
    goals = [Goal(f"{what}: share of a core", 2, [share], at_least=False, unit="%")]
    return [Table((what, "share of a core", "closed"), [("Channel", f"{share:.2f} %", str(closed))], goals)]
