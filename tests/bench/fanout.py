"""One post to many, 16 at once to many, and server-sent events: Channel beside the others, in turns."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from channel.live.wire import frame
from tests.bench import contenders
from tests.bench.ground import Ground
from tests.bench.rounds import Side, sides, take_turns, warm_up
from tests.bench.table import Goal, Table, of_rounds

WARM, FEW, MANY = 100, 1_000, 10_000
BROADCASTS = {FEW: 12, MANY: 8}  # a round
AT_ONCE = 16
BURST_FOLLOWERS, BURSTS = 5_000, 4
SSE_FOLLOWERS, SSE_BROADCASTS = 5_000, 8
TEXT = 0x1
HEAD = ("deliveries/s", "× C loop", "POST included", "p50 ms", "p99 ms", "CPU s a million", "wrong")


async def fan_out(ground: Ground) -> list[Table]:
    """One post at a time to 1,000, then to 10,000 followers. On the way: what they weigh, and how fast they come."""
    async with everybody(ground) as found:
        for side in found:
            await side.crowd.open(WARM)
            await side.crowd.open(FEW - WARM)
        await warm_up(found)
        await take_turns(found, BROADCASTS[FEW])
        few = _table(f"one post to {FEW:,}", found)
        for side in found:
            await side.weigh(MANY - FEW)
        await warm_up(found)
        await take_turns(found, BROADCASTS[MANY])
        many = _table(f"one post to {MANY:,}", found, _fan_out_goals(found))
        return [few, many, _arrivals(found)]


@asynccontextmanager
async def everybody(ground: Ground) -> AsyncIterator[list[Side]]:
    """Channel first."""
    payload, folder = await ground.payload(), ground.folder
    async with AsyncExitStack() as stack:
        come = stack.enter_async_context
        compared = [
            await come(contenders.channel(ground.site, ground.pid, ground.tokens)),
            await come(contenders.c_loop(ground.tools, frame(TEXT, payload), folder)),
            await come(contenders.nchan(payload, folder, ground.files)),
            await come(contenders.node_ws(payload, folder)),
            await come(contenders.starlette(payload)),
        ]
        yield await come(sides(ground.tools, compared))


def _fan_out_goals(found: Sequence[Side]) -> list[Goal]:
    channel, *others = found
    by_name = {side.contender.name: side for side in others}
    goals: list[Goal] = []
    for name, bar in (("C loop", 0.95), ("Nchan", 1.3), ("Node ws", 1.7), ("Starlette", 2.6)):
        if name in by_name:
            goals.append(
                Goal(
                    f"one post to {MANY:,}: rate, of {name}'s",
                    bar,
                    channel.against(by_name[name], "told_rate"),
                )
            )
    for name, bar in (("C loop", 1.1), ("Nchan", 0.75)):
        if name in by_name:
            ratios = channel.against(by_name[name], "cpu_of_million_s")
            goals.append(Goal(f"one post to {MANY:,}: CPU, of {name}'s", bar, ratios, at_least=False))
    ratios = channel.against(by_name["C loop"], "p99_s")
    return [*goals, Goal(f"one post to {MANY:,}: p99, of C loop's", 1.15, ratios, at_least=False)]


def _bursts_table(what: str, found: Sequence[Side], goals: Sequence[Goal]) -> Table:
    """As below, but the first follower to have all of a burst says nothing of how fast the others are told."""
    rows = [
        (
            side.contender.name,
            of_rounds(side.each("rate"), 0),
            of_rounds(side.against(found[1], "rate")),
            f"{side.median('p50_s') * 1000:.0f}",
            f"{side.median('p99_s') * 1000:.0f}",
            of_rounds(side.each("cpu_of_million_s")),
            str(side.wrong),
        )
        for side in found
    ]
    head = (what, "deliveries/s, POSTs included", "× C loop", "p50 ms", "p99 ms", "CPU s a million", "wrong")
    return Table(head, rows, goals)


def _table(what: str, found: Sequence[Side], goals: Sequence[Goal] = ()) -> Table:
    """A line for each; ratios are of the C loop's rounds, where there is one."""
    loop = next((side for side in found if side.contender.name == "C loop"), None)
    rows = [
        (
            side.contender.name,
            of_rounds(side.each("told_rate"), 0),
            of_rounds(side.against(loop, "told_rate")) if loop else "",
            of_rounds(side.each("rate"), 0),
            f"{side.median('p50_s') * 1000:.1f}",
            f"{side.median('p99_s') * 1000:.1f}",
            of_rounds(side.each("cpu_of_million_s")),
            str(side.wrong),
        )
        for side in found
    ]
    return Table((what, *HEAD), rows, goals)


def _arrivals(found: Sequence[Side]) -> Table:
    """What the last followers cost when they came, and what is kept of each."""
    rows = [
        (
            side.contender.name,
            f"{side.follower_bytes / 1000:.2f}",
            f"{side.connects_a_second:,.0f}",
            f"{side.opened_s * 1_000_000:,.0f}",
        )
        for side in found
    ]
    channel = found[0]
    goals = [
        Goal("memory of a follower who listens, session included", 3.0, [channel.follower_bytes / 1000], at_least=False, unit="kB"),
        Goal("connect, session, subscribe", 5_000, [channel.connects_a_second], unit="a second"),
        Goal("CPU of a connect, session, subscribe", 200, [channel.opened_s * 1_000_000], at_least=False, unit="µs"),
    ]  # fmt: skip
    return Table((f"{MANY - FEW:,} more come", "kB each", "a second", "CPU µs each"), rows, goals)


async def bursts(ground: Ground) -> list[Table]:
    """16 posts in flight at the same moment."""
    payload, folder = await ground.payload(), ground.folder
    async with AsyncExitStack() as stack:
        come = stack.enter_async_context
        compared = [
            await come(contenders.channel(ground.site, ground.pid, ground.tokens)),
            await come(contenders.c_loop(ground.tools, frame(TEXT, payload), folder)),
            await come(contenders.nchan(payload, folder, ground.files)),
        ]
        found = await come(sides(ground.tools, compared))
        for side in found:
            await side.crowd.open(BURST_FOLLOWERS)
        await warm_up(found, AT_ONCE)
        await take_turns(found, BURSTS, AT_ONCE)
        what = f"{AT_ONCE} posts at once to {BURST_FOLLOWERS:,}"
        goals = [
            Goal(f"{what}: rate, of {side.contender.name}'s", bar, found[0].against(side, "rate"))
            for side, bar in zip(found[1:], (4, 6), strict=False)
        ]
        return [_bursts_table(what, found, goals)]


async def events(ground: Ground) -> list[Table]:
    """Server-sent events, beside our own WebSockets (in another room) and Nchan's events."""
    payload = await ground.payload()
    async with AsyncExitStack() as stack:
        come = stack.enter_async_context
        heard = contenders.channel(
            ground.site, ground.pid, ground.tokens, kind="channel-sse", room_id=ground.second_id
        )
        compared = [
            await come(heard),
            await come(contenders.channel(ground.site, ground.pid, ground.tokens)),
            await come(contenders.nchan(payload, ground.folder, ground.files, kind="nchan-sse")),
        ]
        found = await come(sides(ground.tools, compared))
        for side in found:
            await side.crowd.open(SSE_FOLLOWERS)
        await warm_up(found)
        await take_turns(found, SSE_BROADCASTS)
        what = f"one post to {SSE_FOLLOWERS:,}, SSE"
        goals = [
            Goal(f"{what}: rate, of {side.contender.name}'s", bar, found[0].against(side, "told_rate"))
            for side, bar in zip(found[1:], (0.95, 1.3), strict=False)
        ]
        return [_table(what, found, goals)]
