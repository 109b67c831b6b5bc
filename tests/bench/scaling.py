"""`python -m tests.bench.scaling`: what more followers, rooms and machines cost, by a small simulation.

One node is simulated as the live engine works (channel/live/fanout.py): posts arrive at random, each costs its way
through commit and tail; a pass goes through the followers in slices and writes to each whatever has been told since,
so that posts which arrive during a pass ride along. All times come from COSTS, most of which `make bench` measures; the
first table holds the simulation against what was measured, the second one carries it further.
docs/scaling.md says what follows.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SLICE = 256  # followers between two looks at what else there is to do, as in channel/live/fanout.py
SECONDS = 20.0
MEMBERS_OF_A_ROOM = 1_000  # where there are many rooms


@dataclass(frozen=True, slots=True)
class Costs:
    """In seconds of one core and bytes: measured where nothing else is said, see docs/scaling.md."""

    post_s: float = 0.0012  # a post through the API, its commit and its tail, on the node that takes it
    tail_s: float = 0.0005  # assumed: a post told by another node, one read of the log, one rendering
    write_s: float = 9.0e-6  # one write to one follower
    frame_s: float = 1.0e-6  # each further frame in the same write
    connect_s: float = 0.0005  # a follower who comes, with session and subscription
    idle_s: float = 1.0e-6  # a follower who is there, each second: pings
    follower_bytes: int = 2_450  # of the process
    kernel_bytes: int = 5_000  # assumed: of its socket
    frame_bytes: int = 1_650
    hint_s: float = 0.001  # assumed: from a commit on one node to the hint on another


COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Told:
    """What the followers of one node got: the share of a core it took, and how long after the post they had it."""

    busy: float
    p50_s: float
    p99_s: float
    deliveries_a_second: float


@dataclass(slots=True)
class _Node:
    """The loop of one process. `clock_s` moves on with the work it does."""

    costs: Costs
    followers: int
    clock_s: float = 0.0
    worked_s: float = 0.0

    def work(self, seconds: float) -> None:
        self.clock_s += seconds
        self.worked_s += seconds


def simulate(followers: int, arrivals_s: list[float], *, own: bool = True, costs: Costs = COSTS) -> Told:
    """Tell `followers` of posts that arrive at these moments; `own`: this node takes them, else hints tell of them."""
    node = _Node(costs, followers)
    slices = [min(SLICE, followers - at) for at in range(0, followers, SLICE)]
    cursors = [0] * len(slices)
    late: list[tuple[float, int]] = []  # how late, and for how many
    known = 0
    while known < len(arrivals_s) or min(cursors) < known:
        if min(cursors) == known and known < len(arrivals_s):
            node.clock_s = max(node.clock_s, arrivals_s[known])
        for place, size in enumerate(slices):
            known = _take(node, arrivals_s, known, own)
            behind = known - cursors[place]
            if behind:
                node.work(size * (costs.write_s + (behind - 1) * costs.frame_s))
                late += [(node.clock_s - at_s, size) for at_s in arrivals_s[cursors[place] : known]]
                cursors[place] = known
    late.sort()
    took_s = max(node.clock_s - arrivals_s[0], 1e-9)
    return Told(
        node.worked_s / took_s, _at(late, 0.5), _at(late, 0.99), sum(size for _, size in late) / took_s
    )


def _take(node: _Node, arrivals_s: list[float], known: int, own: bool) -> int:
    """Commit or hear of every post that has arrived by now."""
    while known < len(arrivals_s) and arrivals_s[known] <= node.clock_s:
        node.work(node.costs.post_s if own else node.costs.tail_s)
        known += 1
    return known


def _at(late: list[tuple[float, int]], share: float) -> float:
    left = share * sum(size for _, size in late)
    for seconds, size in late:
        left -= size
        if left <= 0:
            return seconds
    return late[-1][0]


def poisson(rate: float, seconds: float, seed: int) -> list[float]:
    """Moments at which posts arrive at random, `rate` a second; at least one."""
    dice, at_s, moments = random.Random(seed), 0.0, []
    while (at_s := at_s + dice.expovariate(rate)) < seconds:
        moments.append(at_s)
    return moments or [0.0]


@dataclass(frozen=True, slots=True)
class Point:
    """Something that was measured and is no constant of the simulation."""

    what: str
    measured: float
    simulated: float
    unit: str


def checked(costs: Costs = COSTS) -> Iterator[Point]:
    """Figures of the calm run in docs/performance.md beside what the simulation says."""
    for followers, p99_s in ((1_000, 0.0091), (5_000, 0.0357), (10_000, 0.0930)):
        told = simulate(followers, [0.0], costs=costs)
        yield Point(f"one post to {followers:,}: 99 of 100 have it after", p99_s, told.p99_s, "s")
    burst = simulate(5_000, [0.0] * 16, costs=costs)
    yield Point("16 posts at once to 5,000: deliveries a second", 659_125, burst.deliveries_a_second, "")


@dataclass(frozen=True, slots=True)
class Size:
    """So many followers, in rooms of so many, who are told of so many posts a second in all."""

    what: str
    followers: int
    room: int
    posts_a_second: float


SIZES = (
    Size("1,000 in one room, a post a minute", 1_000, 1_000, 1 / 60),
    Size("100,000 in one room, a post a minute", 100_000, 100_000, 1 / 60),
    Size("100,000 in 100 rooms, 2 posts a second in all", 100_000, MEMBERS_OF_A_ROOM, 2),
    Size("10 million in one room, a post a minute", 10_000_000, 10_000_000, 1 / 60),
    Size("10 million in 10,000 rooms, 200 posts a second in all", 10_000_000, MEMBERS_OF_A_ROOM, 200),
)
MOST_OF_A_NODE = 50_000  # followers: descriptors, memory and the second in which all have to be told


@dataclass(frozen=True, slots=True)
class Need:
    """What a size needs."""

    size: Size
    nodes: int
    share: float  # of a core, of each node
    p99_s: float
    memory_gb: float
    bits_a_second: float
    hints_a_second: float  # that the bus carries, in all
    reads_a_second: float  # that the database answers, in all


def needed(size: Size, costs: Costs = COSTS) -> Need:
    """How many nodes, and what they, the bus and the database do."""
    nodes = max(1, -(-size.followers // MOST_OF_A_NODE))
    here = size.followers // nodes
    # A post concerns the members of its room, wherever they are; with many rooms each node has a part of each.
    told = min(size.room, size.followers)
    on_a_node = max(1, told // nodes) if nodes > 1 else told
    nodes_of_a_post = min(nodes, told)
    posts_here = size.posts_a_second * nodes_of_a_post / nodes
    arrivals = poisson(posts_here, max(SECONDS, 5 / posts_here), seed=7)
    result = simulate(on_a_node, arrivals, own=nodes == 1, costs=costs)
    return Need(
        size,
        nodes,
        min(
            1.0,
            result.busy
            + here * costs.idle_s
            + (size.posts_a_second / nodes * costs.post_s if nodes > 1 else 0),
        ),
        result.p99_s + (costs.hint_s if nodes > 1 else 0),
        size.followers * (costs.follower_bytes + costs.kernel_bytes) / 1e9,
        told * size.posts_a_second * costs.frame_bytes * 8,
        size.posts_a_second * nodes_of_a_post if nodes > 1 else 0,
        size.posts_a_second * nodes_of_a_post,
    )


def lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown."""
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def main() -> None:
    rows = [
        (
            one.what,
            f"{one.measured:.3g} {one.unit}",
            f"{one.simulated:.3g} {one.unit}",
            f"{one.simulated / one.measured:.2f}",
        )
        for one in checked()
    ]
    print("\n".join(lines(("what", "measured", "simulated", "simulated / measured"), rows)), end="\n\n")
    head = ("followers", "nodes", "core of each", "p99 ms", "memory GB", "Mbit/s", "hints/s", "reads/s")
    needs = [needed(size) for size in SIZES]
    print("\n".join(lines(head, [_row(need) for need in needs])))


def _row(need: Need) -> tuple[str, ...]:
    return (
        need.size.what, f"{need.nodes}", f"{need.share:.1%}", f"{need.p99_s * 1000:.0f}", f"{need.memory_gb:.2g}",
        f"{need.bits_a_second / 1e6:,.1f}", f"{need.hints_a_second:,.2g}", f"{need.reads_a_second:,.2g}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
