"""Taking leave of everybody, also of those who do not take it, while the loop has much else to do."""

import asyncio
import time

from channel.live.drain import say_goodbye
from channel.server.process import DRAIN_S
from tests.live.site import Site
from tests.live.test_live import _deaf_client

BUSY_S = 0.03


async def test_leave_is_taken_in_time_on_a_busy_loop(site: Site) -> None:
    """The server stops waiting after DRAIN_S, and says so as a fault."""

    async def hold_the_loop() -> None:
        while True:
            time.sleep(BUSY_S)
            await asyncio.sleep(0)

    async with site.follow():
        with await _deaf_client(site):
            async with asyncio.TaskGroup() as group:
                busy = group.create_task(hold_the_loop())
                await asyncio.wait_for(say_goodbye(site.app.state.live), DRAIN_S)
                busy.cancel()
