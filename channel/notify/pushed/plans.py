"""Who works off what is routed to "push", and forgets it at last: devices of accounts, and devices that belong to nobody."""

from collections.abc import Awaitable, Callable
from typing import Final

from channel import following, push
from channel.events import Event
from channel.push.queue import PUSHES
from channel.storage import Database

SWEEPS: Final = (PUSHES.sweep, following.PUSHES.sweep)


def planner(db: Database) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "push"."""
    members, strangers = push.planner(db), following.device_planner(db)

    async def handle(event: Event) -> None:
        await members(event)
        await strangers(event)

    return handle
