"""Finding rooms, and how far somebody has read in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.rooms.model import MAX_ROOMS, SLUG, Room
from channel.rooms.tables import reads, rooms
from channel.storage import Tx

# The columns of a Room, for a join that wants one beside something else; `room_of` reads them back.
COLUMNS = [column.label(f"room_{column.name}") for column in rooms.c]


def room_of(row: Row[Any]) -> Room:
    """The Room in a row that selected COLUMNS."""
    return Room(**{column.name: getattr(row, f"room_{column.name}") for column in rooms.c})


async def one(tx: Tx, room_id: str) -> Room:
    """Raises NotFound."""
    return await _found(tx, rooms.c.id == room_id, known=is_id(room_id))


async def by_slug(tx: Tx, community_id: str, slug: str) -> Room:
    """Raises NotFound."""
    wanted = slug.strip().lower()
    here = (rooms.c.community_id == community_id) & (rooms.c.slug == wanted)
    return await _found(tx, here, known=bool(SLUG.fullmatch(wanted)))


async def _found(tx: Tx, condition: Any, *, known: bool) -> Room:
    """What cannot be an id or a slug never reaches the database."""
    row = await tx.one(select(*COLUMNS).where(condition)) if known else None
    if row is None:
        raise NotFound("There is no such room.")
    return room_of(row)


async def of_community(tx: Tx, community_id: str) -> list[Room]:
    """In the order the creator gave them."""
    query = select(*COLUMNS).where(rooms.c.community_id == community_id)
    ordered = query.order_by(rooms.c.position, rooms.c.created_at, rooms.c.id).limit(MAX_ROOMS)
    return [room_of(row) for row in await tx.all(ordered)]


async def of_communities(tx: Tx, community_ids: Sequence[str]) -> dict[str, list[Room]]:
    """The rooms of several communities by community id, each in the creator's order."""
    found: dict[str, list[Room]] = {community_id: [] for community_id in community_ids}
    query = select(*COLUMNS).where(rooms.c.community_id.in_(community_ids))
    for row in await tx.all(query.order_by(rooms.c.position, rooms.c.created_at, rooms.c.id)):
        found[row.room_community_id].append(room_of(row))
    return found


async def read_positions(tx: Tx, account_id: str, room_ids: Sequence[str]) -> dict[str, int]:
    """The seq up to which the account has read in each room; 0 where it has not begun."""
    query = select(reads.c.room_id, reads.c.seq).where(
        reads.c.account_id == account_id, reads.c.room_id.in_(room_ids)
    )
    return dict.fromkeys(room_ids, 0) | {row.room_id: int(row.seq) for row in await tx.all(query)}
