"""How far back somebody sees in a group that does not show its past to those who came later. The one place for it.

Pages, the API, live connections, the log and searches ask here for the first seq of a room that a viewer may see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Integer, bindparam, select

from channel.members.model import STAFF_RANK, Entitlement
from channel.posts.model import Post
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.storage import Prepared, Tx

SLACK_MS: Final = 60_000  # a message may have got its seq a little before or after another of the same moment
_LAST_HIDDEN = Prepared(
    select(posts.c.seq, posts.c.created_at)
    .where(posts.c.room_id == bindparam("room_id"), posts.c.created_at < bindparam("joined_at"))
    .order_by(posts.c.created_at.desc(), posts.c.seq.desc())
    .limit(1)
    .offset(bindparam("shown", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class First:
    """Where a room begins for somebody: `seq` decides; nothing from it on was written before `at` (epoch ms)."""

    seq: int
    at: int


ALL = First(0, 0)


def is_short(room: Room, by: Entitlement) -> bool:
    """Whether this viewer sees less than all of the room's past."""
    return room.history is not None and by.rank < STAFF_RANK


async def first_seq(tx: Tx, by: Entitlement, room: Room) -> int:
    """The first seq of the room that this viewer may see; 0 is all of them.

    A member sees what came after they joined and the last `room.history` messages before that; a guest is one who joins
    at this moment.
    """
    return (await first(tx, by, room)).seq


async def first(tx: Tx, by: Entitlement, room: Room) -> First:
    """The same, with the moment before which there is nothing for this viewer: how far back a search looks."""
    if room.history is None or not is_short(room, by):
        return ALL
    joined_at = by.joined_at if by.belongs and by.joined_at is not None else tx.now
    last = await tx.one(_LAST_HIDDEN, room_id=room.id, joined_at=joined_at, shown=room.history)
    return ALL if last is None else First(int(last.seq) + 1, max(0, int(last.created_at) - SLACK_MS))


async def hides(tx: Tx, by: Entitlement, room: Room, post: Post) -> bool:
    """Whether the post is of a past that this viewer does not see."""
    return is_short(room, by) and post.seq < await first_seq(tx, by, room)


async def first_seqs(tx: Tx, by: Entitlement, rooms: Iterable[Room]) -> dict[str, int]:
    """The same for each room of which this viewer sees less than all."""
    return {room.id: await first_seq(tx, by, room) for room in rooms if is_short(room, by)}


async def of_rooms(tx: Tx, here: Iterable[tuple[Room, Entitlement]]) -> dict[str, int]:
    """The same for rooms of several communities, each with what the viewer is there."""
    return {room.id: await first_seq(tx, by, room) for room, by in here if is_short(room, by)}
