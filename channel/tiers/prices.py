"""What a tier costs. A price never changes: another one is made, and the old one stays for those who pay it."""

from sqlalchemy import Integer, bindparam, func, select, update

from channel import money
from channel.communities.actions import hold
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import is_id, new_id
from channel.storage import Prepared, Tx, reader
from channel.tiers.model import INTERVALS, Price, Tier
from channel.tiers.tables import prices, tiers

MAX_OFFERED = 30  # prices of one tier: intervals times currencies
MAX_DAYS = 3660


_price = reader(Price)
_ALL = select(*[prices.c[name] for name in Price.__dataclass_fields__])
_ORDER = (prices.c.tier_id, prices.c.currency, prices.c.amount, prices.c.id)
_OF_TIER = Prepared(
    _ALL.where(prices.c.tier_id == bindparam("tier_id"), prices.c.state == "offered")
    .order_by(*_ORDER)
    .limit(MAX_OFFERED)
)
_OF_COMMUNITY = Prepared(
    _ALL.join(tiers, tiers.c.id == prices.c.tier_id)
    .where(tiers.c.community_id == bindparam("community_id"), prices.c.state == "offered")
    .order_by(*_ORDER)
    .limit(bindparam("limit", type_=Integer))
)
_ONE = Prepared(
    _ALL.join(tiers, tiers.c.id == prices.c.tier_id).where(
        tiers.c.community_id == bindparam("community_id"), prices.c.id == bindparam("price_id")
    )
)


async def of_tier(tx: Tx, tier_id: str) -> list[Price]:
    """What is offered now, by currency and amount."""
    return [_price(row) for row in await tx.all(_OF_TIER, tier_id=tier_id)]


async def of_community(tx: Tx, community_id: str) -> dict[str, list[Price]]:
    """What is offered now, by tier id."""
    found: dict[str, list[Price]] = {}
    for row in await tx.all(_OF_COMMUNITY, community_id=community_id, limit=50 * MAX_OFFERED):
        found.setdefault(row.tier_id, []).append(_price(row))
    return found


async def one(tx: Tx, community_id: str, price_id: str) -> Price:
    """A price of this very community, a retired one too. Raises NotFound."""
    row = await tx.one(_ONE, community_id=community_id, price_id=price_id) if is_id(price_id) else None
    if row is None:
        raise NotFound("There is no such price.")
    return _price(row)


async def offer(
    tx: Tx,
    tier: Tier,
    *,
    amount: int,
    currency: str,
    interval: str,
    days: int = 0,
    open: bool = False,
) -> Price:
    """Offer the tier for this. What was offered for the same currency and interval is retired; who pays it, goes on.

    No rights are checked: see members.governing. Raises Invalid with every wrong field, Conflict at MAX_OFFERED.
    """
    row = _parsed(tier, amount, currency, interval, days)
    await hold(tx, tier.community_id)
    same = [prices.c[name] == row[name] for name in ("tier_id", "currency", "interval", "days")]
    await tx.run(update(prices).where(*same, prices.c.state == "offered").values(state="retired"))
    offered = select(func.count()).where(prices.c.tier_id == tier.id, prices.c.state == "offered")
    if await tx.value(offered) >= MAX_OFFERED:
        raise Conflict("A tier has at most 30 prices. Retire one first.", code="too_many_prices")
    row |= {"id": new_id(tx.now), "open": open, "state": "offered", "created_at": tx.now}
    await tx.run(prices.insert().values(**row))
    return await one(tx, tier.community_id, str(row["id"]))


def _parsed(tier: Tier, amount: int, currency: str, interval: str, days: int) -> dict[str, object]:
    problems: dict[str, str] = {}
    if tier.rank == 0:
        problems["amount"] = "The free tier is free. Make another tier with a higher rank."
    if interval not in INTERVALS:
        problems["interval"] = "Choose month, quarter, year or once."
    if isinstance(days, bool) or not 0 <= days <= MAX_DAYS or (days and interval != "once"):
        problems["days"] = "Only what is paid once lasts a number of days, at most 3,660; 0 is for life."
    for check, value in ((money.check_amount, amount), (money.parse_currency, currency)):
        try:
            check(value)  # type: ignore[arg-type]
        except Invalid as problem:
            problems |= problem.fields
    if problems:
        raise Invalid(problems)
    return {
        "tier_id": tier.id, "amount": amount, "currency": currency.upper(), "interval": interval, "days": days,
    }  # fmt: skip


async def retire(tx: Tx, tier: Tier, price_id: str) -> None:
    """Offer it no more. Who pays it goes on. Raises NotFound; twice is once."""
    found = await one(tx, tier.community_id, price_id)
    if found.tier_id != tier.id:
        raise NotFound("There is no such price.")
    await tx.run(update(prices).where(prices.c.id == found.id).values(state="retired"))
