"""A follower may lag behind for a while before it is cut; meanwhile the others notice nothing."""

import asyncio

from channel.live.connection import LOW_WATER_BYTES, Outgoing
from channel.live.hub import MAX_BACKLOG_BYTES
from tests.live.site import Site
from tests.live.test_live import _deaf_client

AT_ONCE_S = 2.0
LARGE = "€" * 9_900  # about 60 kB a frame
MOST_POSTS = 300


async def test_a_reader_that_is_behind_and_not_yet_cut_delays_nobody(site: Site) -> None:
    async with site.follow() as healthy:
        with await _deaf_client(site):
            await healthy.subscribe(site.stream)
            for number in range(1, MOST_POSTS):
                await site.post(f"{number} {LARGE}")
                async with asyncio.timeout(AT_ONCE_S):
                    assert (await healthy.next("event"))["seq"] == number
                if _most_behind(site) > 2 * LOW_WATER_BYTES:
                    break
            assert 2 * LOW_WATER_BYTES < _most_behind(site) < MAX_BACKLOG_BYTES
            await site.post("and on it goes")
            async with asyncio.timeout(AT_ONCE_S):
                assert (await healthy.next("event"))["seq"] == number + 1


def _most_behind(site: Site) -> int:
    followers = site.app.state.live.hub.followers
    return max(one.backlog_bytes for one in followers if isinstance(one, Outgoing))
