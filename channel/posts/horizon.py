"""How far back somebody sees in a group that does not show its past to those who came later. The one place for it.

Pages, the API, live connections, the log and searches ask here for the first seq of a room that a viewer may see.
"""

from collections.abc import Iterable

from sqlalchemy import Integer, bindparam, select

from channel.members.model import STAFF_RANK, Entitlement
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.storage import Prepared, Tx

_LAST_HIDDEN = Prepared(
    select(posts.c.seq)
    .where(posts.c.room_id == bindparam("room_id"), posts.c.created_at < bindparam("joined_at"))
    .order_by(posts.c.created_at.desc(), posts.c.seq.desc())
    .limit(1)
    .offset(bindparam("shown", type_=Integer))
)


def is_short(room: Room, by: Entitlement) -> bool:
    """Whether this viewer sees less than all of the room's past."""
    return room.history is not None and by.rank < STAFF_RANK


async def first_seq(tx: Tx, by: Entitlement, room: Room) -> int:
    """The first seq of the room that this viewer may see; 0 is all of them.

    A member sees what came after they joined and the last `room.history` messages before that; a guest is one who joins
    at this moment.
    """
    if room.history is None or not is_short(room, by):
        return 0
    joined_at = by.joined_at if by.belongs and by.joined_at is not None else tx.now
    last = await tx.value(_LAST_HIDDEN, room_id=room.id, joined_at=joined_at, shown=room.history)
    return 0 if last is None else int(last) + 1


async def first_seqs(tx: Tx, by: Entitlement, rooms: Iterable[Room]) -> dict[str, int]:
    """The same for each room of which this viewer sees less than all."""
    return {room.id: await first_seq(tx, by, room) for room in rooms if is_short(room, by)}
