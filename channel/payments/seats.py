"""The waiting list of a tier whose seats are all taken: whoever has waited longest is kept the next free one."""

from typing import Final

from sqlalchemy import delete, or_, select, update

from channel import tiers
from channel.errors import Conflict
from channel.events import LetterDue
from channel.members import Entitlement
from channel.outbox import emit
from channel.payments.model import DAY_MS
from channel.payments.orders import seats_taken
from channel.payments.tables import waiting
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.queries import tier_by_id

KEPT_MS: Final = 2 * DAY_MS  # how long a free seat is kept for whoever was told of it
SWITCH_MS: Final = 10 * 60 * 1000  # and for whoever is on the way to it from another tier
TIERS_AT_ONCE: Final = 200


async def wait(tx: Tx, by: Entitlement, tier: Tier) -> None:
    """Put a member on the list. Twice is once. Raises Conflict (seats_free) while there is a seat, or for a stranger."""
    if by.account_id is None or not by.belongs:
        raise Conflict("Join the community first.", code="not_a_member")
    await tiers.lock(tx, tier)
    if tier.capacity is None or await seats_taken(tx, tier, besides=by.account_id) < tier.capacity:
        raise Conflict("There is a free seat: take it.", code="seats_free")
    row = {"tier_id": tier.id, "account_id": by.account_id, "at": tx.now}
    await tx.run(tx.insert(waiting).values(**row).on_conflict_do_nothing())


async def stop_waiting(tx: Tx, account_id: str, tier_id: str) -> None:
    """Off the list. Twice is once."""
    own = (waiting.c.tier_id == tier_id, waiting.c.account_id == account_id)
    await tx.run(delete(waiting).where(*own))


async def hold(tx: Tx, tier: Tier, account_id: str) -> bool:
    """Keep a seat for somebody who switches to the tier. False: it has no limit. Raises Conflict (tier_full)."""
    if tier.capacity is None:
        return False
    await tiers.lock(tx, tier)
    if await seats_taken(tx, tier, besides=account_id) >= tier.capacity:
        raise Conflict("All seats of this tier are taken. Choose another one.", code="tier_full")
    row = {"tier_id": tier.id, "account_id": account_id, "at": tx.now, "offered_until": tx.now + SWITCH_MS}
    kept = tx.insert(waiting).values(**row)
    key = ["tier_id", "account_id"]
    await tx.run(kept.on_conflict_do_update(index_elements=key, set_={"offered_until": row["offered_until"]}))
    return True


async def waits(tx: Tx, account_id: str, tier_ids: list[str]) -> dict[str, int | None]:
    """For which of these tiers the account waits; the value is until when a seat is kept (epoch ms), if one is."""
    query = select(waiting.c.tier_id, waiting.c.offered_until)
    rows = await tx.all(query.where(waiting.c.account_id == account_id, waiting.c.tier_id.in_(tier_ids)))
    return {row.tier_id: row.offered_until for row in rows}


async def sweep(tx: Tx) -> None:
    """The worker's: whoever did not take the seat that was kept gives it up, and the next ones are told."""
    await tx.run(delete(waiting).where(waiting.c.offered_until <= tx.now))
    due = select(waiting.c.tier_id).where(waiting.c.offered_until.is_(None)).distinct()
    for row in await tx.all(due.order_by(waiting.c.tier_id).limit(TIERS_AT_ONCE)):
        await _offer(tx, await tier_by_id(tx, row.tier_id))


async def _offer(tx: Tx, tier: Tier) -> None:
    await tiers.lock(tx, tier)
    query = select(waiting.c.account_id).where(
        waiting.c.tier_id == tier.id,
        or_(waiting.c.offered_until.is_(None), waiting.c.offered_until <= tx.now),
    )
    if tier.capacity is not None:
        free = tier.capacity - await seats_taken(tx, tier)
        if free <= 0:
            return
        query = query.limit(free)
    for row in await tx.all(query.order_by(waiting.c.at, waiting.c.account_id)):
        own = (waiting.c.tier_id == tier.id, waiting.c.account_id == row.account_id)
        await tx.run(update(waiting).where(*own).values(offered_until=tx.now + KEPT_MS))
        told = LetterDue(
            account_id=row.account_id, community_id=tier.community_id, letter="seat_free", about=tier.id
        )
        await emit(tx, told)
