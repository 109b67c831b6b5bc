"""From a row of the log to the frame a group may see. The only place where an event's public form is decided.

What an event says is loaded when it is told: a post that has been edited since shows its newest text, one that was
deleted shows its trace, and one above the group's rank comes locked under the same seq.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel import communities, posts, rooms
from channel.errors import NotFound
from channel.events import (
    MembershipChanged,
    MentionTold,
    PostDeleted,
    PostEdited,
    PostOpened,
    PostPinned,
    PostPublished,
    RoomEvent,
)
from channel.live.protocol import encode
from channel.live.stream import Group, Item
from channel.members.model import STAFF_RANK
from channel.outbox import Logged
from channel.render import html, json, views
from channel.storage import Tx

PostEvent = PostPublished | PostEdited | PostOpened | PostDeleted | PostPinned


@dataclass(frozen=True, slots=True)
class Told:
    """An event with everything needed to print it for any group."""

    logged: Logged
    facts: views.PostFacts | None = None
    room: rooms.Room | None = None
    handle: str | None = None

    def data(self, rank: int) -> dict[str, Any]:
        """The `data` of the JSON form, for viewers of `rank`."""
        match self.logged.event:
            case PostPublished() | PostEdited() | PostOpened() | PostDeleted():
                return {"post": self._post(rank)}
            case PostPinned(position=position):
                return {"post": self._post(rank), "position": position}
            case RoomEvent():
                return {"room": json.room(self.room) if self.room else None}
            case MembershipChanged():
                return {"community": self.handle}
            case MentionTold(room_id=room_id, post_id=post_id, seq=seq):
                return {"community": self.handle, "room_id": room_id, "post_id": post_id, "seq": seq}
            case _:
                return {}

    def _post(self, rank: int) -> dict[str, Any] | None:
        return json.as_json(views.show(self.facts, rank)) if self.facts else None

    def event_json(self, rank: int) -> dict[str, Any]:
        """The event as the live protocol and the events API tell it."""
        row = self.logged
        return {
            "type": "event",
            "stream": row.stream,
            "seq": row.seq,
            "kind": row.event.kind,
            "at": json.iso(row.at),
            "data": self.data(rank),
        }

    def _fragment(self, group: Group) -> dict[str, Any]:
        if isinstance(self.logged.event, MentionTold):
            return self.data(group.sight)
        if self.facts is None:
            return {"reload": True}
        view = views.show(self.facts, group.sight)
        position = self.logged.event.position if isinstance(self.logged.event, PostPinned) else None
        pin = {"position": position} if isinstance(self.logged.event, PostPinned) else {}
        return {
            "id": self.facts.post.id,
            "rev": self.facts.post.rev,
            "html": html.fragment(view, group.language),
            **pin,
        }

    def render(self, group: Group) -> bytes:
        """The frame for one group."""
        frame = self.event_json(group.sight) if group.format == "json" else self._html_event(group)
        return encode(frame)

    def _html_event(self, group: Group) -> dict[str, Any]:
        row = self.logged
        return {
            "type": "event",
            "stream": row.stream,
            "seq": row.seq,
            "kind": row.event.kind,
            "at": json.iso(row.at),
            "data": self._fragment(group),
        }

    def item(self) -> Item:
        """The event on its way out."""
        if self.facts is None:
            return Item(self.logged.seq, self.render)
        about_bytes = 800 + len(self.facts.post.text) + len(self.facts.post.html)
        return Item(
            self.logged.seq, self.render, about_bytes=about_bytes, quotes=self.facts.quote is not None
        )


async def tell(tx: Tx, stream: str, logged: Sequence[Logged]) -> list[Told]:
    """Load what a run of events of one stream is about, with a bounded number of queries."""
    kind, _, key = stream.partition(":")
    if kind == "room":
        return await _tell_room(tx, key, logged)
    return [Told(row, handle=await _handle(tx, row)) for row in logged]


async def _tell_room(tx: Tx, room_id: str, logged: Sequence[Logged]) -> list[Told]:
    try:
        room = await rooms.one(tx, room_id)
        community = await communities.one(tx, room.community_id)
    except NotFound:
        return [Told(row) for row in logged]
    ids = {row.event.post_id for row in logged if isinstance(row.event, PostEvent)}
    facts = await views.facts(tx, await posts.many(tx, tuple(ids)), room, community)
    by_id = {fact.post.id: fact for fact in facts}
    return [
        Told(row, by_id.get(row.event.post_id) if isinstance(row.event, PostEvent) else None, room)
        for row in logged
    ]


async def _handle(tx: Tx, row: Logged) -> str | None:
    if not isinstance(row.event, MembershipChanged | MentionTold):
        return None
    try:
        return (await communities.one(tx, row.event.community_id)).handle
    except NotFound:
        return None


def access(handle: str, rank: int, role: str | None) -> bytes:
    """Tell a follower that its rights changed. Rank is None for one who has none, or is staff and sees all."""
    shown = None if rank < 0 or rank >= STAFF_RANK else rank
    return encode({"type": "access", "community": handle, "rank": shown, "role": role})
