"""T8, short: a hundred followers come and go while events flow, and each sees every event once and in order."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.faults.followers import Follower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.proxy import CuttingProxy
from tests.faults.site import Site, founded
from tests.faults.writers import Book, Writer

FOLLOWERS = int(os.environ.get("CHANNEL_FOLLOWERS", "100"))
RECONNECTS = int(os.environ.get("CHANNEL_RECONNECTS", "20"))
EVENTS = int(os.environ.get("CHANNEL_EVENTS", "500"))
WRITERS = 4
LONGEST_SESSION_S = 0.8
LONGEST_ABSENCE_S = 0.4

pytestmark = pytest.mark.faults


async def _come_and_go(follower: Follower, chance: random.Random) -> None:
    """RECONNECTS sessions that end somewhere, then one that stays until the test is over."""
    for _ in range(RECONNECTS):
        await follower.session(chance.uniform(0, LONGEST_SESSION_S))
        await asyncio.sleep(chance.uniform(0, LONGEST_ABSENCE_S))
    await follower.run()


async def _audience(site: Site, cut_address: str) -> list[Follower]:
    """Half over WebSocket, half over SSE; every other one through the proxy that cuts."""
    audience: list[Follower] = []
    for number in range(FOLLOWERS):
        kind = SocketFollower if number % 2 else SseFollower
        address = cut_address if number % 4 < 2 else ""
        audience.append(kind(site, await site.follow(f"Follower {number}"), address))
    return audience


async def _post_at_a_pace(site: Site, book: Book, over_s: float) -> None:
    """Post in bursts, so that resumes meet both silence and crowds."""
    stop = asyncio.Event()
    writers = [Writer(site, book, number) for number in range(WRITERS)]
    bursts = EVENTS // (WRITERS * 5)
    for _ in range(bursts):
        await asyncio.gather(*(writer.run(stop, most=5) for writer in writers))
        await asyncio.sleep(over_s / bursts)


async def test_followers_that_come_and_go_see_every_event_once_and_in_order(tmp_path: Path) -> None:
    chance = random.Random(1)
    with ServerProcess(tmp_path) as server:
        async with founded(server) as site, CuttingProxy(server.port, least=500, most=20_000) as proxy:
            book = Book()
            followers = await _audience(site, proxy.address)
            listening = [asyncio.create_task(_come_and_go(follower, chance)) for follower in followers]
            pace_s = RECONNECTS * (LONGEST_SESSION_S + LONGEST_ABSENCE_S) / 2
            await _post_at_a_pace(site, book, pace_s)
            while any(follower.sessions <= RECONNECTS for follower in followers):
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
    assert len(book.acknowledged("post", "edit")) >= EVENTS * 0.8
    assert proxy.cuts > FOLLOWERS
