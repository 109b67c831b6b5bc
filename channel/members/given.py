"""The passes that somebody has without paying for them: given by hand, by an invite, for a visit, as a gift."""

from typing import NamedTuple

from sqlalchemy import or_, select

from channel.members.grants import Source
from channel.members.tables import grants
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.queries import COLUMNS, tier_of
from channel.tiers.tables import tiers

MOST = 500


class Given(NamedTuple):
    """One of them. `ends_at` epoch ms, None: until it is taken back; `reason` is the giver's."""

    tier: Tier
    source: Source
    reason: str
    starts_at: int
    ends_at: int | None


async def given(tx: Tx, account_id: str) -> list[Given]:
    """What holds now, in all communities, newest first."""
    query = select(grants.c.source, grants.c.reason, grants.c.starts_at, grants.c.ends_at, *COLUMNS).join(
        tiers, tiers.c.id == grants.c.tier_id
    )
    query = query.where(
        grants.c.account_id == account_id, grants.c.revoked_at.is_(None),
        grants.c.source.in_(("given", "invite", "guest", "gift")),
        or_(grants.c.ends_at.is_(None), grants.c.ends_at > tx.now),
    )  # fmt: skip
    rows = await tx.all(query.order_by(grants.c.starts_at.desc(), grants.c.id).limit(MOST))
    return [Given(tier_of(row), row.source, row.reason, row.starts_at, row.ends_at) for row in rows]
