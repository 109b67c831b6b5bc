"""Why somebody has a tier, and which one follows from it: the highest of what holds now, else the free one.

Each reason is a grant with an end of its own: given by hand, brought by an invite, a guest pass, a gift, a purchase, a
running subscription. Whatever begins or ends one of them calls `settle`, and nothing else writes a member's tier.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, func, or_, select, update

from channel import tiers
from channel.accounts.tables import accounts
from channel.events import PaidMemberGone
from channel.ids import new_id
from channel.members.model import State
from channel.members.standing import change, held, write
from channel.members.tables import grants, memberships
from channel.outbox import emit
from channel.storage import Prepared, Tx
from channel.tiers.tables import tiers as tier_table

Source = Literal["given", "invite", "guest", "gift", "subscription", "purchase"]
# What goes with a membership. What was paid for stays: whoever comes back before its end has it again.
UNPAID: Final[tuple[Source, ...]] = ("given", "invite", "guest")
SWEPT_AT_ONCE: Final = 500
KEEP: Final = (State.ACTIVE, State.MUTED, State.REQUESTED)
_HOLDS = (
    grants.c.community_id == bindparam("community_id"),
    grants.c.account_id == bindparam("account_id"),
    grants.c.revoked_at.is_(None),
    grants.c.starts_at <= bindparam("now"),
    or_(grants.c.ends_at.is_(None), grants.c.ends_at > bindparam("now")),
)
_HOLDING = Prepared(
    select(grants.c.tier_id, grants.c.ends_at)
    .join(tier_table, tier_table.c.id == grants.c.tier_id)
    .where(*_HOLDS)
    .order_by(tier_table.c.rank.desc())
)


async def give(  # noqa: PLR0913 - what a grant is made of
    tx: Tx,
    community_id: str,
    account_id: str,
    tier_id: str,
    *,
    source: Source,
    source_id: str,
    ends_at: int | None = None,
    reason: str = "",
    by_id: str | None = None,
) -> None:
    """Write the grant, or write it anew when this source has given one before. The caller settles afterwards."""
    said = {"tier_id": tier_id, "ends_at": ends_at, "reason": reason, "by_id": by_id, "revoked_at": None}
    row = said | {
        "id": new_id(tx.now), "community_id": community_id, "account_id": account_id, "source": source,
        "source_id": source_id, "starts_at": tx.now,
    }  # fmt: skip
    key = ["account_id", "source", "source_id"]
    await write(tx, tx.insert(grants).values(**row).on_conflict_do_update(index_elements=key, set_=said))


async def revoke(
    tx: Tx, community_id: str, account_id: str, *, sources: tuple[Source, ...], source_id: str | None = None
) -> int:
    """End what these sources have given, of one `source_id` or all. The caller settles afterwards."""
    ended = update(grants).where(
        grants.c.community_id == community_id,
        grants.c.account_id == account_id,
        grants.c.source.in_(sources),
        grants.c.revoked_at.is_(None),
    )
    if source_id is not None:
        ended = ended.where(grants.c.source_id == source_id)
    return await tx.run(ended.values(revoked_at=tx.now))


async def best(tx: Tx, community_id: str, account_id: str) -> tuple[str, int | None]:
    """The tier that follows from what holds now, and when that ends by itself (epoch ms)."""
    rows = await tx.all(_HOLDING, community_id=community_id, account_id=account_id, now=tx.now)
    if not rows:
        return (await tiers.free(tx, community_id)).id, None
    same = [row.ends_at for row in rows if row.tier_id == rows[0].tier_id]
    return rows[0].tier_id, None if None in same else max(same)


async def gift_ends(tx: Tx, community_id: str, account_id: str, tier_id: str) -> int:
    """When the last of the account's gifts of this tier ends (epoch ms); now when it has none that ends."""
    mine = (grants.c.community_id == community_id, grants.c.account_id == account_id)
    gifts = select(func.max(grants.c.ends_at)).where(
        *mine, grants.c.tier_id == tier_id, grants.c.source == "gift", grants.c.revoked_at.is_(None)
    )
    return max(tx.now, int(await tx.value(gifts) or 0))


async def settle(tx: Tx, community_id: str, account_id: str) -> bool:
    """Make the membership's tier what follows from the grants. True when that changed it. Safe to repeat."""
    row = (await held(tx, community_id, [account_id])).get(account_id)
    return row is not None and await settle_row(tx, row)


async def settle_row(tx: Tx, row: Row[Any]) -> bool:
    """The same for a membership that `held` gave. Who left or is banned has no tier until they come back."""
    if row.state not in KEEP:
        return False
    tier_id, until = await best(tx, row.community_id, row.account_id)
    if (tier_id, until) == (row.tier_id, row.tier_until):
        return False
    await change(tx, row, tier_id=tier_id, tier_until=until)
    return bool(tier_id != row.tier_id)


async def tell_if_paying(tx: Tx, community_id: str, account_id: str) -> None:
    """Somebody goes, by themselves or put out: if they pay for a subscription, it has to be ended."""
    paying = select(grants.c.id).where(
        grants.c.community_id == community_id,
        grants.c.account_id == account_id,
        grants.c.source == "subscription",
        grants.c.revoked_at.is_(None),
    )
    if await tx.one(paying.limit(1)) is not None:
        await emit(tx, PaidMemberGone(account_id=account_id, community_id=community_id))


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a tier. `by_name`: who gave it, "" for nobody; `over`: it holds no more."""

    tier_name: str
    rank: int
    source: Source
    reason: str
    by_name: str
    starts_at: int
    ends_at: int | None
    over: bool


async def whys(tx: Tx, community_id: str, account_id: str, limit: int = 20) -> list[Why]:
    """Why the account has a tier here, or had one: what holds first, then the newest."""
    columns = (grants.c.source, grants.c.reason, grants.c.starts_at, grants.c.ends_at, grants.c.revoked_at)
    query = (
        select(*columns, tier_table.c.name, tier_table.c.rank, accounts.c.name.label("by_name"))
        .join(tier_table, tier_table.c.id == grants.c.tier_id)
        .outerjoin(accounts, accounts.c.id == grants.c.by_id)
        .where(grants.c.community_id == community_id, grants.c.account_id == account_id)
        .order_by(grants.c.starts_at.desc(), grants.c.id.desc())
        .limit(limit)
    )
    found = [
        Why(
            row.name, row.rank, row.source, row.reason, row.by_name or "", row.starts_at, row.ends_at,
            row.revoked_at is not None or (row.ends_at is not None and row.ends_at <= tx.now),
        )
        for row in await tx.all(query)
    ]  # fmt: skip
    return sorted(found, key=lambda why: why.over)


async def sold(tx: Tx, tier_id: str) -> bool:
    """Whether somebody ever paid for the tier: then what was sold must stay known."""
    paid = select(grants.c.id).where(
        grants.c.tier_id == tier_id, grants.c.source.in_(("subscription", "purchase", "gift"))
    )
    return await tx.one(paid.limit(1)) is not None


async def sweep(tx: Tx) -> None:
    """The worker's: settle whose tier has ended, where the job that should have done it was lost."""
    due = select(memberships.c.community_id, memberships.c.account_id).where(
        memberships.c.tier_until <= tx.now
    )
    due = due.order_by(memberships.c.community_id, memberships.c.account_id).limit(SWEPT_AT_ONCE)
    for row in await tx.all(due):
        await settle(tx, row.community_id, row.account_id)
