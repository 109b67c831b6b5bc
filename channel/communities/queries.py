"""Finding communities. Deleted ones are found too, for the undo: ask `Entitlement.visible` before showing one."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from channel.communities.model import HANDLE, Community
from channel.communities.tables import communities
from channel.errors import NotFound
from channel.ids import is_id
from channel.storage import Prepared, Tx, reader

# The columns of a Community, for a join that wants one beside something else; `community_of` reads them back.
COLUMNS = [column.label(f"community_{column.name}") for column in communities.c]
community_of = reader(Community, "community_")
_BY_ID = Prepared(select(*COLUMNS).where(communities.c.id == bindparam("wanted")))
_BY_HANDLE = Prepared(select(*COLUMNS).where(communities.c.handle == bindparam("wanted")))


async def one(tx: Tx, community_id: str) -> Community:
    """Raises NotFound."""
    return await _found(tx, _BY_ID, community_id if is_id(community_id) else None)


async def by_handle(tx: Tx, handle: str) -> Community:
    """Raises NotFound. `handle` may be written with @ and in capitals."""
    wanted = handle.strip().removeprefix("@").lower()
    return await _found(tx, _BY_HANDLE, wanted if HANDLE.fullmatch(wanted) else None)


async def _found(tx: Tx, query: Prepared, wanted: str | None) -> Community:
    """What cannot be an id or a handle never reaches the database."""
    row = await tx.one(query, wanted=wanted) if wanted is not None else None
    if row is None:
        raise NotFound("There is no such community.")
    return community_of(row)


async def listed(tx: Tx, limit: int = 60) -> list[Community]:
    """Public communities for the front page, newest first. Nothing is ranked, so a big one takes no one's place."""
    query = select(*COLUMNS).where(communities.c.visibility == "public", communities.c.deleted_at.is_(None))
    newest = query.order_by(communities.c.created_at.desc(), communities.c.id.desc()).limit(limit)
    return [community_of(row) for row in await tx.all(newest)]


async def everyone(tx: Tx, *, before: str | None = None, limit: int = 100) -> Sequence[Community]:
    """All communities for the people who run the instance, newest first; `before` is the last id of the page before."""
    query = select(*COLUMNS).order_by(communities.c.id.desc()).limit(limit)
    if before:
        query = query.where(communities.c.id < before)
    return [community_of(row) for row in await tx.all(query)]


async def count(tx: Tx) -> int:
    """How many there are, deleted ones included until they are purged."""
    return int(await tx.value(select(func.count()).select_from(communities)))
