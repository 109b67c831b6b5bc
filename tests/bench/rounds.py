"""In turns: each contender tells its crowd something, then the next one does, for three rounds."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.contenders import Contender
from tests.bench.machine import CLIENTS, anonymous_kib, cpu_s
from tests.bench.processes import Crowd, Tools, crowd

ROUNDS = 3
SETTLE_S = 1.0
WARM_POSTS = 20


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One post, or some at once, told to everybody. Times begin when the first is sent."""

    deliveries: int
    all_s: float  # until the last delivery
    spread_s: float  # from the first delivery to the last
    p50_s: float  # half of the followers have it
    p99_s: float  # 99 of 100 have it
    worked_s: float  # by the server

    @property
    def rate(self) -> float:
        """Deliveries a second, publishing included."""
        return self.deliveries / self.all_s

    @property
    def told_rate(self) -> float:
        """Deliveries a second, once the first was made."""
        return self.deliveries / self.spread_s

    @property
    def cpu_of_million_s(self) -> float:
        return self.worked_s / self.deliveries * 1_000_000


@dataclass(slots=True)
class Side:
    """A contender, its crowd, and what was seen of them."""

    contender: Contender
    crowd: Crowd
    rounds: list[list[Broadcast]] = field(default_factory=list)
    follower_bytes: float = 0.0
    connects_a_second: float = 0.0
    opened_s: float = 0.0
    wrong: int = 0  # duplicates, gaps, connections that were closed

    async def weigh(self, count: int) -> None:
        """`count` more followers: how fast they come, and what the server has of each while it listens."""
        pids = self.contender.pids()
        before_kib, worked_s = anonymous_kib(pids), cpu_s(*pids)
        took_s = await self.crowd.open(count)
        self.connects_a_second = count / took_s
        self.opened_s = (cpu_s(*pids) - worked_s) / count
        await asyncio.sleep(SETTLE_S)
        self.follower_bytes = (anonymous_kib(pids) - before_kib) * 1024 / count

    async def tell(self, at_once: int) -> Broadcast:
        """Publish so many posts at once, and wait until everybody has all of them."""
        pids = self.contender.pids()
        await self.crowd.arm(at_once)
        worked_s = cpu_s(*pids)
        began_s = await self.contender.publish(at_once)
        heard = await self.crowd.heard()
        worked_s = cpu_s(*pids) - worked_s
        if heard["heard"] != heard["of"]:
            raise SystemExit(
                f"{self.contender.name}: {heard['heard']} of {heard['of']} followers got the post"
            )
        self.wrong = heard["duplicates"] + heard["gaps"] + heard["closed"]
        first_s, last_s, p50_s, p99_s = (
            heard[f"{name}_ms"] / 1000 for name in ("first", "last", "p50", "p99")
        )
        return Broadcast(
            heard["heard"] * at_once,
            last_s - began_s,
            last_s - first_s,
            p50_s - began_s,
            p99_s - began_s,
            worked_s,
        )

    def each(self, name: str) -> list[float]:
        """The medians of the rounds."""
        return [statistics.median(getattr(one, name) for one in found) for found in self.rounds]

    def median(self, name: str) -> float:
        return statistics.median(self.each(name))

    def against(self, other: "Side", name: str) -> list[float]:
        """How many times the other's figure this one's is: of each pair of broadcasts, the median of each round."""
        return [
            statistics.median(getattr(a, name) / getattr(b, name) for a, b in zip(mine, theirs, strict=True))
            for mine, theirs in zip(self.rounds, other.rounds, strict=True)
        ]


@asynccontextmanager
async def sides(tools: Tools, contenders: Iterable[Contender | None]) -> AsyncIterator[list[Side]]:
    """A crowd for each; those that are not here are left out."""
    async with AsyncExitStack() as stack:
        yield [Side(one, await stack.enter_async_context(_crowd_of(tools, one))) for one in contenders if one]


def _crowd_of(tools: Tools, one: Contender) -> AbstractAsyncContextManager[Crowd]:
    return crowd(tools, one.port, one.kind, one.place, tokens=one.tokens, core=CLIENTS)


async def warm_up(all_sides: Sequence[Side], at_once: int = 1) -> None:
    """Until a kernel acknowledges each of a connection's first 16 segments by itself no more, telling costs a third more."""
    for _ in range(max(1, WARM_POSTS // at_once)):
        for side in all_sides:
            await side.tell(at_once)


async def take_turns(all_sides: Sequence[Side], broadcasts: int, at_once: int = 1) -> None:
    """ROUNDS rounds of so many broadcasts of each, there and back: what disturbs one disturbs its neighbour."""
    for side in all_sides:
        side.rounds = []
    for _ in range(ROUNDS):
        for side in all_sides:
            side.rounds.append([])
        for number in range(broadcasts):
            for side in all_sides if number % 2 == 0 else reversed(all_sides):
                side.rounds[-1].append(await side.tell(at_once))
