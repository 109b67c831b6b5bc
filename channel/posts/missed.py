"""What somebody missed: the posts after their read positions that are for them, in the order of time. Nothing is ranked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from channel.communities import Community
from channel.members.model import Belonging, Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.mentions.tables import mentions
from channel.posts import horizon
from channel.posts.mentioned import naming
from channel.posts.model import Post
from channel.posts.queries import LOOKED_THROUGH, many
from channel.posts.tables import posts
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.rooms.tables import reads, rooms
from channel.storage import Prepared, Tx
from channel.topics.queries import marks_of

Why = Literal["post", "mention", "quote"]
MOST_ROOMS: Final = (
    50_000  # more than anybody can be in: it keeps the planner from looking at the posts first
)
TRIES: Final = 5
AT_ONCE: Final = 200
_ACCOUNT: Any = bindparam("account_id")
_mine = (reads.c.account_id == _ACCOUNT) & (reads.c.room_id == rooms.c.id)
_READ = func.coalesce(select(reads.c.seq).where(_mine).correlate(rooms).scalar_subquery(), 0)
_older = posts.alias()
_FAR = func.coalesce(
    select(_older.c.seq)
    .where(_older.c.room_id == rooms.c.id)
    .order_by(_older.c.seq.desc())
    .limit(1)
    .offset(LOOKED_THROUGH)
    .correlate(rooms)
    .scalar_subquery(),
    0,
)
_quoted = posts.alias()


def _missed(words: Any) -> Select[Any]:
    """Of each room the posts after the read position, of its newest 1,000; those that may be for the account."""
    spans = select(rooms.c.id, rooms.c.kind, case((_FAR > _READ, _FAR), else_=_READ).label("since"))
    here = spans.where(words.among(rooms.c.id, "ids")).limit(bindparam("rooms", type_=Integer)).subquery()
    named = exists().where(
        mentions.c.post_id == posts.c.id,
        or_(mentions.c.account_id == _ACCOUNT, mentions.c.account_id.is_(None)),
    )
    after = tuple_(posts.c.created_at, posts.c.id) > tuple_(
        bindparam("at", type_=BigInteger), bindparam("id", type_=Text)
    )
    found = select(posts.c.id, posts.c.created_at, _quoted.c.author_id.label("quoted_id"))
    found = found.join_from(here, posts, and_(posts.c.room_id == here.c.id, posts.c.seq > here.c.since))
    found = found.outerjoin(_quoted, _quoted.c.id == posts.c.quote_id)
    found = found.where(
        after, posts.c.created_at <= bindparam("upto"), posts.c.deleted_at.is_(None),
        posts.c.author_id != _ACCOUNT,
        or_(here.c.kind == literal("channel"), _quoted.c.author_id == _ACCOUNT, named),
    )  # fmt: skip
    return found.order_by(posts.c.created_at, posts.c.id).limit(bindparam("many", type_=Integer))


_MISSED = Prepared(_missed)
_UNTIL = (
    select(_older.c.seq)
    .where(_older.c.room_id == rooms.c.id, _older.c.created_at <= bindparam("upto"))
    .order_by(_older.c.created_at.desc(), _older.c.seq.desc())
    .limit(1)
    .correlate(rooms)
    .scalar_subquery()
)
_LAST = Prepared(lambda words: select(rooms.c.id, _UNTIL.label("seq")).where(words.among(rooms.c.id, "ids")))


@dataclass(frozen=True, slots=True)
class Missed:
    """One post that was missed. `why`: a post of a channel, one that names the account, one that quotes it."""

    post: Post
    room: Room
    community: Community
    entitlement: Entitlement
    why: tuple[Why, ...]


async def missed(
    tx: Tx,
    account_id: str,
    belongings: Sequence[Belonging],
    *,
    upto: int,
    cursor: str | None = None,
    limit: int = 40,
) -> Page[Missed]:
    """What is new up to `upto` (epoch ms), oldest first. A post that is locked comes as such, and says nothing of names.

    Raises Invalid for a cursor that is not ours.
    """
    size = within(limit)
    at, last_id = place(cursor) if cursor else (0, "")
    here = await _open_rooms(tx, belongings)
    since = await horizon.of_rooms(tx, ((room, one.entitlement) for room, one in here.values()))
    found: list[Missed] = []
    for _ in range(TRIES):
        rows = await tx.all(
            _MISSED, account_id=account_id, ids=[*here], rooms=MOST_ROOMS, at=at, id=last_id, upto=upto,
            many=AT_ONCE,
        )  # fmt: skip
        found += await _chosen(tx, account_id, rows, here, since)
        if len(rows) < AT_ONCE or len(found) > size:
            break
        at, last_id = rows[-1].created_at, rows[-1].id
    more = len(found) > size
    last = found[size - 1].post if more else None
    return Page(found[:size], cursor_of(last.created_at, last.id) if last else None)


async def _open_rooms(tx: Tx, belongings: Sequence[Belonging]) -> dict[str, tuple[Room, Belonging]]:
    by_community = {one.community.id: one for one in belongings}
    there = await of_communities(tx, [*by_community])
    return {
        room.id: (room, by_community[community_id])
        for community_id, found in there.items()
        for room in found
        if by_community[community_id].entitlement.reads(room.min_rank)
    }


async def _chosen(
    tx: Tx,
    account_id: str,
    rows: Sequence[Any],
    here: Mapping[str, tuple[Room, Belonging]],
    since: Mapping[str, int],
) -> list[Missed]:
    """Those that really are for the account, in their order: as far back as it sees, and not read with their topic."""
    ids = [row.id for row in rows]
    by = {one.community.id: one.entitlement for _, one in here.values()}
    named = await naming(tx, account_id, ids, by)
    quoting = {row.id for row in rows if row.quoted_id == account_id}
    found: list[Missed] = []
    by_id = {post.id: post for post in await many(tx, ids)}
    read = await marks_of(tx, account_id, sorted({one.topic_id for one in by_id.values() if one.topic_id}))
    for post in (by_id[one] for one in ids if one in by_id):
        if post.seq < since.get(post.room_id, 0) or (post.topic_id and post.seq <= read[post.topic_id].seq):
            continue
        room, belonging = here[post.room_id]
        open_to = belonging.entitlement.reads(room.min_rank, post.min_rank)
        why = tuple(_why(room, open_to and post.id in named, open_to and post.id in quoting))
        if why:
            found.append(Missed(post, room, belonging.community, belonging.entitlement, why))
    return found


def _why(room: Room, named: bool, quoting: bool) -> Iterable[Why]:
    if room.kind == "channel":
        yield "post"
    if named:
        yield "mention"
    if quoting:
        yield "quote"


async def last_seqs(tx: Tx, belongings: Sequence[Belonging], upto: int) -> dict[str, int]:
    """The seq of the newest post until `upto` (epoch ms) of each room that may be entered, for rooms that have one."""
    here = await _open_rooms(tx, belongings)
    rows = await tx.all(_LAST, ids=[*here], upto=upto) if here else []
    return {row.id: int(row.seq) for row in rows if row.seq is not None}
