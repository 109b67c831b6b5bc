"""T11: SIGTERM at any moment: it ends in time whatever clients do, tells them, and keeps what it acknowledged."""

import asyncio
import random
import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.crowd import Crowd
from tests.faults.followers import Follower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded
from tests.faults.writers import Book, Writer

ENDS_WITHIN_S = 15.0
HEARD_WITHIN_S = 60.0
WRITERS = 4
CHARS = 9_900  # twice that as an event
TWICE_EVERY = 3  # every so many stops the operator has no patience
LONGEST_LIFE_S = 0.3
LONGEST_START_S = 2.0
TOLD = {"1012", "eof"}

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    """`answers`: how many writes are acknowledged before each stop; those who have stopped do not read them."""

    followers: int
    stopped: int
    restarts: int
    answers: int


class Broadcast:
    """Writers who do not rest, a crowd of which some do not read, and two followers that the judge asks."""

    def __init__(self, site: Site, crowd: Crowd, size: Size) -> None:
        self._site, self._crowd, self._size = site, crowd, size
        self.reading, self.stopped = (size.stopped, size.followers), (0, size.stopped)
        self.book = Book()

    async def begin(self, seed: int) -> None:
        """Everybody is there, and so many writes have been answered."""
        crowd, wanted = self._crowd, self.book.answers + self._size.answers
        crowd.drop(self.stopped)
        crowd.report(crowd.everybody)  # from here on only this round counts
        crowd.squeeze(self.stopped)
        crowd.connect(crowd.everybody, seed=seed)
        assert await asyncio.to_thread(crowd.listening, crowd.everybody, HEARD_WITHIN_S) == 0
        crowd.stop_reading(self.stopped)
        async with asyncio.timeout(HEARD_WITHIN_S):
            while self.book.answers < wanted:
                await asyncio.sleep(0.005)

    async def told(self) -> dict[str, Any]:
        """How the connections of those who read have ended; all of them have to."""
        assert await asyncio.to_thread(self._crowd.connected, self.reading, HEARD_WITHIN_S) == 0
        return self._crowd.report(self.reading)


async def _stop_again_and_again(broadcast: Broadcast, server: ServerProcess, size: Size, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(size.restarts):
        await broadcast.begin(number)
        await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_S))
        twice = number % TWICE_EVERY == TWICE_EVERY - 1
        server.signal(signal.SIGTERM)
        if twice:
            await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_S))
            server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.ended, ENDS_WITHIN_S) == 0, f"seed {seed}, stop {number}"
        told = await broadcast.told()
        if not twice:  # else the kernel hangs up on those that the server did not get to
            assert set(told["ends"]) <= TOLD, f"seed {seed}, stop {number}: {told}"
            assert "1012" in told["ends"], told
        server.start()
        await asyncio.to_thread(server.wait_ready)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(followers=60, stopped=10, restarts=3, answers=60), id="short"),
        pytest.param(
            Size(followers=500, stopped=50, restarts=40, answers=30), id="full", marks=pytest.mark.full
        ),
    ],
)
async def test_sigterm_during_a_broadcast_loses_nothing_and_ends_in_time(tmp_path: Path, size: Size) -> None:
    seed = 1
    with ServerProcess(tmp_path) as server:
        async with founded(server) as site:
            with await site.crowd(size.followers) as crowd:
                broadcast, stop = Broadcast(site, crowd, size), asyncio.Event()
                followers: list[Follower] = [
                    SocketFollower(site, await site.follow("Over WebSocket")),
                    SseFollower(site, await site.follow("Over SSE")),
                ]
                listening = [asyncio.create_task(follower.run()) for follower in followers]
                async with asyncio.TaskGroup() as writers:
                    for number in range(WRITERS):
                        writers.create_task(Writer(site, broadcast.book, number, chars=CHARS).run(stop))
                    await _stop_again_and_again(broadcast, server, size, seed)
                    stop.set()
                crowd.connect(broadcast.reading)
                head = await site.head()
                assert await asyncio.to_thread(crowd.behind, broadcast.reading, head, HEARD_WITHIN_S) == 0
                assert crowd.report(crowd.everybody)["faults"] == {}
            await caught_up(site, followers)
            for task in listening:
                task.cancel()
            ended = await asyncio.gather(*listening, return_exceptions=True)
            verdict = await judge(site, broadcast.book, followers)
        assert server.stop() == 0
    assert [failure for failure in ended if isinstance(failure, Exception)] == []
    assert verdict == Verdict()
    assert "Traceback" not in server.said()
    assert _integrity(server.data) == "ok"


@pytest.mark.parametrize(
    "times", [pytest.param(4, id="short"), pytest.param(40, id="full", marks=pytest.mark.full)]
)
async def test_sigterm_while_it_starts_leaves_what_the_next_start_takes_up(
    tmp_path: Path, times: int
) -> None:
    """Half of the starts find no data: then the schema is being made."""
    chance = random.Random(2)
    for number in range(times):
        with ServerProcess(tmp_path / str(number // 2)) as server:
            server.anew = True
            server.start()
            await asyncio.sleep(chance.uniform(0, LONGEST_START_S))
            server.signal(signal.SIGTERM)
            code = await asyncio.to_thread(server.ended, ENDS_WITHIN_S)
            # Before the program has taken the signal over it is the kernel's to end it.
            assert code in (0, -signal.SIGTERM), server.said()
            assert "Traceback" not in server.said(), server.said()
            if number % 2:
                server.start()
                await asyncio.to_thread(server.wait_ready)
                assert await asyncio.to_thread(server.stop) == 0
                assert _integrity(server.data) == "ok"


def _integrity(data: Path) -> str:
    with sqlite3.connect(data / "channel.db") as database:
        answer: str = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    return answer
