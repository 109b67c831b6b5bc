"""From a row of the log to the frame a group may see. The only place where an event's public form is decided.

What an event says is loaded when it is told: a post that has been edited since shows its newest text, one that was
deleted shows its trace, and one above the group's rank comes locked under the same seq.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel import communities, members, posts, rooms, topics
from channel.comments import queries as comment_queries
from channel.errors import NotFound
from channel.events import (
    MembershipChanged,
    MentionTold,
    MessageDeleted,
    MessageSent,
    PollClosed,
    PostDeleted,
    PostEdited,
    PostOpened,
    PostPinned,
    PostPreviewed,
    PostPublished,
    PostsMoved,
    PresenceSet,
    QuestionAnswered,
    RoomEvent,
    ThreadEvent,
    TopicChanged,
)
from channel.live.protocol import encode
from channel.live.stream import Group, Item
from channel.members.model import STAFF_RANK
from channel.messages import queries as message_queries
from channel.outbox import Logged
from channel.render import comments as comment_views
from channel.render import html, json, views
from channel.render import messages as message_views
from channel.render.comments import CommentFacts
from channel.storage import Tx
from channel.topics import Topic

TopicEvent = TopicChanged | PostsMoved
MessageEvent = MessageSent | MessageDeleted
PostEvent = PostPublished | PostEdited | PostOpened | PostDeleted | PostPinned | PostPreviewed | PollClosed


@dataclass(frozen=True, slots=True)
class Told:
    """An event with everything needed to print it for any group."""

    logged: Logged
    facts: views.PostFacts | None = None
    room: rooms.Room | None = None
    handle: str | None = None
    comment: CommentFacts | None = None
    topic: Topic | None = None
    message: message_views.MessageView | None = None

    def data(self, rank: int, since: int | None = None) -> dict[str, Any]:
        """The `data` of the JSON form, for viewers of `rank` who see the room from the seq `since` on.

        None: for all of that rank, so in a group that does not show its past to everybody nothing older than the event
        itself is told; who may see it asks for it.
        """
        match self.logged.event:
            case (
                PostPublished() | PostEdited() | PostOpened() | PostDeleted() | PostPreviewed() | PollClosed()
            ):
                return {"post": self._post(rank, since)}
            case PostPinned(position=position):
                return {"post": self._post(rank, since), "position": position}
            case ThreadEvent():
                return {"comment": self._comment(rank)}
            case TopicChanged(topic_id=topic_id):
                return {"topic": self._topic(rank) or {"id": topic_id}}
            case PostsMoved(post_ids=post_ids, topic_id=topic_id):
                return {"post_ids": list(post_ids), "topic": self._topic(rank) or {"id": topic_id}}
            case RoomEvent():
                return {"room": json.room(self.room) if self.room else None}
            case MembershipChanged():
                return {"community": self.handle}
            case QuestionAnswered(question_id=question_id, post_id=post_id):
                return {"community": self.handle, "question_id": question_id, "post_id": post_id}
            case PresenceSet(presence=presence):
                return {"presence": presence}
            case MentionTold(room_id=room_id, post_id=post_id, seq=seq, comment_id=comment_id):
                below = {"comment_id": comment_id} if comment_id else {}
                return {"community": self.handle, "room_id": room_id, "post_id": post_id, "seq": seq, **below}
            case MessageSent() | MessageDeleted():
                shown = self.message and message_views.as_json(self.message)
                return {"community": self.handle, "message": shown}
            case _:
                return {}

    def _view(self, rank: int, since: int | None) -> views.AnyView | None:
        """The post of this event; None when it, or that it is there, is not for all of them."""
        if self.facts is None:
            return None
        short = self.room is not None and self.room.history is not None and rank < STAFF_RANK
        first = since if since is not None else self.logged.seq if short else 0
        view = views.show(self.facts, rank, since=first)
        return None if view.shape != "gone" and view.seq < first else view

    def _post(self, rank: int, since: int | None) -> dict[str, Any] | None:
        view = self._view(rank, since)
        return None if view is None else json.as_json(view)

    def _topic(self, rank: int) -> dict[str, Any] | None:
        """What is told of a topic; its name may be older than what all of this rank see."""
        short = self.room is not None and self.room.history is not None and rank < STAFF_RANK
        return None if self.topic is None or short else json.topic(self.topic)

    def _comment(self, sight: int) -> dict[str, Any] | None:
        """None: it waits for approval, or did and was removed; who reads along may not know more."""
        view = comment_views.show(self.comment, sight) if self.comment else None
        return comment_views.as_json(view) if view else None

    def event_json(self, rank: int, since: int | None = None) -> dict[str, Any]:
        """The event as the live protocol and the events API tell it."""
        row = self.logged
        return {
            "type": "event",
            "stream": row.stream,
            "seq": row.seq,
            "kind": row.event.kind,
            "at": json.iso(row.at),
            "data": self.data(rank, since),
        }

    def _fragment(self, group: Group) -> dict[str, Any]:
        if isinstance(self.logged.event, MentionTold | PresenceSet):
            return self.data(group.sight)
        if isinstance(self.logged.event, ThreadEvent):
            return self._comment_fragment(self.logged.event, group)
        if isinstance(self.logged.event, TopicEvent):
            return self.data(group.sight)
        view = self._view(group.sight, None)
        if self.facts is None or view is None:
            return {"reload": True}
        position = self.logged.event.position if isinstance(self.logged.event, PostPinned) else None
        pin = {"position": position} if isinstance(self.logged.event, PostPinned) else {}
        return {
            "id": self.facts.post.id,
            "rev": self.facts.post.rev,
            "html": html.fragment(view, group.language),
            **({"topic": view.topic.id} if view.topic else {}),
            **pin,
        }

    def _comment_fragment(self, event: ThreadEvent, group: Group) -> dict[str, Any]:
        """An empty `html`: nothing of it is left to be seen."""
        view = comment_views.show(self.comment, group.sight) if self.comment else None
        told = {"id": event.comment_id, "rev": view.rev if view else 0}
        return {**told, "html": comment_views.fragment(view, group.language) if view else ""}

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
        if self.comment is not None:
            said = self.comment.comment
            about_bytes = 800 + len(said.text) + len(said.html)
            return Item(self.logged.seq, self.render, about_bytes=about_bytes)
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
    if kind == "thread":
        return await _tell_thread(tx, key, logged)
    return [Told(row, handle=await _handle(tx, row), message=await _message(tx, row)) for row in logged]


async def _tell_room(tx: Tx, room_id: str, logged: Sequence[Logged]) -> list[Told]:
    try:
        room = await rooms.one(tx, room_id)
        community = await communities.one(tx, room.community_id)
    except NotFound:
        return [Told(row) for row in logged]
    ids = {row.event.post_id for row in logged if isinstance(row.event, PostEvent)}
    facts = await views.facts(tx, await posts.many(tx, tuple(ids)), room, community)
    by_id = {fact.post.id: fact for fact in facts}
    named = {row.event.topic_id for row in logged if isinstance(row.event, TopicEvent)}
    about = await topics.several(tx, sorted(named))
    return [
        Told(
            row,
            by_id.get(row.event.post_id) if isinstance(row.event, PostEvent) else None,
            room,
            topic=about.get(row.event.topic_id) if isinstance(row.event, TopicEvent) else None,
        )
        for row in logged
    ]


async def _tell_thread(tx: Tx, post_id: str, logged: Sequence[Logged]) -> list[Told]:
    try:
        post = await posts.one(tx, post_id)
        room = await rooms.one(tx, post.room_id)
        community = await communities.one(tx, room.community_id)
    except NotFound:
        return [Told(row) for row in logged]
    if post.deleted_at is not None:
        return [Told(row) for row in logged]
    ids = {row.event.comment_id for row in logged if isinstance(row.event, ThreadEvent)}
    found = await comment_queries.many(tx, tuple(ids))
    facts = await comment_views.facts(tx, found, post, room, community)
    by_id = {fact.comment.id: fact for fact in facts}
    return [
        Told(row, comment=by_id.get(row.event.comment_id) if isinstance(row.event, ThreadEvent) else None)
        for row in logged
    ]


async def _handle(tx: Tx, row: Logged) -> str | None:
    if not isinstance(row.event, MembershipChanged | QuestionAnswered | MentionTold | MessageEvent):
        return None
    try:
        return (await communities.one(tx, row.event.community_id)).handle
    except NotFound:
        return None


async def _message(tx: Tx, row: Logged) -> message_views.MessageView | None:
    """As its follower sees it, whose own stream this is. None for other news, and for what is not theirs to read now."""
    event = row.event
    if not isinstance(event, MessageEvent):
        return None
    try:
        community = await communities.one(tx, event.community_id)
        if not (await members.entitlement(tx, community, event.account_id)).belongs:
            return None
        return message_views.for_follower(await message_queries.message(tx, event.message_id))
    except NotFound:
        return None


def access(handle: str, rank: int, role: str | None) -> bytes:
    """Tell a follower that its rights changed. Rank is None for one who has none, or is staff and sees all."""
    shown = None if rank < 0 or rank >= STAFF_RANK else rank
    return encode({"type": "access", "community": handle, "rank": shown, "role": role})
