"""What is for sale, to whom, and by which ways it can be paid. Reading only; what a payment comes to is pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, exists, select

from channel.members.tables import grants
from channel.money import COMMON
from channel.payments import orders
from channel.payments.coupons import Coupon, reduced
from channel.payments.model import DAY_MS, LIVE, RUNS, Connection, Holding, Order
from channel.payments.periods import after
from channel.payments.provider import Abilities, Provider
from channel.payments.queries import connection_of, holding_of, holdings_of, order_of
from channel.payments.tables import connections, holdings, trials
from channel.payments.tables import orders as order_table
from channel.storage import Prepared, Tx, reader
from channel.tiers import Tier
from channel.tiers.model import INTERVALS, Price
from channel.tiers.tables import prices
from channel.tiers.tables import tiers as tier_table

VOUCHER: Final = "voucher"  # is redeemed, not paid
_ON = Prepared(
    select(connections)
    .where(
        connections.c.community_id == bindparam("community_id"),
        connections.c.state == "on",
        connections.c.provider != VOUCHER,
    )
    .order_by(connections.c.created_at)
)
_SHOWN = Prepared(
    select(*[prices.c[name] for name in Price.__dataclass_fields__])
    .join(tier_table, tier_table.c.id == prices.c.tier_id)
    .where(
        tier_table.c.community_id == bindparam("community_id"),
        tier_table.c.state == "listed",
        prices.c.state == "offered",
        exists().where(
            connections.c.community_id == tier_table.c.community_id,
            connections.c.state == "on",
            connections.c.provider != VOUCHER,
        ),
    )
)
_price = reader(Price)


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody who takes the money, and what they can do."""

    connection: Connection
    abilities: Abilities

    def takes(self, price: Price) -> bool:
        return self.abilities.subscriptions if price.recurs else self.abilities.purchases


async def ways(tx: Tx, providers: Mapping[str, Provider], community_id: str) -> list[Way]:
    """The ways to pay that are open now, first connected first; without their keys."""
    rows = await tx.all(_ON, community_id=community_id)
    return [
        Way(connection_of(row, None), providers[row.provider].abilities)
        for row in rows
        if row.provider in providers
    ]


def payable(offered: Iterable[Price], open_ways: Sequence[Way]) -> list[Price]:
    """Those that somebody takes, in the order in which they are offered: by interval, then by currency."""
    return sorted((one for one in offered if any(way.takes(one) for way in open_ways)), key=_order)


def _order(price: Price) -> tuple[int, int, str, int]:
    common = COMMON.index(price.currency) if price.currency in COMMON else len(COMMON)
    return INTERVALS.index(price.interval), common, price.currency, price.amount


async def from_prices(tx: Tx, community_id: str) -> dict[str, Price]:
    """The price to name first, by tier, of those that strangers may be told of: nothing where nothing is sold."""
    rows = await tx.all(_SHOWN, community_id=community_id)
    found: dict[str, Price] = {}
    for price in sorted(map(_price, rows), key=_order):
        found.setdefault(price.tier_id, price)
    return found


async def seats_left(tx: Tx, tier: Tier, account_id: str | None) -> int | None:
    """Seats that this viewer could take; None without a limit."""
    if tier.capacity is None:
        return None
    return max(0, tier.capacity - await orders.seats_taken(tx, tier, besides=account_id or ""))


async def had_trial(tx: Tx, community_id: str, account_id: str) -> bool:
    """One trial for one person in one community. One that an order holds which is not paid yet is not had."""
    mine = (trials.c.community_id == community_id, trials.c.account_id == account_id)
    taken = trials.join(order_table, order_table.c.id == trials.c.order_id)
    query = select(trials.c.order_id).select_from(taken).where(*mine, order_table.c.state != "open")
    return await tx.one(query) is not None


async def paying(tx: Tx, account_id: str, community_id: str) -> Holding | None:
    """The subscription that the account has here: a second one would be paid beside it."""
    for one in await holdings_of(tx, account_id, community_id):
        if one.kind != "subscription" or one.over(tx.now):
            continue
        if one.status in LIVE or (one.status in RUNS and not one.cancelling):
            return one
    return None


async def has_for_life(tx: Tx, account_id: str, tier: Tier) -> bool:
    """Whether nothing ends what the account has of the tier: then there is nothing to sell."""
    mine = (grants.c.account_id == account_id, grants.c.tier_id == tier.id, grants.c.revoked_at.is_(None))
    query = select(grants.c.id).where(*mine, grants.c.ends_at.is_(None), grants.c.source != "subscription")
    return await tx.one(query.limit(1)) is not None


async def begun(tx: Tx, account_id: str, community_id: str) -> list[Order]:
    """Orders of this account for a pass that are still open: each holds a seat, a code or the trial."""
    query = select(order_table).where(
        order_table.c.account_id == account_id, order_table.c.community_id == community_id,
        order_table.c.state == "open", order_table.c.kind.in_(("subscription", "purchase")),
    )  # fmt: skip
    return [order_of(row) for row in await tx.all(query.order_by(order_table.c.created_at))]


async def holding_of_order(tx: Tx, order_id: str) -> Holding | None:
    """What came of an order."""
    query = select(*[holdings.c[name] for name in Holding.__dataclass_fields__])
    row = await tx.one(query.where(holdings.c.order_id == order_id).limit(1))
    return None if row is None else holding_of(row)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a payment comes to. Amounts in minor units, `next_at` epoch ms; `next_at` None: nothing comes again.

    `less` is how many of the charges cost `today` or `next` less than `regular`; None for all of them.
    """

    today: int
    next: int
    next_at: int | None
    regular: int
    less: int | None
    free_days: int


def bill(price: Price, amount: int, coupon: Coupon | None, trial_days: int, now: int) -> Bill:
    """`amount` is what was chosen, at least the price's own."""
    lower = reduced(coupon, amount)
    cheaper = coupon is not None and lower < amount
    less = (coupon.periods if cheaper else 0) if coupon else 0
    if price.interval == "once":
        return Bill(lower, 0, None, amount, 1 if cheaper else 0, 0)
    if trial_days:
        return Bill(0, lower, now + trial_days * DAY_MS, amount, less, trial_days)
    again = amount if less == 1 else lower
    return Bill(lower, again, after(now, price.interval, 1), amount, less, 0)
