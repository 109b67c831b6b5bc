"""How many people something reaches: numbers without names, so everybody who works in the studio may have them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from channel.communities import Community
from channel.members.model import OUTSIDER_RANK, Action, Entitlement, Role, State, needed
from channel.members.rights import require
from channel.members.tables import memberships
from channel.storage import Tx
from channel.tiers.tables import tiers

IN = (State.ACTIVE, State.MUTED)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who is in. `staff` read everything, whatever their tier; `members` counts the others by the rank of theirs."""

    staff: int
    members: tuple[tuple[int, int], ...]
    by_tier: Mapping[str, int]  # tier id -> everybody who has it, staff too

    def of(self, *min_ranks: int | None) -> int:
        """How many may read what asks for all of these (a room's and a post's, say)."""
        least = max(map(needed, min_ranks), default=OUTSIDER_RANK)
        return self.staff + sum(count for rank, count in self.members if rank >= least)


async def reach(tx: Tx, by: Entitlement, community: Community) -> Reach:
    """Raises NotFound, Forbidden."""
    require(by, community, Action.SEE_STUDIO)
    plain = (memberships.c.role == Role.MEMBER).label("plain")
    query = select(memberships.c.tier_id, tiers.c.rank, plain, func.count().label("size"))
    query = query.join_from(memberships, tiers, tiers.c.id == memberships.c.tier_id)
    query = query.where(memberships.c.community_id == community.id, memberships.c.state.in_(IN))
    rows = await tx.all(query.group_by(memberships.c.tier_id, tiers.c.rank, plain))
    by_tier: dict[str, int] = {}
    for row in rows:
        by_tier[row.tier_id] = by_tier.get(row.tier_id, 0) + row.size
    return Reach(
        staff=sum(row.size for row in rows if not row.plain),
        members=tuple((row.rank, row.size) for row in rows if row.plain),
        by_tier=by_tier,
    )


async def newcomers(tx: Tx, by: Entitlement, community: Community, since: int) -> int:
    """How many of those who are in came since then (epoch ms)."""
    require(by, community, Action.SEE_STUDIO)
    query = select(func.count()).select_from(memberships)
    query = query.where(memberships.c.community_id == community.id, memberships.c.state.in_(IN))
    return int(await tx.value(query.where(memberships.c.joined_at > since)))


async def asking(tx: Tx, by: Entitlement, community: Community) -> int:
    """How many wait to be let in."""
    require(by, community, Action.SEE_STUDIO)
    query = select(func.count()).select_from(memberships)
    waiting = (memberships.c.community_id == community.id, memberships.c.state == State.REQUESTED)
    return int(await tx.value(query.where(*waiting)))
