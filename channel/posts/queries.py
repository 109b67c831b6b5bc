"""Finding posts. They come whole, deleted ones as empty rows: what is shown of them is decided in render/views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, func, literal, select, tuple_

from channel.accounts.model import Account
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of, several
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.ids import is_id
from channel.members.paging import Page, cursor_of, place, within
from channel.posts.model import MAX_EDITS, MAX_PINS, Post, Version
from channel.posts.tables import posts, revisions
from channel.rooms.tables import reads, rooms
from channel.storage import Prepared, Tx
from channel.topics.tables import marks

MAX_MANY = 1_000
# How many of the newest posts are looked through for those that are meant. Who has written a million posts, or reads
# none of a million for another tier, must not make the server look at all of them.
LOOKED_THROUGH = 1_000
FIELDS = [field for field in Post.__dataclass_fields__ if field != "author"]
COLUMNS = [posts.c[field] for field in FIELDS]
BEYOND_ANY_SEQ = 2**62
_values = attrgetter(*FIELDS)
_AUTHOR_AT = list(Post.__dataclass_fields__).index("author")
_POST = select(*COLUMNS, *ACCOUNT).join_from(posts, accounts, accounts.c.id == posts.c.author_id)
_IN_ROOM = _POST.where(posts.c.room_id == bindparam("room_id"))
_LIMIT = bindparam("limit", type_=Integer)
_ONE = Prepared(_POST.where(posts.c.id == bindparam("id")))
_BY_SEQ = Prepared(_IN_ROOM.where(posts.c.seq == bindparam("seq")))
_BY_SEQS = Prepared(lambda words: _IN_ROOM.where(words.among(posts.c.seq, "seqs")))
_BY_KEY = Prepared(_POST.where(posts.c.author_id == bindparam("author_id"), posts.c.key == bindparam("key")))
_MANY = Prepared(lambda words: _POST.where(words.among(posts.c.id, "ids")).order_by(posts.c.seq))


@dataclass(frozen=True, slots=True)
class Part:
    """Which posts of a room: of one topic of a group, and from the first seq on that the viewer may see."""

    room_id: str
    topic_id: str | None = None
    since: int = 0


class _Reads:
    """The same questions about a whole room and about one topic of it."""

    def __init__(self, *part: ColumnElement[bool]) -> None:
        part = (*part, posts.c.seq >= bindparam("since"))
        room = _POST.where(*part)
        self.older = Prepared(
            room.where(posts.c.seq < bindparam("before")).order_by(posts.c.seq.desc()).limit(_LIMIT)
        )
        self.newer = Prepared(
            room.where(posts.c.seq > bindparam("after"), posts.c.seq < bindparam("before"))
            .order_by(posts.c.seq)
            .limit(_LIMIT)
        )
        self.first_since = Prepared(
            select(posts.c.seq)
            .where(*part, posts.c.created_at >= bindparam("at"))
            .order_by(posts.c.created_at, posts.c.seq)
            .limit(1)
        )
        self.oldest = Prepared(select(func.min(posts.c.seq)).where(*part))
        self.newest = Prepared(select(func.max(posts.c.seq)).where(*part))


_ROOM = _Reads(posts.c.room_id == bindparam("room_id"))
_TOPIC = _Reads(posts.c.topic_id == bindparam("topic_id"))


def _asked(part: "str | Part") -> tuple[_Reads, dict[str, Any]]:
    """The statements for a room (its id) or a part of it, and what they are bound to."""
    if isinstance(part, str):
        return _ROOM, {"room_id": part, "since": 0}
    if part.topic_id is None:
        return _ROOM, {"room_id": part.room_id, "since": part.since}
    return _TOPIC, {"topic_id": part.topic_id, "since": part.since}


_PINNED = Prepared(
    _IN_ROOM.where(posts.c.pin_position.is_not(None)).order_by(posts.c.pin_position).limit(MAX_PINS)
)
# A moment, read from the index alone: the posts themselves are then read one by one until there are enough of them.
_nearby = posts.alias()
_FAR_BACK = (
    select(_nearby.c.created_at)
    .where(_nearby.c.community_id == bindparam("community_id"))
    .order_by(_nearby.c.created_at.desc())
    .limit(1)
    .offset(LOOKED_THROUGH - 1)
    .scalar_subquery()
)
_NEWEST_PUBLIC = Prepared(
    _POST.join(rooms, rooms.c.id == posts.c.room_id)
    .where(
        posts.c.community_id == bindparam("community_id"),
        posts.c.created_at >= func.coalesce(_FAR_BACK, 0),
        posts.c.min_rank.is_(None),
        posts.c.topic_id.is_(None),
        rooms.c.min_rank.is_(None),
        posts.c.deleted_at.is_(None),
    )
    .order_by(posts.c.created_at.desc(), posts.c.id.desc())
    .limit(_LIMIT)
)
_REACHED = (
    select(reads.c.seq)
    .where(reads.c.account_id == bindparam("account_id"), reads.c.room_id == rooms.c.id)
    .correlate(rooms)
    .scalar_subquery()
)
_BEYOND = (
    select(posts.c.author_id, posts.c.deleted_at, posts.c.topic_id, posts.c.seq)
    .where(posts.c.room_id == rooms.c.id, posts.c.seq > func.coalesce(_REACHED, 0))
    .order_by(posts.c.seq.desc())
    .limit(LOOKED_THROUGH)
    .correlate(rooms)
    .subquery()
)
_NEW = (
    select(func.count())
    .select_from(
        _BEYOND.outerjoin(
            marks,
            and_(marks.c.topic_id == _BEYOND.c.topic_id, marks.c.account_id == bindparam("account_id")),
        )
    )
    .where(
        _BEYOND.c.deleted_at.is_(None),
        _BEYOND.c.author_id != bindparam("account_id"),
        _BEYOND.c.seq > func.coalesce(marks.c.seq, 0),
        func.coalesce(marks.c.level, "") != "mute",
    )
    .scalar_subquery()
)
_UNREAD = Prepared(lambda words: select(rooms.c.id, _NEW.label("n")).where(words.among(rooms.c.id, "ids")))
_LAST_ID = (
    select(posts.c.id)
    .where(posts.c.room_id == rooms.c.id, posts.c.deleted_at.is_(None))
    .order_by(posts.c.seq.desc())
    .limit(1)
    .correlate(rooms)
    .scalar_subquery()
)
_LAST = Prepared(
    lambda words: _POST.where(
        posts.c.id.in_(select(_LAST_ID).select_from(rooms).where(words.among(rooms.c.id, "ids")))
    )
)
_QUOTABLE = Prepared(
    select(
        posts.c.community_id,
        posts.c.min_rank,
        posts.c.seq,
        rooms.c.min_rank.label("room_rank"),
        rooms.c.id.label("room_id"),
    )
    .join(rooms, rooms.c.id == posts.c.room_id)
    .where(posts.c.id == bindparam("id"), posts.c.deleted_at.is_(None))
)


def post_from(values: Mapping[str, Any], author: Account) -> Post:
    """A Post of a row's values."""
    return Post(author=author, **{field: values[field] for field in FIELDS})


def _post(row: Row[Any]) -> Post:
    values = _values(row)
    everything: tuple[Any, ...] = (*values[:_AUTHOR_AT], account_of(row), *values[_AUTHOR_AT:])
    return Post(*everything)


async def _list(tx: Tx, query: Select[Any] | Prepared, **values: Any) -> list[Post]:
    return [_post(row) for row in await tx.all(query, **values)]


async def _found(tx: Tx, query: Prepared, **values: Any) -> Post:
    row = await tx.one(query, **values)
    if row is None:
        raise NotFound("There is no such post.")
    return _post(row)


async def one(tx: Tx, post_id: str) -> Post:
    """Raises NotFound. A deleted post is found: its trace is shown."""
    return await _found(tx, _ONE, id=post_id if is_id(post_id) else "")


async def by_seq(tx: Tx, room_id: str, seq: int) -> Post:
    """The post at a permalink. Raises NotFound, also for the seq of another event."""
    return await _found(tx, _BY_SEQ, room_id=room_id, seq=seq)


async def by_seqs(tx: Tx, room_id: str, seqs: Sequence[int]) -> list[Post]:
    """Posts of a room by seq, at most 1,000, in no order; what does not exist is missing."""
    return await _list(tx, _BY_SEQS, room_id=room_id, seqs=seqs[:MAX_MANY]) if seqs else []


async def by_key(tx: Tx, author_id: str, key: str) -> Post | None:
    """What this author published under this key."""
    row = await tx.one(_BY_KEY, author_id=author_id, key=key)
    return None if row is None else _post(row)


async def many(tx: Tx, ids: Sequence[str]) -> list[Post]:
    """Posts by id, oldest first, at most 1,000; what does not exist is missing."""
    return await _list(tx, _MANY, ids=ids[:MAX_MANY]) if ids else []


async def page(
    tx: Tx, part: str | Part, *, before: int | None = None, after: int | None = None, limit: int = 40
) -> list[Post]:
    """Posts and traces of a room (its id) or a part of it, newest first, at most 100: the last before `before`, or the
    next after `after` (seq)."""
    reads, bound = _asked(part)
    where = bound | {"before": BEYOND_ANY_SEQ if before is None else before, "limit": within(limit)}
    if after is None:
        return await _list(tx, reads.older, **where)
    return (await _list(tx, reads.newer, after=after, **where))[::-1]


async def around(
    tx: Tx, part: str | Part, *, seq: int | None = None, at: int | None = None, limit: int = 40
) -> list[Post]:
    """The posts around a seq or a moment (epoch ms), newest first: half of them older, the rest from there on.

    Beyond the end it is the end.
    """
    if at is not None:
        reads, bound = _asked(part)
        seq = await tx.value(reads.first_since, at=at, **bound)
    if seq is None:
        return await page(tx, part, limit=limit)
    older = await page(tx, part, before=seq, limit=within(limit) // 2)
    newer = await page(tx, part, after=seq - 1, limit=within(limit) - len(older))
    return newer + older


async def edges(tx: Tx, part: str | Part) -> tuple[int, int]:
    """The seq of the oldest and newest post, traces included; (0, 0) when there is none."""
    # Two questions: SQLite answers each from an end of the index, and one for both by reading all of it.
    reads, bound = _asked(part)
    oldest, newest = await tx.value(reads.oldest, **bound), await tx.value(reads.newest, **bound)
    return oldest or 0, newest or 0


async def pinned(tx: Tx, room_id: str) -> list[Post]:
    """The pinned posts of a room in their order."""
    return await _list(tx, _PINNED, room_id=room_id)


async def newest_public(tx: Tx, community_id: str, limit: int = 10) -> list[Post]:
    """The newest posts that everybody who may see the community may read, out of its newest 1,000."""
    return await _list(tx, _NEWEST_PUBLIC, community_id=community_id, limit=within(limit))


async def listing(
    tx: Tx, community_id: str, *, room_id: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Post]:
    """What was published in a community, newest first, without traces: for those who may see all of it.

    Raises Invalid for a cursor that is not ours.
    """
    query = _POST.where(posts.c.community_id == community_id, posts.c.deleted_at.is_(None))
    if room_id is not None:
        query = query.where(posts.c.room_id == room_id)
    if cursor:
        at, last_id = place(cursor)
        query = query.where(tuple_(posts.c.created_at, posts.c.id) < tuple_(literal(at), literal(last_id)))
    size = within(limit)
    query = query.order_by(posts.c.created_at.desc(), posts.c.id.desc()).limit(size + 1)
    found = await _list(tx, query)
    more = len(found) > size
    return Page(found[:size], cursor_of(found[size - 1].created_at, found[size - 1].id) if more else None)


async def history(tx: Tx, post: Post) -> list[Version]:
    """Every wording of the post, the first one first, the present one last; a deleted post has none."""
    if post.deleted_at is not None:
        return []
    query = select(revisions).where(revisions.c.post_id == post.id).order_by(revisions.c.rev)
    rows = await tx.all(query.limit(MAX_EDITS))
    editors = await several(tx, [*{row.by_id for row in rows}])
    made: list[Version] = []
    at, by = post.created_at, post.author
    for row in rows:
        made.append(Version(row.rev, row.text, row.min_rank, at, by))
        at, by = row.at, editors[row.by_id]
    return [*made, Version(post.rev, post.text, post.min_rank, at, by)]


async def unread(tx: Tx, account_id: str, room_ids: Sequence[str]) -> dict[str, int]:
    """How many posts of others are among the newest 1,000 after the account's read position, for each room.

    In a group those of its topics, without the muted ones; see posts.talk for one that does not show all of its past.
    """
    if not room_ids:
        return {}
    rows = await tx.all(_UNREAD, account_id=account_id, ids=room_ids)
    return {row.id: int(row.n) for row in rows}


async def last_posts(tx: Tx, room_ids: Sequence[str]) -> dict[str, Post]:
    """The newest post of each room, traces left out; an empty room is missing."""
    found = await _list(tx, _LAST, ids=room_ids) if room_ids else []
    return {post.room_id: post for post in found}


@dataclass(frozen=True, slots=True)
class Quotable:
    """What decides who may quote a post."""

    community_id: str
    min_ranks: tuple[int | None, int | None]
    room_id: str
    seq: int


async def quotable(tx: Tx, post_id: str) -> Quotable | None:
    """None for a post that is not here any more."""
    row = await tx.one(_QUOTABLE, id=post_id) if is_id(post_id) else None
    return row and Quotable(row.community_id, (row.min_rank, row.room_rank), row.room_id, row.seq)
