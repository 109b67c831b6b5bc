"""Intents to pay. While one is open it holds what it was offered: a seat, a coupon, the one trial of its buyer.

Seats, coupons and trials are decided by the database: a counted UPDATE or a unique key, so of many at once only as
many get through as there is room for.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, func, or_, select, update

from channel.errors import Conflict
from channel.events import OrderOver
from channel.ids import new_id
from channel.members.tables import grants
from channel.outbox import schedule
from channel.payments.model import NO_DETAILS, ORDER_MS, Connection, Details, Order, OrderKind, OrderState
from channel.payments.provider import Discount
from channel.payments.queries import order as found
from channel.payments.queries import order_of
from channel.payments.tables import coupon_uses, coupons, orders, trials, vouchers, waiting
from channel.storage import Tx
from channel.tiers import Tier, lock
from channel.tiers.model import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to pay for, checked by whoever calls `start`."""

    kind: OrderKind
    amount: int
    currency: str
    interval: Interval = "once"
    days: int = 0
    tier: Tier | None = None
    price_id: str | None = None
    trial_days: int = 0
    coupon_id: str | None = None
    post_id: str | None = None
    details: Details = NO_DETAILS
    title: str = ""  # what stands on the bill
    discount: Discount | None = None  # what the coupon means to the provider


async def start(
    tx: Tx, account_id: str, connection: Connection, wish: Wish, key: str, *, waits_ms: int = ORDER_MS
) -> tuple[Order, bool]:
    """Begin an order; the same account and key again give the first one and False. It is given up after `waits_ms`.

    Raises Conflict: tier_full, coupon_used_up, coupon_used. A trial that the buyer had before is left out.
    """
    order_id = new_id(tx.now)
    row = _row(tx, account_id, connection, wish, key) | {"id": order_id, "expires_at": tx.now + waits_ms}
    # First of all: whoever sends the same form at the same moment waits here, and finds this one.
    if not await tx.run(tx.insert(orders).values(**row).on_conflict_do_nothing()):
        same = select(orders).where(orders.c.account_id == account_id, orders.c.key == key)
        there = await tx.one(same)
        if there is None:
            raise Conflict("Somebody changed this at the same moment. Try again.")
        return order_of(there), False
    if wish.tier is not None and wish.kind in ("subscription", "purchase", "gift"):
        await _take_seat(tx, wish.tier, account_id, gift=wish.kind == "gift")
    if wish.coupon_id is not None:
        await take_coupon(tx, wish.coupon_id, account_id, order_id)
    if wish.trial_days and not await _take_trial(tx, connection.community_id, account_id, order_id):
        await tx.run(update(orders).where(orders.c.id == order_id).values(trial_days=0))
    begun = await found(tx, order_id)
    await schedule(tx, OrderOver(order_id=order_id), at=begun.expires_at)
    return begun, True


def _row(tx: Tx, account_id: str, connection: Connection, wish: Wish, key: str) -> dict[str, Any]:
    return {
        "community_id": connection.community_id, "account_id": account_id, "connection_id": connection.id,
        "kind": wish.kind, "tier_id": wish.tier.id if wish.tier else None, "price_id": wish.price_id,
        "amount": wish.amount, "currency": wish.currency, "interval": wish.interval, "days": wish.days,
        "trial_days": wish.trial_days, "coupon_id": wish.coupon_id, "post_id": wish.post_id,
        "details": msgspec.json.encode(wish.details).decode(), "key": key, "state": "open", "external_id": None,
        "url": None, "created_at": tx.now,
    }  # fmt: skip


async def _take_seat(tx: Tx, tier: Tier, account_id: str, *, gift: bool) -> None:
    """Raises Conflict (tier_full) when the buyer would be one too many. Who has the tier already takes no seat, unless
    they give it to somebody else.
    """
    if tier.capacity is None:
        return
    await lock(tx, tier)
    others = await seats_taken(tx, tier) - 1 if gift else await seats_taken(tx, tier, besides=account_id)
    if others >= tier.capacity:
        raise Conflict(
            "All seats of this tier are taken. Put yourself on the waiting list.", code="tier_full"
        )


async def seats_taken(tx: Tx, tier: Tier, *, besides: str = "") -> int:
    """People who have the tier, are about to pay for it, or are kept a seat from the waiting list; each once. A gift is
    for somebody who is not known yet: one that is being paid, or that nobody has redeemed, is a seat of its own.
    """
    holds = select(grants.c.account_id).where(
        grants.c.tier_id == tier.id, grants.c.revoked_at.is_(None),
        or_(grants.c.ends_at.is_(None), grants.c.ends_at > tx.now),
    )  # fmt: skip
    pays = select(orders.c.account_id).where(
        orders.c.tier_id == tier.id, orders.c.state == "open", orders.c.expires_at > tx.now,
        orders.c.kind.in_(("subscription", "purchase")),
    )  # fmt: skip
    kept = select(waiting.c.account_id).where(waiting.c.tier_id == tier.id, waiting.c.offered_until > tx.now)
    people = holds.union(pays, kept).subquery()
    counted = select(func.count()).select_from(people).where(people.c.account_id != besides)
    gifts = select(func.count()).where(
        orders.c.tier_id == tier.id,
        orders.c.state == "open",
        orders.c.expires_at > tx.now,
        orders.c.kind == "gift",
    )
    codes = select(func.count()).where(
        vouchers.c.tier_id == tier.id, vouchers.c.state == "open", vouchers.c.expires_at > tx.now
    )
    return sum([int(await tx.value(query)) for query in (counted, gifts, codes)])


async def take_coupon(tx: Tx, coupon_id: str, account_id: str, order_id: str) -> None:
    """Count a use. Raises Conflict: coupon_used by this person before, coupon_used_up by others."""
    use = {"coupon_id": coupon_id, "account_id": account_id, "order_id": order_id, "at": tx.now}
    if not await tx.run(tx.insert(coupon_uses).values(**use).on_conflict_do_nothing()):
        raise Conflict("You have used this code before.", code="coupon_used")
    good = (coupons.c.id == coupon_id, coupons.c.state == "open")
    room = or_(coupons.c.max_uses.is_(None), coupons.c.uses < coupons.c.max_uses)
    timely = or_(coupons.c.expires_at.is_(None), coupons.c.expires_at > tx.now)
    if not await tx.run(update(coupons).where(*good, room, timely).values(uses=coupons.c.uses + 1)):
        raise Conflict("This code is not valid any more.", code="coupon_used_up")


async def untake_coupon(tx: Tx, coupon_id: str, *, account_id: str) -> None:
    """The use came to nothing: somebody else may have it."""
    mine = (coupon_uses.c.coupon_id == coupon_id, coupon_uses.c.account_id == account_id)
    if await tx.run(delete(coupon_uses).where(*mine)):
        fewer = update(coupons).where(coupons.c.id == coupon_id, coupons.c.uses > 0)
        await tx.run(fewer.values(uses=coupons.c.uses - 1))


async def _take_trial(tx: Tx, community_id: str, account_id: str, order_id: str) -> bool:
    row = {"community_id": community_id, "account_id": account_id, "order_id": order_id, "at": tx.now}
    return bool(await tx.run(tx.insert(trials).values(**row).on_conflict_do_nothing()))


async def opened(tx: Tx, order: Order, external_id: str, url: str) -> Order:
    """The provider opened a place to pay for it."""
    await tx.run(update(orders).where(orders.c.id == order.id).values(external_id=external_id, url=url))
    return await found(tx, order.id)


async def close(tx: Tx, order: Order, state: OrderState) -> bool:
    """Paid, declined or abandoned: once. What an unpaid one held is free again. False when it was closed already."""
    still = update(orders).where(orders.c.id == order.id, orders.c.state == "open")
    if not await tx.run(still.values(state=state)):
        return False
    if state != "paid":
        await _give_back(tx, order)
    elif order.tier_id is not None:
        served = (waiting.c.tier_id == order.tier_id, waiting.c.account_id == order.account_id)
        await tx.run(delete(waiting).where(*served))
    return True


async def reopen_paid(tx: Tx, order: Order) -> None:
    """It was given up here, and paid all the same: what came is what counts."""
    await tx.run(update(orders).where(orders.c.id == order.id).values(state="paid"))


async def _give_back(tx: Tx, order: Order) -> None:
    if await tx.run(delete(coupon_uses).where(coupon_uses.c.order_id == order.id)):
        fewer = update(coupons).where(coupons.c.id == order.coupon_id, coupons.c.uses > 0)
        await tx.run(fewer.values(uses=coupons.c.uses - 1))
    await tx.run(delete(trials).where(trials.c.order_id == order.id))
