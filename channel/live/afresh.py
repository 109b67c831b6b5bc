"""When the data turns out to be of another history, everybody begins afresh: sent back, they are told `reset`."""

import asyncio

from channel.live.drain import send_back
from channel.live.hub import Hub
from channel.live.tail import Tail
from channel.storage import Database


class Afresh:
    """One per node, called by the database when it finds out. Nobody who was told of one history is told of another."""

    def __init__(self, db: Database, hub: Hub, tail: Tail) -> None:
        self._hub = hub
        self._tail = tail
        self._begun = asyncio.Event()
        db.epoch.told, db.epoch.on_change = tail.told, self.begin

    def begin(self) -> None:
        """At once and for all: what is known of streams is forgotten, and nobody who is here now follows one."""
        self._hub.forget_streams()
        self._tail.forget()
        self._begun.set()

    async def run(self) -> None:
        """Send everybody back who was here, until cancelled."""
        while True:
            await self._begun.wait()
            self._begun.clear()
            await send_back(self._hub, "another history")
