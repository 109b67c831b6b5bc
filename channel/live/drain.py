"""Taking leave before a restart: every connection is told 1012 and comes back with jitter, by seq."""

import asyncio

from channel.live.joining import Live
from channel.live.protocol import RESTART

SLICE = 500


async def say_goodbye(live: Live) -> None:
    """Close all sockets in slices, so that the loop stays free and they do not all return in the same moment."""
    for count, follower in enumerate(tuple(live.hub.followers), 1):
        follower.end(RESTART, "restart")
        if count % SLICE == 0:
            await asyncio.sleep(0.01)
    for _ in range(100):
        if not live.hub.followers:
            return
        await asyncio.sleep(0.01)
