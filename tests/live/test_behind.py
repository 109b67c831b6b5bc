"""A follower may lag behind for a while before it is cut; meanwhile the others notice nothing."""

import asyncio

from channel.live.hub import MAX_BEHIND_BYTES
from tests.live.site import Site
from tests.live.test_live import _deaf_client

AT_ONCE_S = 2.0
LARGE = "€" * 9_900  # about 60 kB a frame
MOST_POSTS = 300
ENOUGH_BYTES = 300_000


async def test_a_reader_that_is_behind_and_not_yet_cut_delays_nobody(site: Site) -> None:
    async with site.follow() as healthy:
        with await _deaf_client(site):
            await healthy.subscribe(site.stream)
            for number in range(1, MOST_POSTS):
                await site.post(f"{number} {LARGE}")
                async with asyncio.timeout(AT_ONCE_S):
                    assert (await healthy.next("event"))["seq"] == number
                if _most_behind(site) > ENOUGH_BYTES:
                    break
            assert ENOUGH_BYTES < _most_behind(site) < MAX_BEHIND_BYTES
            await site.post("and on it goes")
            async with asyncio.timeout(AT_ONCE_S):
                assert (await healthy.next("event"))["seq"] == number + 1


def _most_behind(site: Site) -> int:
    """What the one who does not read has not been sent; it waits in the log, not in memory."""
    blocked = [one for one in site.app.state.live.hub.followers if one.blocked]
    return max((sub.stream.bytes - sub.mark for one in blocked for sub in one.subscriptions), default=0)
