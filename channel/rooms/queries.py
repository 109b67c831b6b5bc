"""Finding rooms, and how far somebody has read in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.rooms.model import MAX_ROOMS, SLUG, Room
from channel.rooms.tables import former, reads, rooms
from channel.storage import Prepared, Tx, reader

# The columns of a Room, for a join that wants one beside something else; `room_of` reads them back.
COLUMNS = [column.label(f"room_{column.name}") for column in rooms.c]
room_of = reader(Room, "room_")
_IN_ORDER = (rooms.c.position, rooms.c.created_at, rooms.c.id)
_BY_ID = Prepared(select(*COLUMNS).where(rooms.c.id == bindparam("wanted")))
_BY_SLUG = Prepared(
    select(*COLUMNS).where(
        rooms.c.community_id == bindparam("community_id"), rooms.c.slug == bindparam("wanted")
    )
)
_BY_FORMER_SLUG = Prepared(
    select(*COLUMNS)
    .join_from(rooms, former, former.c.room_id == rooms.c.id)
    .where(former.c.community_id == bindparam("community_id"), former.c.slug == bindparam("wanted"))
)
_OF_COMMUNITY = Prepared(
    select(*COLUMNS)
    .where(rooms.c.community_id == bindparam("community_id"))
    .order_by(*_IN_ORDER)
    .limit(MAX_ROOMS)
)
_OF_COMMUNITIES = Prepared(
    lambda words: select(*COLUMNS).where(words.among(rooms.c.community_id, "ids")).order_by(*_IN_ORDER)
)
_POSITIONS_OF = Prepared(
    lambda words: select(reads.c.account_id, reads.c.seq).where(
        reads.c.room_id == bindparam("room_id"), words.among(reads.c.account_id, "ids")
    )
)
_POSITIONS = Prepared(
    lambda words: select(reads.c.room_id, reads.c.seq).where(
        reads.c.account_id == bindparam("account_id"), words.among(reads.c.room_id, "ids")
    )
)


async def one(tx: Tx, room_id: str) -> Room:
    """Raises NotFound."""
    return await _found(tx, _BY_ID, known=is_id(room_id), wanted=room_id)


async def by_slug(tx: Tx, community_id: str, slug: str) -> Room:
    """Also by an address that it had before, unless another room has that now. Raises NotFound."""
    wanted = slug.strip().lower()
    known = SLUG.fullmatch(wanted) is not None
    try:
        return await _found(tx, _BY_SLUG, known=known, wanted=wanted, community_id=community_id)
    except NotFound:
        return await _found(tx, _BY_FORMER_SLUG, known=known, wanted=wanted, community_id=community_id)


async def _found(tx: Tx, query: Prepared, *, known: bool, **values: Any) -> Room:
    """What cannot be an id or a slug never reaches the database."""
    row = await tx.one(query, **values) if known else None
    if row is None:
        raise NotFound("There is no such room.")
    return room_of(row)


async def of_community(tx: Tx, community_id: str) -> list[Room]:
    """In the order the creator gave them."""
    return [room_of(row) for row in await tx.all(_OF_COMMUNITY, community_id=community_id)]


async def of_communities(tx: Tx, community_ids: Sequence[str]) -> dict[str, list[Room]]:
    """The rooms of several communities by community id, each in the creator's order."""
    found: dict[str, list[Room]] = {community_id: [] for community_id in community_ids}
    for row in await tx.all(_OF_COMMUNITIES, ids=community_ids):
        found[row.room_community_id].append(room_of(row))
    return found


async def positions_of(tx: Tx, room_id: str, account_ids: Sequence[str]) -> dict[str, int]:
    """How far each of these accounts has read in one room; those who have not begun are not in it."""
    rows = await tx.all(_POSITIONS_OF, room_id=room_id, ids=account_ids)
    return {row.account_id: int(row.seq) for row in rows}


async def read_positions(tx: Tx, account_id: str, room_ids: Sequence[str]) -> dict[str, int]:
    """The seq up to which the account has read in each room; 0 where it has not begun."""
    rows = await tx.all(_POSITIONS, account_id=account_id, ids=room_ids)
    return dict.fromkeys(room_ids, 0) | {row.room_id: int(row.seq) for row in rows}
