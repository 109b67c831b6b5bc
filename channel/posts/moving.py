"""Messages that belong to another topic: some of them, or all. Their seq, hence order and links, stay as they are."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from channel.errors import Conflict, Invalid, NotFound
from channel.events import PostsMoved, TopicChanged, room_stream
from channel.ids import is_id
from channel.members.model import Entitlement
from channel.outbox import emit, hold
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.storage import Tx
from channel.topics import Topic, actions, by_name, general, marks, one
from channel.topics.model import parse_name
from channel.topics.rights import require_change, require_moderator
from channel.topics.tables import topics

MAX_MOVED = 100  # at once


async def move(
    tx: Tx, by: Entitlement, room: Room, post_ids: Sequence[str], to: Topic | str, *, source: Topic
) -> Topic:
    """Put these messages of `source` into the topic `to`, or into the one of this name, made when it is missing.

    Those that somebody else moved there meanwhile stay. Returns where they are now. Raises NotFound, Forbidden, Invalid (post_ids, name), Conflict (topic_merged).
    """
    require_moderator(by, room)
    wanted = sorted({post_id for post_id in post_ids if is_id(post_id)})
    if not wanted or len(wanted) > MAX_MOVED:
        raise Invalid(post_ids="Choose 1 to 100 messages to move.")
    await hold(tx, room_stream(room.id))
    query = select(posts.c.id, posts.c.topic_id).where(posts.c.room_id == room.id, posts.c.id.in_(wanted))
    rows = await tx.all(query.order_by(posts.c.seq))
    target, fresh = await _target(tx, by, room, to)
    if len(rows) != len(wanted) or any(row.topic_id not in (source.id, target.id) for row in rows):
        raise Invalid(post_ids="One of these messages is not in this topic any more. Choose again.")
    leaving = [row.id for row in rows if row.topic_id != target.id]
    if not leaving:
        return target
    await tx.run(update(posts).where(posts.c.id.in_(leaving)).values(topic_id=target.id))
    if fresh:
        await marks.hand_over(tx, source, target, read_too=True)
    await _settle(tx, source)
    await _settle(tx, target)
    await emit(tx, PostsMoved(room_id=room.id, post_ids=tuple(leaving), topic_id=target.id))
    return await one(tx, target.id)


async def _target(tx: Tx, by: Entitlement, room: Room, to: Topic | str) -> tuple[Topic, bool]:
    """Where they go, and whether it was made for them."""
    if isinstance(to, Topic):
        topic = await one(tx, to.id)
        if topic.room_id != room.id:
            raise NotFound("There is no such topic.")
        if topic.moved_to is not None:
            raise Conflict("This topic was merged into another one. Look there.", code="topic_merged")
        return topic, False
    name = parse_name(to)
    await general(tx, room, by.account_id or "")
    known = await by_name(tx, room.id, name)
    return (known, False) if known else (await actions.open_new(tx, by, room, name), True)


async def merge(tx: Tx, by: Entitlement, room: Room, source: Topic, into: Topic) -> Topic:
    """Put all messages of `source` into `into`; the address of `source` leads there from now on.

    Raises NotFound, Forbidden, Invalid (into), Conflict (topic_merged).
    """
    require_moderator(by, room)
    await hold(tx, room_stream(room.id))
    source, into = await one(tx, source.id), await one(tx, into.id)
    if not (source.room_id == into.room_id == room.id):
        raise NotFound("There is no such topic.")
    if source.moved_to or into.moved_to:
        raise Conflict("This topic was merged into another one. Look there.", code="topic_merged")
    if source.id == into.id or source.is_general:
        raise Invalid(into="Choose another topic; the one for everything else stays.")
    await tx.run(update(posts).where(posts.c.topic_id == source.id).values(topic_id=into.id))
    await marks.hand_over(tx, source, into, read_too=False)
    await marks.forget(tx, source)
    await tx.run(update(topics).where(topics.c.moved_to == source.id).values(moved_to=into.id))
    away = {"moved_to": into.id, "name_key": source.id, "posts": 0, "answer_id": None, "state": "closed"}
    await tx.run(update(topics).where(topics.c.id == source.id).values(**away))
    await _settle(tx, into)
    await emit(tx, TopicChanged(room_id=room.id, topic_id=source.id))
    await emit(tx, TopicChanged(room_id=room.id, topic_id=into.id))
    return await one(tx, into.id)


async def resolve(tx: Tx, by: Entitlement, room: Room, topic: Topic, answer_id: str | None) -> Topic:
    """Say that the topic is settled, by the message `answer_id` or without one. Raises as topics.set_state, Invalid."""
    require_change(by, room, topic)
    await hold(tx, room_stream(room.id))
    if answer_id is not None:
        query = select(posts.c.topic_id).where(posts.c.id == answer_id, posts.c.deleted_at.is_(None))
        if not is_id(answer_id) or await tx.value(query) != topic.id:
            raise Invalid(answer_id="The answer is a message of this topic. Choose one that is there.")
    return await actions.set_state(tx, by, room, topic, "resolved", answer_id)


async def settle(tx: Tx, topic_id: str) -> None:
    """A message of it went: count again. The room's stream is held."""
    await _settle(tx, await one(tx, topic_id))


async def _settle(tx: Tx, topic: Topic) -> None:
    """How many messages it has and which is the newest, counted afresh. An answer that is elsewhere now is none."""
    there = (posts.c.topic_id == topic.id, posts.c.deleted_at.is_(None))
    row = await tx.one(select(func.count().label("n"), func.max(posts.c.seq).label("last")).where(*there))
    newest = select(posts.c.created_at).where(*there).order_by(posts.c.seq.desc()).limit(1)
    fresh = {
        "posts": int(row.n) if row else 0,
        "last_seq": int(row.last or 0) if row else 0,
        "last_at": await tx.value(newest) or topic.created_at,
    }
    if topic.answer_id is not None:
        kept = await tx.one(select(posts.c.id).where(*there, posts.c.id == topic.answer_id))
        fresh |= {} if kept else {"answer_id": None}
    await tx.run(update(topics).where(topics.c.id == topic.id).values(**fresh))
