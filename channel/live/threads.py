"""Threads under posts: who may hear one follows from its post, whose changes are told in another stream, the room's.

So for each room that has a thread somebody follows here, the room's log is read on from where its rights were last
applied, whether or not anybody follows the room itself: before anything of a thread is told, and on each hint.
"""

from typing import Final

from channel import outbox
from channel.events import PostDeleted, PostEdited, PostOpened, RoomUpdated, room_stream, thread_stream
from channel.live import rights
from channel.live.hub import Hub
from channel.live.rights import JUDGED_AT_ONCE, Place
from channel.live.stream import Stream
from channel.outbox import Logged
from channel.storage import Database, Tx

PAGE: Final = 200
PREFIX: Final = "guard:"  # of what the tail has to look at, before the name of the room's stream


class Threads:
    """One per node, asked by the tail."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._seen: dict[
            str, int
        ] = {}  # room id: the seq up to which its changes were applied to its threads

    def watch(self, room_id: str, head: int) -> None:
        """Somebody follows a thread of this room, with rights that were read when the room's log was at `head`."""
        self._seen.setdefault(room_id, head)

    def watches(self, room_id: str) -> bool:
        return room_id in self._seen

    def forget(self) -> None:
        """The data is of another history."""
        self._seen.clear()

    async def late(self, tx: Tx) -> list[str]:
        """The rooms in which something happened that was not looked at; those that nobody follows are let go."""
        followed = {place.room_id for place in map(_place, self._hub.streams.values()) if place}
        joining = any(_joins(stream) for stream in self._hub.streams.values())
        for gone in self._seen.keys() - followed if not joining else ():
            del self._seen[gone]
        names = {room_stream(room_id): room_id for room_id in self._seen}
        heads = await outbox.heads(tx, list(names)) if names else {}
        return [names[name] for name, head in heads.items() if head > self._seen[names[name]]]

    async def look(self, room_id: str) -> None:
        """Apply what has happened in the room to whoever follows a thread of it."""
        while room_id in self._seen:
            async with self._db.read() as tx:
                logged = await outbox.events_since(tx, room_stream(room_id), self._seen[room_id], PAGE)
            for row in logged:
                await self._apply(room_id, row)
            if logged and room_id in self._seen:
                self._seen[room_id] = max(self._seen[room_id], logged[-1].seq)
            if len(logged) < PAGE:
                return

    async def _apply(self, room_id: str, row: Logged) -> None:
        event = row.event
        if isinstance(event, RoomUpdated):
            touched = [one for one in self._hub.streams.values() if _is_of(one, room_id)]
        elif isinstance(event, PostEdited | PostOpened | PostDeleted):
            stream = self._hub.streams.get(thread_stream(event.post_id))
            touched = [stream] if stream is not None else []
        else:
            return
        for stream in touched:
            await self._judge(stream)

    async def _judge(self, stream: Stream) -> None:
        """Ask again for everybody who follows it."""
        subscriptions = tuple(stream.subscriptions())
        for subscription in subscriptions:
            subscription.stale = subscription.cohort is None
        for start in range(0, len(subscriptions), JUDGED_AT_ONCE):
            some = subscriptions[start : start + JUDGED_AT_ONCE]
            async with self._db.read() as tx:
                await rights.regroup_thread(tx, self._hub, stream.name.partition(":")[2], some)


def _place(stream: Stream) -> Place | None:
    place = stream.facts
    return place if isinstance(place, Place) and place.post_id else None


def _joins(stream: Stream) -> bool:
    """Its first follower is not in yet, so nobody knows of which room it is."""
    return stream.facts is None and stream.name.startswith("thread:")


def _is_of(stream: Stream, room_id: str) -> bool:
    place = _place(stream)
    return _joins(stream) if place is None else place.room_id == room_id
