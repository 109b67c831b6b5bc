"""Finding looks, and whether they are worn: one that nobody wears is not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from channel import accounts, communities, members
from channel.errors import NotFound
from channel.looks.model import OWN, is_look
from channel.looks.tables import look_files, looks
from channel.storage import Prepared, Tx

_FILE = Prepared(
    select(look_files.c.sha256, look_files.c.size, looks.c.account_id, looks.c.community_id)
    .join_from(look_files, looks, looks.c.id == look_files.c.look_id)
    .where(look_files.c.look_id == bindparam("look_id"), look_files.c.width == bindparam("width"))
)


@dataclass(frozen=True, slots=True)
class File:
    """A blob of the store, and its size in bytes."""

    sha256: str
    size: int


async def file(tx: Tx, look_id: str, width: int, account_id: str | None) -> File:
    """One size of a look, for this viewer. Raises NotFound for one that is not worn, or not to be seen any more.

    The id is what one has to know. A community that was deleted shows its pictures to those who still see it.
    """
    row = await tx.one(_FILE, look_id=look_id, width=width) if is_look(look_id) else None
    if row is None or not await _worn(tx, look_id, row.account_id, row.community_id, account_id):
        raise NotFound("There is no such picture.")
    return File(row.sha256, int(row.size))


async def _worn(
    tx: Tx, look_id: str, owner_id: str | None, community_id: str | None, viewer_id: str | None
) -> bool:
    if owner_id is not None:
        return (await accounts.one(tx, owner_id)).avatar == OWN + look_id
    community = await communities.one(tx, community_id or "")
    if OWN + look_id not in (community.avatar, community.cover):
        return False
    return not community.deleted or (await members.entitlement(tx, community, viewer_id)).visible


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that some look needs: the sweeper of the store asks."""
    if not keys:
        return set()
    rows = await tx.all(select(look_files.c.sha256).where(look_files.c.sha256.in_(keys)))
    return {row.sha256 for row in rows}
