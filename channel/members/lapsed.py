"""What somebody had paid for here and has no more, so that pages can say what would come back."""

from typing import NamedTuple

from sqlalchemy import Integer, bindparam, or_, select

from channel.members.tables import grants
from channel.storage import Prepared, Tx
from channel.tiers.tables import tiers

MOST = 50
_OVER = Prepared(
    select(grants.c.ends_at, grants.c.revoked_at, tiers.c.id, tiers.c.name, tiers.c.rank)
    .join(tiers, tiers.c.id == grants.c.tier_id)
    .where(
        grants.c.community_id == bindparam("community_id"),
        grants.c.account_id == bindparam("account_id"),
        or_(*[grants.c.source == source for source in ("subscription", "purchase", "gift")]),
        or_(grants.c.revoked_at.is_not(None), grants.c.ends_at <= bindparam("now")),
        tiers.c.rank > bindparam("rank", type_=Integer),
    )
    .order_by(tiers.c.rank.desc())
    .limit(MOST)
)


class Lapsed(NamedTuple):
    """The tier and when it ended (epoch ms)."""

    tier_id: str
    name: str
    rank: int
    ended_at: int


async def lapsed(tx: Tx, community_id: str, account_id: str, rank: int) -> Lapsed | None:
    """The highest tier above `rank` that the account paid for, or was given as a gift, until some time ago."""
    rows = await tx.all(_OVER, community_id=community_id, account_id=account_id, now=tx.now, rank=rank)
    if not rows:
        return None
    found = [
        Lapsed(row.id, row.name, row.rank, min(at for at in (row.ends_at, row.revoked_at) if at is not None))
        for row in rows
    ]
    return max(found, key=lambda one: (one.rank, one.ended_at))
