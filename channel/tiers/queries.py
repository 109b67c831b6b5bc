"""Finding tiers."""

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.storage import Prepared, Tx, reader
from channel.tiers.model import MAX_TIERS, Tier
from channel.tiers.tables import tiers

# The columns of a Tier, for a join that wants one beside something else; `tier_of` reads them back.
COLUMNS = [column.label(f"tier_{column.name}") for column in tiers.c]
_tier = reader(Tier, "tier_")
_benefits = msgspec.json.Decoder(tuple[str, ...])
_HERE = select(*COLUMNS).where(tiers.c.community_id == bindparam("community_id"))
_OF_COMMUNITY = Prepared(_HERE.order_by(tiers.c.rank).limit(MAX_TIERS))
_ONE = Prepared(_HERE.where(tiers.c.id == bindparam("tier_id")))
_FREE = Prepared(_HERE.where(tiers.c.rank == 0))


def tier_of(row: Row[Any]) -> Tier:
    """The Tier in a row that selected COLUMNS."""
    return replace(_tier(row), benefits=_benefits.decode(row.tier_benefits))


async def of_community(tx: Tx, community_id: str) -> list[Tier]:
    """Lowest rank first; the free tier is always there."""
    return [tier_of(row) for row in await tx.all(_OF_COMMUNITY, community_id=community_id)]


async def one(tx: Tx, community_id: str, tier_id: str) -> Tier:
    """A tier of this very community. Raises NotFound, for another community's too."""
    if not is_id(tier_id):
        raise NotFound("There is no such tier.")
    return await _found(tx, _ONE, community_id=community_id, tier_id=tier_id)


async def tier_by_id(tx: Tx, tier_id: str) -> Tier:
    """A tier of whatever community, for work that begins with the tier itself. Raises NotFound."""
    row = await tx.one(select(*COLUMNS).where(tiers.c.id == tier_id))
    if row is None:
        raise NotFound("There is no such tier.")
    return tier_of(row)


async def free(tx: Tx, community_id: str) -> Tier:
    """The tier of rank 0."""
    return await _found(tx, _FREE, community_id=community_id)


async def _found(tx: Tx, query: Prepared, **values: Any) -> Tier:
    row = await tx.one(query, **values)
    if row is None:
        raise NotFound("There is no such tier.")
    return tier_of(row)
