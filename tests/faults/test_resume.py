"""T8: followers come and go while events flow and the server is restarted; each sees every event once and in order.

They listen over WebSocket and SSE or ask for the log; every other one through a proxy that cuts at any byte.
"""

import asyncio
import gc
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
COMES_PER_S = 165  # of all of them; the clients are Python, too, and with more of it they would get nowhere
PATIENT = 0.75  # of the sessions; the others may end before the server has answered
ALL_CAME_WITHIN_S = 1800.0
LEAST_BYTES, MOST_BYTES = 1, 20_000  # from the server, until the proxy cuts

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    """`reconnects`: how often at least each of them is let in and goes."""

    followers: int
    reconnects: int
    events: int
    restarts: int

    @property
    def round_s(self) -> float:
        """How long a session and the absence after it last together, in the middle."""
        return self.followers / COMES_PER_S


async def _come_and_go(follower: Follower, size: Size, over: asyncio.Event, chance: random.Random) -> None:
    """Sessions that end somewhere, until there were enough and all is said; then one that stays until it is cancelled."""
    while follower.answered < size.reconnects or not over.is_set():
        patient = chance.random() < PATIENT
        await follower.session(chance.uniform(0, size.round_s * 4 / 3), patient=patient)
        await asyncio.sleep(chance.uniform(0, size.round_s * 2 / 3))
    await follower.run()


async def _audience(site: Site, cut_address: str, count: int) -> list[Follower]:
    """A third of each kind; every other one through the proxy that cuts."""
    audience: list[Follower] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        address = cut_address if number // len(KINDS) % 2 else ""
        audience.append(kind(site, await site.follow(f"Follower {number}"), address))
    return audience


async def _post_at_a_pace(site: Site, book: Book, size: Size) -> None:
    """Post in bursts, so that resumes meet both silence and crowds."""
    stop = asyncio.Event()
    writers = [Writer(site, book, number) for number in range(WRITERS)]
    bursts = size.events // (WRITERS * BURST)
    for _ in range(bursts):
        await asyncio.gather(*(writer.run(stop, most=BURST) for writer in writers))
        await asyncio.sleep(size.reconnects * size.round_s / bursts)


async def _restart(server: ServerProcess, size: Size) -> None:
    """Kill it or stop it in turn, and start it again."""
    for number in range(size.restarts):
        await asyncio.sleep(size.reconnects * size.round_s / (size.restarts + 1))
        if number % 2:
            assert await asyncio.to_thread(server.stop) == 0
        else:
            server.kill()
        server.start()
        await asyncio.to_thread(server.wait_ready)


# A client that is cut off in the middle of connecting forgets its socket; its own, not one of the server's.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(followers=99, reconnects=20, events=500, restarts=2), id="short"),
        pytest.param(
            Size(followers=200, reconnects=60, events=2000, restarts=20), id="full", marks=pytest.mark.full
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
            book, over = Book(), asyncio.Event()
            followers = await _audience(site, proxy.address, size.followers)
            listening = [
                asyncio.create_task(_come_and_go(follower, size, over, chance)) for follower in followers
            ]
            async with asyncio.timeout(ALL_CAME_WITHIN_S):
                async with asyncio.TaskGroup() as group:
                    group.create_task(_post_at_a_pace(site, book, size))
                    group.create_task(_restart(server, size))
                over.set()
                while any(follower.answered < size.reconnects for follower in followers):
                    assert not any(task.done() for task in listening), "a follower has given up"
                    await asyncio.sleep(0.1)
            await caught_up(site, followers)
            for task in listening:
                task.cancel()
            ended = await asyncio.gather(*listening, return_exceptions=True)
            verdict = await judge(site, book, followers)
        assert server.stop() == 0
        said = server.said()
    gc.collect()  # while they are forgiven, not in the middle of the next test
    assert [failure for failure in ended if isinstance(failure, Exception)] == []
    assert verdict == Verdict()
    assert "Traceback" not in said
    # The premise: enough was said, and connections were cut in the middle.
    assert len(book.acknowledged("post", "edit")) >= size.events * 0.8
    assert proxy.cuts > size.followers
