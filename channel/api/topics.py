"""Topics of a group: listed, started, changed, split and merged, read and followed."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import topics
from channel.api import places
from channel.api import topic_shapes as shapes
from channel.api.communities import url_of
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.places import PageQuery, Place
from channel.errors import Invalid, NotFound
from channel.live import reading
from channel.members import Action
from channel.posts import horizon, moving, talk
from channel.render import json
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER, WRITER, role
from channel.storage import Tx
from channel.topics import Topic, marks, queries
from channel.topics.model import (
    MAX_TOPIC_CHARS,
    Mark,
    parse_level,
    parse_mail_way,
    parse_push_way,
    state_of,
)
from channel.topics.rights import require_sight

Name = Annotated[str, Meta(min_length=1, max_length=MAX_TOPIC_CHARS)]
TopicId = Annotated[str, Meta(max_length=36, description="id of a topic of the same group")]


class NewTopic(Struct, forbid_unknown_fields=True, kw_only=True):
    """A topic to be. A message to a name that is new starts one, too."""

    name: Name


class TopicChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. `answer_id`: the message that answers it, with state resolved."""

    name: Name | UnsetType = UNSET
    state: Literal["open", "closed", "resolved"] | UnsetType = UNSET
    answer_id: Annotated[str, Meta(max_length=36)] | UnsetType | None = UNSET


class Move(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which messages go, and where: to a topic, or to one of this name, which is made when it is new."""

    post_ids: Annotated[
        list[Annotated[str, Meta(max_length=36)]], Meta(min_length=1, max_length=moving.MAX_MOVED)
    ]
    to: TopicId | None = None
    name: Name | None = None


class Merge(Struct, forbid_unknown_fields=True, kw_only=True):
    """The topic that takes all of its messages over."""

    into: TopicId


class NewTopicPosition(Struct, forbid_unknown_fields=True, kw_only=True):
    """The seq of the newest message of the topic that was really seen."""

    seq: Annotated[int, Meta(ge=0, le=2**53)]


class Follow(Struct, forbid_unknown_fields=True, kw_only=True):
    """How much the account wants to hear of it and by which way, and whether it stays on top. Only what is sent changes."""

    level: Literal["", "follow", "mute"] | UnsetType = UNSET
    starred: bool | UnsetType = UNSET
    push: (
        Annotated[
            Literal["instant", "none"],
            Meta(description="of who follows it: messages on devices; at once for who begins to"),
        ]
        | UnsetType
    ) = UNSET
    mail: (
        Annotated[
            Literal["instant", "daily", "weekly", "none"],
            Meta(description="of who follows it: messages by letter"),
        ]
        | UnsetType
    ) = UNSET


async def _group(call: Call, tx: Tx, room_id: str) -> tuple[Room, Place, int]:
    """A group the caller may enter, and the first seq that they see of it. Raises NotFound, Forbidden."""
    room, place = await places.readable_room(call, tx, room_id)
    require_sight(place.by, room)
    return room, place, await horizon.first_seq(tx, place.by, room)


async def _topic(call: Call, tx: Tx) -> tuple[Topic, Room, Place, int]:
    """The topic of `{id}` in a group the caller may enter. Raises NotFound, Forbidden."""
    topic = await topics.one(tx, call.id())
    room, place, since = await _group(call, tx, topic.room_id)
    if not queries.shown_since(topic, since):
        raise NotFound("There is no such topic.")
    return topic, room, place, since


async def _shown(
    call: Call, tx: Tx, room: Room, place: Place, found: list[Topic], since: int
) -> list[shapes.Topic]:
    """These topics as this caller sees them."""
    own = await queries.marks_of(tx, place.by.account_id, [topic.id for topic in found])
    new = await talk.unread(tx, place.by.account_id, room.id, since) if place.by.account_id else None
    root = f"{url_of(place.community, call.settings)}/{room.slug}/t/"
    return [
        shapes.Topic(
            **json.topic(topic) | {"state": state_of(topic, room, tx.now)},
            url=f"{root}{topic.number}",
            mine=_mine(own[topic.id], new.by_topic.get(topic.id, 0)) if new else None,
        )
        for topic in found
    ]


def _mine(mark: Mark, unread: int) -> shapes.TopicMine:
    return shapes.TopicMine(
        read=mark.seq, unread=unread, level=mark.level, starred=mark.starred, push=mark.push, mail=mark.mail
    )


async def list_topics(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """The topics of a group, those with the newest message first."""
    room, place, since = await _group(call, tx, call.id())
    page = await queries.newest(tx, room, since=since, cursor=given.cursor, limit=given.limit)
    items = await _shown(call, tx, room, place, page.items, since)
    return Answer(shapes.Topics(items=items, next_cursor=page.next_cursor))


async def create_topic(call: Call, tx: Tx, given: NewTopic) -> Answer:
    """Start a topic, by those whom the group lets."""
    room, place, since = await _group(call, tx, call.id())
    topic = await topics.start(tx, place.by, room, given.name)
    return Answer((await _shown(call, tx, room, place, [topic], since))[0], 201)


async def get_topic(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One topic. Of one that was merged away `moved_to` says where its messages are."""
    topic, room, place, since = await _topic(call, tx)
    return Answer((await _shown(call, tx, room, place, [topic], since))[0])


async def edit_topic(call: Call, tx: Tx, given: TopicChanges) -> Answer:
    """Name it, close it, open it again, or say that it is resolved. By whoever started it, and by moderators."""
    topic, room, place, since = await _topic(call, tx)
    if given.name is not UNSET:
        topic = await topics.rename(tx, place.by, room, topic, given.name)
    answer_id = None if given.answer_id is UNSET else given.answer_id
    if answer_id is not None and given.state not in (UNSET, "resolved"):
        raise Invalid(answer_id="Only a resolved topic has an answer.")
    if given.state == "resolved" or given.answer_id is not UNSET:
        topic = await moving.resolve(tx, place.by, room, topic, answer_id)
    elif given.state is not UNSET:
        topic = await topics.set_state(tx, place.by, room, topic, given.state)
    return Answer((await _shown(call, tx, room, place, [topic], since))[0])


async def move_posts(call: Call, tx: Tx, given: Move) -> Answer:
    """Put some messages into another topic, or into a new one. Their seq, order and links stay."""
    topic, room, place, since = await _topic(call, tx)
    if (given.to is None) == (given.name is None):
        raise Invalid(to="Say where they go: to a topic, or to a name, not both.")
    target = await topics.one(tx, given.to) if given.to is not None else (given.name or "")
    moved = await moving.move(tx, place.by, room, given.post_ids, target, source=topic)
    return Answer((await _shown(call, tx, room, place, [moved], since))[0])


async def merge_topic(call: Call, tx: Tx, given: Merge) -> Answer:
    """Put all of its messages into another topic; its address leads there from now on."""
    topic, room, place, since = await _topic(call, tx)
    into = await moving.merge(tx, place.by, room, topic, await topics.one(tx, given.into))
    return Answer((await _shown(call, tx, room, place, [into], since))[0])


async def put_topic_position(call: Call, tx: Tx, given: NewTopicPosition) -> Answer:
    """Remember how far the account has read in a topic, for all of its devices. It never moves backwards."""
    topic, room, _place, _ = await _topic(call, tx)
    marked = await reading.record(tx, call.account.id, room.id, given.seq, topic.id)
    mark = (await queries.marks_of(tx, call.account.id, [topic.id]))[topic.id]
    shape = shapes.TopicPosition(topic_id=topic.id, room_id=room.id, seq=mark.seq)
    return Answer(shape, then=lambda services: reading.tell(services.bus, marked))


async def follow_topic(call: Call, tx: Tx, given: Follow) -> Answer:
    """Follow or mute a topic, or keep it on top; and say how messages in one that is followed are told."""
    topic, room, place, since = await _topic(call, tx)
    level = None if given.level is UNSET else parse_level(given.level)
    starred = None if given.starred is UNSET else given.starred
    push = None if given.push is UNSET else parse_push_way(given.push)
    mail = None if given.mail is UNSET else parse_mail_way(given.mail)
    await marks.follow(tx, call.account.id, topic, level=level, starred=starred, push=push, mail=mail)
    return Answer((await _shown(call, tx, room, place, [topic], since))[0])


_IN_ROOM = "/rooms/{id}/topics"
_ONE = "/topics/{id}"
_MODERATES = role(Action.MODERATE, "post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_IN_ROOM, handler=list_topics, policy=VIEWER, tag="topics",
        summary="List the topics of a group", answers={200: shapes.Topics}, query=PageQuery,
    ),
    Endpoint(
        method="POST", path=_IN_ROOM, handler=create_topic, policy=WRITER, tag="topics",
        summary="Start a topic", answers={201: shapes.Topic}, body=NewTopic, also_counts_as="publish",
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_topic, policy=VIEWER, tag="topics",
        summary="Look at a topic", answers={200: shapes.Topic},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_topic, policy=WRITER, tag="topics",
        summary="Change a topic", answers={200: shapes.Topic}, body=TopicChanges,
    ),
    Endpoint(
        method="POST", path="/topics/{id}/move", handler=move_posts, policy=_MODERATES, tag="topics",
        summary="Move messages to another topic", answers={200: shapes.Topic}, body=Move,
    ),
    Endpoint(
        method="POST", path="/topics/{id}/merge", handler=merge_topic, policy=_MODERATES, tag="topics",
        summary="Merge a topic into another one", answers={200: shapes.Topic}, body=Merge,
    ),
    Endpoint(
        method="PUT", path="/topics/{id}/read", handler=put_topic_position, policy=SIGNED_IN, tag="topics",
        summary="Set the read position in a topic", answers={200: shapes.TopicPosition}, body=NewTopicPosition,
    ),
    Endpoint(
        method="PUT", path="/topics/{id}/follow", handler=follow_topic, policy=SIGNED_IN, tag="topics",
        summary="Follow, mute or star a topic", answers={200: shapes.Topic}, body=Follow,
    ),
)  # fmt: skip
