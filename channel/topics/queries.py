"""Finding topics, and what an account made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, and_, bindparam, or_, select

from channel.errors import Invalid, NotFound
from channel.ids import is_id
from channel.members.paging import Page, within
from channel.rooms.model import Room
from channel.storage import Prepared, Tx, reader
from channel.topics.model import GENERAL_NUMBER, Mark, Ref, Topic, key_of
from channel.topics.tables import marks, topics

COLUMNS = [topics.c[field] for field in Topic.__dataclass_fields__]
MARK = [marks.c[field] for field in Mark.__dataclass_fields__]
MAX_STARRED = 100
MAX_LOOKED_AT = 1_000  # topics of one name
_topic = reader(Topic)
mark_of = reader(Mark)
_ALL = select(*COLUMNS)
_ONE = Prepared(_ALL.where(topics.c.id == bindparam("topic_id")))
_BY_NUMBER = Prepared(
    _ALL.where(topics.c.room_id == bindparam("room_id"), topics.c.number == bindparam("number"))
)
_BY_NAME = Prepared(
    _ALL.where(topics.c.room_id == bindparam("room_id"), topics.c.name_key == bindparam("name_key"))
)
_SEVERAL = Prepared(lambda words: _ALL.where(words.among(topics.c.id, "ids")))
_NEWEST = Prepared(
    _ALL.where(
        topics.c.room_id == bindparam("room_id"),
        topics.c.moved_to.is_(None),
        or_(topics.c.last_seq >= bindparam("since"), topics.c.number == GENERAL_NUMBER),
        or_(
            topics.c.last_seq < bindparam("last_seq"),
            and_(topics.c.last_seq == bindparam("last_seq"), topics.c.number < bindparam("number")),
        ),
    )
    .order_by(topics.c.last_seq.desc(), topics.c.number.desc())
    .limit(bindparam("limit", type_=Integer))
)
_STARRED = Prepared(
    _ALL.join(marks, marks.c.topic_id == topics.c.id)
    .where(
        marks.c.account_id == bindparam("account_id"),
        marks.c.room_id == bindparam("room_id"),
        marks.c.starred.is_(True),
        topics.c.moved_to.is_(None),
    )
    .order_by(topics.c.last_seq.desc(), topics.c.number.desc())
    .limit(MAX_STARRED)
)
_MARKS = Prepared(
    lambda words: select(marks.c.topic_id, *MARK).where(
        marks.c.account_id == bindparam("account_id"), words.among(marks.c.topic_id, "ids")
    )
)
_NAMED = Prepared(
    lambda words: _ALL.where(
        words.among(topics.c.room_id, "ids"), topics.c.name_key == bindparam("key")
    ).limit(bindparam("most", type_=Integer))
)
_BEGINNING = Prepared(
    lambda words: (
        _ALL.where(
            words.among(topics.c.room_id, "ids"),
            topics.c.name_key.like(bindparam("begun"), escape="!"),
            topics.c.moved_to.is_(None),
        )
        .order_by(topics.c.last_seq.desc())
        .limit(bindparam("most", type_=Integer))
    )
)
_AS_IT_IS = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})
BEYOND_ANY = 2**62
MOST_NUMBER = 2**31 - 1


def _found(row: Any) -> Topic:
    if row is None:
        raise NotFound("There is no such topic.")
    return _topic(row)


async def one(tx: Tx, topic_id: str) -> Topic:
    """Raises NotFound. One that was merged into another is found, too: look at `moved_to`."""
    return _found(await tx.one(_ONE, topic_id=topic_id) if is_id(topic_id) else None)


async def by_number(tx: Tx, room_id: str, number: int) -> Topic:
    """The topic at an address. Raises NotFound."""
    known = 0 < number <= MOST_NUMBER
    return _found(await tx.one(_BY_NUMBER, room_id=room_id, number=number) if known else None)


async def by_name(tx: Tx, room_id: str, name: str) -> Topic | None:
    """The topic that is called so, however it is spelled in capitals."""
    row = await tx.one(_BY_NAME, room_id=room_id, name_key=key_of(name))
    return None if row is None else _topic(row)


async def named(
    tx: Tx, room_ids: Sequence[str], name: str, most: int, *, since: Mapping[str, int]
) -> list[str]:
    """The ids of topics of these groups that are called so; when none is, of those whose names begin so.

    `since`: the first seq that the viewer may see, by group. Topics that lie before it are not there.
    """
    key = key_of(name)
    if not room_ids or not key:
        return []
    begun = key.translate(_AS_IT_IS) + "%"
    for query, values in ((_NAMED, {"key": key}), (_BEGINNING, {"begun": begun})):
        rows = await tx.all(query, ids=room_ids, most=MAX_LOOKED_AT, **values)
        found = [_topic(row) for row in rows]
        shown = [one.id for one in found if shown_since(one, since.get(one.room_id, 0))]
        if shown:
            return shown[:most]
    return []


async def several(tx: Tx, ids: Sequence[str]) -> dict[str, Topic]:
    """Topics by id; what does not exist is missing."""
    return {row.id: _topic(row) for row in await tx.all(_SEVERAL, ids=ids)} if ids else {}


async def refs(tx: Tx, ids: Sequence[str]) -> dict[str, Ref]:
    """Topics in passing, by id."""
    return {one.id: Ref(one.id, one.number, one.name) for one in (await several(tx, ids)).values()}


async def newest(
    tx: Tx, room: Room, *, since: int = 0, cursor: str | None = None, limit: int = 50
) -> Page[Topic]:
    """The topics of a group, those with the newest message first; merged ones are left out.

    `since`: the first seq that the viewer may see; of older topics nothing is shown. Raises Invalid (cursor).
    """
    last_seq, number = _place(cursor)
    size = within(limit)
    rows = await tx.all(
        _NEWEST, room_id=room.id, since=since, last_seq=last_seq, number=number, limit=size + 1
    )
    found = [_topic(row) for row in rows]
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{last.last_seq}.{last.number}" if last else None)


def _place(cursor: str | None) -> tuple[int, int]:
    if not cursor:
        return BEYOND_ANY, MOST_NUMBER
    last_seq, _, number = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 16 for part in (last_seq, number)):
        raise Invalid(cursor="This cursor is not one of ours. Begin at the start.")
    return int(last_seq), min(int(number), MOST_NUMBER)


async def starred(tx: Tx, account_id: str, room_id: str) -> list[Topic]:
    """What the account keeps on top of this group."""
    return [_topic(row) for row in await tx.all(_STARRED, account_id=account_id, room_id=room_id)]


async def marks_of(tx: Tx, account_id: str | None, ids: Sequence[str]) -> Mapping[str, Mark]:
    """What the account made of each of these topics."""
    rows = await tx.all(_MARKS, account_id=account_id, ids=ids) if account_id and ids else []
    return dict.fromkeys(ids, Mark()) | {row.topic_id: mark_of(row) for row in rows}


def shown_since(topic: Topic, since: int) -> bool:
    """Whether somebody who sees a group from the seq `since` on may know of the topic."""
    return topic.is_general or topic.last_seq >= since
