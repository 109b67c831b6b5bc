"""Telling the hub that public feeds have changed (WebSub, section 6), so that it fetches them for who subscribed there.

All it is told are addresses that anybody may ask for; which these are is judged when it is told. The recommendation
leaves open how: this is what hubs have taken since PubSubHubbub, an address in each request, under both of its names.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlencode

from channel import communities, members, outbox, rooms
from channel.errors import ChannelError, NotFound
from channel.events import Event
from channel.hearers import HUB
from channel.notify.sender import Undeliverable
from channel.outside import Outside
from channel.render.feeds import is_announced, topics
from channel.storage import Database, Tx
from channel.tasks import FeedsChanged

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
AWAY: Final = "The hub does not answer as it should."

log = logging.getLogger("channel.websub")


def hub_handler(db: Database, outside: Outside, hub: str, base: str) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "websub". `hub`: its address; `base`: ours. Raises Undeliverable.

    One job stands for all of its room that were queued before it asks the hub. While one of them waits for another try,
    so do the others: a hub that is away is asked less and less, however much is published, until that job is dead.
    """

    async def handle(event: Event) -> None:
        if not isinstance(event, FeedsChanged):
            raise TypeError(f"No hub is told of {event.kind}.")
        async with db.read() as tx:
            changed = await _changed(tx, base, event.room_id)
            same = [job for job in await outbox.queue_of(tx, HUB) if job.event == event]
        await _drop(db, [job.id for job in same if not job.begun])
        if not changed or any(job.failing for job in same):
            return
        await _tell(outside, hub, changed)
        await _drop(db, [job.id for job in same if job.dead])

    return handle


async def _changed(tx: Tx, base: str, room_id: str) -> list[str]:
    """The addresses that the hub is to be told; none of what strangers may not read now."""
    try:
        room = await rooms.one(tx, room_id)
        community = await communities.one(tx, room.community_id)
    except NotFound:
        return []
    guest = await members.entitlement(tx, community, None)
    return topics(base, community, room) if is_announced(guest, community, room) else []


async def _drop(db: Database, ids: Sequence[str]) -> None:
    if ids:
        async with db.write() as tx:
            await outbox.drop(tx, ids)


async def _tell(outside: Outside, hub: str, addresses: Sequence[str]) -> None:
    """All at once, so that a slow hub is no slower for many of them. Told twice is told once."""
    problems = await asyncio.gather(*(_ping(outside, hub, address) for address in addresses))
    failed = [problem for problem in problems if problem]
    if failed:
        log.warning("The hub did not take %d of %d feeds: %s", len(failed), len(problems), failed[0])
        raise Undeliverable(failed[0], permanent=False)


async def _ping(outside: Outside, hub: str, address: str) -> str:
    """What went wrong with it; "" when the hub has taken it."""
    body = urlencode({"hub.mode": "publish", "hub.url": address, "hub.topic": address}).encode()
    try:
        answer = await outside.post(hub, body, FORM)
    except ChannelError:
        return AWAY  # why not is in the log of `outside`, and it is no matter of ours
    return "" if 200 <= answer.status < 300 else f"The hub answered {answer.status}."
