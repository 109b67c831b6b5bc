"""Taking leave, before a restart most of all: every connection is told 1012 and comes back with jitter, by seq."""

import asyncio
import random

from channel.live.hub import Hub
from channel.live.joining import Live
from channel.live.protocol import RESTART

SLICE = 500
# When to come back is said in the closing reason ("retry=1500", ms), the further apart the more there are.
SHORTEST_SPREAD_MS = 500
LONGEST_SPREAD_MS = 30_000
SWALLOW_S = 1.0  # how long the last frames may take; less than the server gives for taking leave


async def say_goodbye(live: Live) -> None:
    """Send everybody back, and wait a moment until they have gone."""
    await send_back(live.hub, "restart")
    # By the clock: where much else is done a hundred short sleeps may take any time.
    loop = asyncio.get_running_loop()
    until_s = loop.time() + SWALLOW_S
    while loop.time() < until_s:
        if not live.hub.connections():
            return
        await asyncio.sleep(0.01)


async def send_back(hub: Hub, why: str) -> None:
    """Close all sockets in slices, so that the loop stays free and they do not all return in the same moment."""
    followers = tuple(hub.followers)
    spread_ms = min(LONGEST_SPREAD_MS, SHORTEST_SPREAD_MS + 2 * len(followers))
    for count, follower in enumerate(followers, 1):
        follower.end(RESTART, f"{why}, retry={random.randrange(SHORTEST_SPREAD_MS, spread_ms + 1)}")
        if count % SLICE == 0:
            await asyncio.sleep(0.01)
