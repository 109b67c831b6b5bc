"""T8: followers come and go while events flow and the server is restarted; each sees every event once and in order.

They listen over WebSocket and SSE or ask for the log; every other one through a proxy that cuts at any byte.
"""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.followers import Follower, PollFollower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.proxy import CuttingProxy
from tests.faults.site import Site, founded
from tests.faults.writers import Book, Writer

KINDS: tuple[type[Follower], ...] = (SocketFollower, SseFollower, PollFollower)
WRITERS = 4
BURST = 5
LONGEST_SESSION_S = 0.8
LONGEST_ABSENCE_S = 0.4
LEAST_BYTES, MOST_BYTES = 1, 20_000  # from the server, until the proxy cuts

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    followers: int
    reconnects: int
    events: int
    restarts: int


async def _come_and_go(follower: Follower, reconnects: int, chance: random.Random) -> None:
    """So many sessions that end somewhere, then one that stays until the test is over."""
    for _ in range(reconnects):
        await follower.session(chance.uniform(0, LONGEST_SESSION_S))
        await asyncio.sleep(chance.uniform(0, LONGEST_ABSENCE_S))
    await follower.run()


async def _audience(site: Site, cut_address: str, count: int) -> list[Follower]:
    """A third of each kind; every other one through the proxy that cuts."""
    audience: list[Follower] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        address = cut_address if number // len(KINDS) % 2 else ""
        audience.append(kind(site, await site.follow(f"Follower {number}"), address))
    return audience


async def _post_at_a_pace(site: Site, book: Book, size: Size, over_s: float) -> None:
    """Post in bursts, so that resumes meet both silence and crowds."""
    stop = asyncio.Event()
    writers = [Writer(site, book, number) for number in range(WRITERS)]
    bursts = size.events // (WRITERS * BURST)
    for _ in range(bursts):
        await asyncio.gather(*(writer.run(stop, most=BURST) for writer in writers))
        await asyncio.sleep(over_s / bursts)


async def _restart(server: ServerProcess, times: int, over_s: float) -> None:
    """Kill it or stop it in turn, and start it again."""
    for number in range(times):
        await asyncio.sleep(over_s / (times + 1))
        if number % 2:
            assert await asyncio.to_thread(server.stop) == 0
        else:
            server.kill()
        server.start()
        await asyncio.to_thread(server.wait_ready)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(followers=99, reconnects=20, events=500, restarts=2), id="short"),
        pytest.param(
            Size(followers=300, reconnects=60, events=3000, restarts=20), id="full", marks=pytest.mark.full
        ),
    ],
)
async def test_followers_that_come_and_go_see_every_event_once_and_in_order(
    tmp_path: Path, size: Size
) -> None:
    chance = random.Random(1)
    with ServerProcess(tmp_path) as server:
        async with (
            founded(server) as site,
            CuttingProxy(server.port, least=LEAST_BYTES, most=MOST_BYTES) as proxy,
        ):
            book = Book()
            followers = await _audience(site, proxy.address, size.followers)
            listening = [
                asyncio.create_task(_come_and_go(follower, size.reconnects, chance)) for follower in followers
            ]
            pace_s = size.reconnects * (LONGEST_SESSION_S + LONGEST_ABSENCE_S) / 2
            async with asyncio.TaskGroup() as group:
                group.create_task(_post_at_a_pace(site, book, size, pace_s))
                group.create_task(_restart(server, size.restarts, pace_s))
            while any(follower.sessions <= size.reconnects for follower in followers):
                await asyncio.sleep(0.1)
            await caught_up(site, followers)
            for task in listening:
                task.cancel()
            ended = await asyncio.gather(*listening, return_exceptions=True)
            verdict = await judge(site, book, followers)
        assert server.stop() == 0
        said = server.said()
    assert [failure for failure in ended if isinstance(failure, Exception)] == []
    assert verdict == Verdict()
    assert "Traceback" not in said
    # The premise: enough was said, and connections were cut in the middle.
    assert len(book.acknowledged("post", "edit")) >= size.events * 0.8
    assert proxy.cuts > size.followers
