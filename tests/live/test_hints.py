"""A hint that is lost is found by the poll, and counted; one that is only on its way is not."""

import asyncio

import pytest

from channel.live import tail
from channel.storage.database import Hint
from tests.live.site import WAIT_S, Site

POLL_S = 0.2


@pytest.fixture
def quick_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "POLL_S", POLL_S)


async def _told_by_the_poll(site: Site) -> None:
    stream, number = site.app.state.live.hub.streams[site.stream], (await site.post("News")).seq
    async with asyncio.timeout(WAIT_S):
        while stream.head < number:
            await asyncio.sleep(0)


@pytest.mark.usefixtures("quick_poll")
async def test_a_hint_that_comes_right_after_the_poll_has_looked_is_not_lost(site: Site) -> None:
    async with site.follow() as follower:
        await follower.subscribe(site.stream)
        held: list[Hint] = []
        deliver, site.db.on_commit = site.db.on_commit, held.extend
        await _told_by_the_poll(site)
        deliver(held)
        await asyncio.sleep(2 * POLL_S)
        assert site.app.state.live.tail.polled_late == 0


@pytest.mark.usefixtures("quick_poll")
async def test_a_hint_that_never_comes_is_counted_once(site: Site) -> None:
    async with site.follow() as follower:
        await follower.subscribe(site.stream)
        site.db.on_commit = lambda hints: None
        await _told_by_the_poll(site)
        await asyncio.sleep(3 * POLL_S)
        assert site.app.state.live.tail.polled_late == 1
