"""T10: the server is killed and everybody comes back at once, far behind: all catch up, and the database hardly notices."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.faults.counting import COUNTS, counts
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded

BEHIND_EVENTS = 200
CAUGHT_UP_WITHIN_S = 30.0
READS_EACH = 2  # who they are, and what they may hear; the events are read once for all
READS_FOR_ALL = 50  # polls, pages of the log, whoever publishes meanwhile
MEMORY_EACH_KB = 64
MEMORY_KB = 128 * 1024
AT_ONCE = 10
PUBLISH_EVERY_S = 0.05

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    followers: int
    storms: int


async def _post(site: Site, text: str) -> httpx2.Response:
    return await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json={"text": text})


async def _fall_behind(site: Site) -> None:
    for first in range(0, BEHIND_EVENTS, AT_ONCE):
        answers = await asyncio.gather(*(_post(site, f"Post {first + n}") for n in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {201}


async def _publish(site: Site, statuses: Counter[int]) -> None:
    """Until cancelled: somebody who publishes knows nothing of storms."""
    while True:
        statuses[(await _post(site, "In the storm")).status_code] += 1
        await asyncio.sleep(PUBLISH_EVERY_S)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(followers=300, storms=1), id="short"),
        pytest.param(Size(followers=2000, storms=10), id="full", marks=pytest.mark.full),
    ],
)
async def test_everybody_who_comes_back_at_once_catches_up(tmp_path: Path, size: Size) -> None:
    with ServerProcess(tmp_path) as server:
        server.module, counted = "tests.faults.counting", tmp_path / "counts"
        server.environment[COUNTS] = str(counted)
        async with founded(server) as site:
            with await site.crowd(size.followers) as crowd:
                everybody = crowd.everybody
                crowd.connect(everybody)
                assert crowd.listening(everybody, CAUGHT_UP_WITHIN_S) == 0
                for storm in range(size.storms):
                    await _fall_behind(site)
                    head, before_kb = await site.head(), server.memory_kb()
                    assert await asyncio.to_thread(crowd.behind, everybody, head, CAUGHT_UP_WITHIN_S) == 0
                    server.kill()
                    assert await asyncio.to_thread(crowd.connected, everybody, CAUGHT_UP_WITHIN_S) == 0
                    crowd.forget(everybody, BEHIND_EVENTS)
                    crowd.connect(everybody, seed=storm)
                    server.start()
                    await asyncio.to_thread(server.wait_ready)
                    statuses = Counter[int]()
                    publishing = asyncio.create_task(_publish(site, statuses))
                    behind = await asyncio.to_thread(crowd.behind, everybody, head, CAUGHT_UP_WITHIN_S)
                    reads, _ = counts(counted)
                    await asyncio.sleep(5 * PUBLISH_EVERY_S)
                    publishing.cancel()
                    await asyncio.gather(publishing, return_exceptions=True)
                    assert behind == 0, crowd.report(everybody)
                    assert set(statuses) == {201}, statuses
                    assert reads <= READS_EACH * size.followers + READS_FOR_ALL + 5 * sum(statuses.values())
                    assert server.memory_kb() - before_kb < MEMORY_KB + MEMORY_EACH_KB * size.followers
                told = crowd.report(everybody)
                assert (told["faults"], told["gaps"]) == ({}, []), told
                assert told["sessions"] == [size.storms + 1] * 2
        assert await asyncio.to_thread(server.stop) == 0
        assert "Traceback" not in server.said()
