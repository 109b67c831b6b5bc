"""Starting, naming, closing, resolving topics. Each change is one event in the room's stream, written with it.

Whoever writes here holds the room's stream first: what is read after that stays true until the commit.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select, update

from channel.errors import Conflict, Forbidden, Invalid
from channel.events import TopicChanged, room_stream
from channel.ids import new_id
from channel.members.model import Entitlement
from channel.outbox import emit, hold
from channel.rooms.model import Room
from channel.storage import Tx
from channel.topics import queries
from channel.topics.model import GENERAL, GENERAL_NUMBER, MAX_TOPICS, State, Topic, key_of, parse_name
from channel.topics.rights import require_change, require_starter
from channel.topics.tables import topics

TAKEN = "There is a topic of this name already. Write there, or choose another name."


async def start(tx: Tx, by: Entitlement, room: Room, name: str) -> Topic:
    """A new topic without messages. Raises NotFound, Forbidden, Invalid (name, also for a taken one), Conflict."""
    require_starter(by, room)
    name = parse_name(name)
    await hold(tx, room_stream(room.id))
    await general(tx, room, by.account_id or "")
    if await queries.by_name(tx, room.id, name) is not None:
        raise Invalid(name=TAKEN)
    return await open_new(tx, by, room, name)


async def open_new(tx: Tx, by: Entitlement, room: Room, name: str) -> Topic:
    """The same without asking who may: for a moderator who splits one. The room's stream is held."""
    number = (
        int(await tx.value(select(func.max(topics.c.number)).where(topics.c.room_id == room.id)) or 1) + 1
    )
    if number > MAX_TOPICS:
        raise Conflict(
            "A group has at most 10,000 topics. Write in one that is there.", code="too_many_topics"
        )
    topic_id = new_id(tx.now)
    seq = await emit(tx, TopicChanged(room_id=room.id, topic_id=topic_id))
    await _insert(tx, room, topic_id, number, (name, by.account_id or "", seq))
    return await queries.one(tx, topic_id)


async def general(tx: Tx, room: Room, account_id: str) -> Topic:
    """The topic of all that has no other, made when it is first needed. The room's stream is held."""
    row = select(topics.c.id).where(topics.c.room_id == room.id, topics.c.number == GENERAL_NUMBER)
    topic_id = await tx.value(row)
    if topic_id is None:
        topic_id = new_id(tx.now)
        await _insert(tx, room, topic_id, GENERAL_NUMBER, (GENERAL, account_id, 0))
    return await queries.one(tx, str(topic_id))


async def _insert(tx: Tx, room: Room, topic_id: str, number: int, about: tuple[str, str, int]) -> None:
    name, account_id, seq = about
    row: dict[str, Any] = {
        "id": topic_id, "room_id": room.id, "community_id": room.community_id, "number": number, "name": name,
        "name_key": key_of(name), "state": "open", "answer_id": None, "created_by": account_id, "created_at": tx.now,
        "last_at": tx.now, "last_seq": seq, "stirred_at": tx.now, "posts": 0, "moved_to": None,
    }  # fmt: skip
    await tx.run(topics.insert().values(**row))


async def settled(tx: Tx, topic: Topic) -> Topic:
    """The topic as it is now; where it was merged into another one, that one. Raises NotFound."""
    found = await queries.one(tx, topic.id)
    return found if found.moved_to is None else await queries.one(tx, found.moved_to)


async def rename(tx: Tx, by: Entitlement, room: Room, topic: Topic, name: str) -> Topic:
    """Raises NotFound, Forbidden, Invalid (name), Conflict (topic_merged)."""
    name = parse_name(name)
    topic = await held(tx, by, room, topic)
    other = await queries.by_name(tx, room.id, name)
    if other is not None and other.id != topic.id:
        raise Invalid(name=TAKEN)
    return topic if name == topic.name else await _write(tx, topic, {"name": name, "name_key": key_of(name)})


async def set_state(
    tx: Tx, by: Entitlement, room: Room, topic: Topic, state: State, answer_id: str | None = None
) -> Topic:
    """Close it, open it again, or say that it is resolved, by the message `answer_id` where there is a best answer.

    The caller has seen to it that the answer is one of its messages. Raises NotFound, Forbidden, Conflict.
    """
    topic = await held(tx, by, room, topic)
    if topic.is_general and state != "open":
        raise Forbidden("The topic for everything else stays open.")
    answer = answer_id if state == "resolved" else None
    if (state, answer) == (topic.state, topic.answer_id) and state != "open":
        return topic
    return await _write(tx, topic, {"state": state, "answer_id": answer, "stirred_at": tx.now})


async def held(tx: Tx, by: Entitlement, room: Room, topic: Topic) -> Topic:
    """The topic as it is while the room's stream is held, for one who may change it. Raises Conflict when it is merged."""
    require_change(by, room, topic)
    await hold(tx, room_stream(room.id))
    topic = await queries.one(tx, topic.id)
    if topic.moved_to is not None:
        raise Conflict("This topic was merged into another one. Look there.", code="topic_merged")
    return topic


async def _write(tx: Tx, topic: Topic, values: Mapping[str, Any]) -> Topic:
    await tx.run(update(topics).where(topics.c.id == topic.id).values(**values))
    await emit(tx, TopicChanged(room_id=topic.room_id, topic_id=topic.id))
    return replace(topic, **{field: value for field, value in values.items() if field != "name_key"})


async def grew(tx: Tx, topic: Topic, seq: int) -> None:
    """A message was published in it under `seq`."""
    fresh = {"posts": topics.c.posts + 1, "last_seq": seq, "last_at": tx.now, "stirred_at": tx.now}
    await tx.run(update(topics).where(topics.c.id == topic.id).values(**fresh))
