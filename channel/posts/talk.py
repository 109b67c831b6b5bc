"""Messages in groups: who may write one now, and what of a group is new to somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, func, select

from channel.accounts.model import Account
from channel.errors import Invalid, NotFound, TooMany
from channel.events import room_stream
from channel.members.model import STAFF_RANK, Entitlement
from channel.members.voice import require_unmuted
from channel.outbox import hold
from channel.posts import queries
from channel.posts.model import Draft
from channel.posts.queries import LOOKED_THROUGH
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.rooms.tables import reads
from channel.storage import Prepared, Tx
from channel.topics import Topic, general, settled
from channel.topics.rights import require_writer
from channel.topics.tables import marks

_LAST_OF = Prepared(
    select(func.max(posts.c.created_at)).where(
        posts.c.room_id == bindparam("room_id"),
        posts.c.created_at > bindparam("since"),
        posts.c.author_id == bindparam("author_id"),
    )
)
_REACHED = (
    select(reads.c.seq)
    .where(reads.c.account_id == bindparam("account_id"), reads.c.room_id == bindparam("room_id"))
    .scalar_subquery()
)
_NEWEST = (
    select(posts.c.author_id, posts.c.deleted_at, posts.c.topic_id, posts.c.seq)
    .where(
        posts.c.room_id == bindparam("room_id"),
        posts.c.seq > func.coalesce(_REACHED, 0),
        posts.c.seq >= bindparam("since"),
    )
    .order_by(posts.c.seq.desc())
    .limit(LOOKED_THROUGH)
    .subquery()
)
_MUTED = func.coalesce(marks.c.level, "") == "mute"
_UNREAD = Prepared(
    select(_NEWEST.c.topic_id, func.count().label("n"), _MUTED.label("muted"))
    .select_from(
        _NEWEST.outerjoin(
            marks, and_(marks.c.topic_id == _NEWEST.c.topic_id, marks.c.account_id == bindparam("account_id"))
        )
    )
    .where(
        _NEWEST.c.deleted_at.is_(None),
        _NEWEST.c.author_id != bindparam("account_id"),
        _NEWEST.c.seq > func.coalesce(marks.c.seq, 0),
    )
    .group_by(_NEWEST.c.topic_id, _MUTED)
)


async def require_turn(tx: Tx, by: Entitlement, author: Account, room: Room, topic: Topic | None) -> Topic:
    """The topic that a message of `author` goes into (None: General), for one who may write in it now.

    Holds the room's stream, so that two messages sent at once do not both pass slow mode. Raises NotFound, Forbidden
    (muted, community_closed, rank_too_low, quiet_hours, topic_closed), TooMany (slow_mode).
    """
    if by.belongs:
        require_unmuted(by)  # before anything is held
    await hold(tx, room_stream(room.id))
    topic = await general(tx, room, author.id) if topic is None else await settled(tx, topic)
    if topic.room_id != room.id:
        raise NotFound("There is no such topic.")
    require_writer(by, room, topic, tx.now)
    await _require_pace(tx, by, author.id, room)
    return topic


async def _require_pace(tx: Tx, by: Entitlement, author_id: str, room: Room) -> None:
    """Raises TooMany (slow_mode) with the seconds to wait. Staff never wait, nor do those of `slow_free_rank`."""
    free = room.slow_free_rank is not None and by.rank >= room.slow_free_rank
    if not room.slow_s or free or by.rank >= STAFF_RANK:
        return
    since = tx.now - room.slow_s * 1000
    last = await tx.value(_LAST_OF, room_id=room.id, author_id=author_id, since=since)
    if last is not None:
        wait_s = -(-(int(last) - since) // 1000)
        raise TooMany(f"It goes slowly here. {_wait(wait_s)}", retry_after_s=wait_s, code="slow_mode")


def _wait(wait_s: int) -> str:
    if wait_s < 120:
        return f"Send your message again in {wait_s} seconds."
    return f"Send your message again in {-(-wait_s // 60)} minutes."


def require_plain(draft: Draft) -> None:
    """A message is for the whole group, and tells nobody elsewhere. Raises Invalid (min_rank, important) for one that asks
    for more."""
    if draft.min_rank is not None or draft.opens or draft.unlock or draft.teaser_picture:
        raise Invalid(min_rank="What is written in a group is for everybody in it. Leave the audience out.")
    if draft.important or draft.morning:
        raise Invalid(
            important="What is written in a group tells nobody elsewhere. Send it as any other message."
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """How many messages of others are new, by topic; `total` counts those of topics that are not muted."""

    by_topic: dict[str, int]
    total: int


async def unread(tx: Tx, account_id: str, room_id: str, since: int = 0) -> Unread:
    """What is new of a group among its newest 1,000, for somebody who sees it from the seq `since` on."""
    rows = await tx.all(_UNREAD, account_id=account_id, room_id=room_id, since=since)
    found = [(str(row.topic_id), int(row.n), bool(row.muted)) for row in rows]
    return Unread(
        {topic_id: count for topic_id, count, _ in found},
        sum(count for _, count, quiet in found if not quiet),
    )


async def unread_of(
    tx: Tx, account_id: str, room_ids: Sequence[str], since: Mapping[str, int]
) -> dict[str, int]:
    """How much is new in each of these rooms. `since`: the first seq of those that this account sees less than all of."""
    short = [room_id for room_id in room_ids if since.get(room_id)]
    found = await queries.unread(tx, account_id, [room_id for room_id in room_ids if not since.get(room_id)])
    return found | {
        room_id: (await unread(tx, account_id, room_id, since[room_id])).total for room_id in short
    }
