"""Who still pays an old price of a tier, and how many of those who were asked for a new one have said what."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from channel.ids import is_id
from channel.payments.model import RUNS
from channel.payments.raising import PriceChange
from channel.payments.tables import holdings, price_answers, price_changes
from channel.storage import Tx, reader
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.tables import prices

MOST: Final = 200  # old prices of one tier that are shown; each was offered once, by hand
_change = reader(PriceChange)
_price = reader(Price)


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of price and what was said to it. While it runs, of those who pay the old price now."""

    change: PriceChange
    asked: int
    agreed: int
    declined: int

    @property
    def silent(self) -> int:
        return max(0, self.asked - self.agreed - self.declined)


@dataclass(frozen=True, slots=True)
class OldPrice:
    """A price that nobody is offered any more. `new` takes its place for newcomers, None: nothing does."""

    price: Price
    payers: int
    new: Price | None
    running: Asked | None


def _pays() -> tuple[ColumnElement[bool], ...]:
    """A subscription that will be charged again."""
    return (
        holdings.c.kind == "subscription",
        holdings.c.status.in_(sorted(RUNS)),
        holdings.c.cancelling.is_(False),
    )


async def old_prices(tx: Tx, tier: Tier, offered: Iterable[Price]) -> list[OldPrice]:
    """Those that somebody pays or is asked about, oldest first; `offered` is what the tier costs now."""
    recurring = {(one.currency, one.interval): one for one in offered if one.recurs}
    columns = [prices.c[name] for name in Price.__dataclass_fields__]
    query = select(*columns).where(
        prices.c.tier_id == tier.id, prices.c.state == "retired", prices.c.interval != "once"
    )
    retired = [_price(row) for row in await tx.all(query.order_by(prices.c.id))]
    paid = await _paid(tx, tier)
    running = {one.change.from_price_id: one for one in await changes(tx, tier, running=True)}
    shown = [one for one in retired if one.id in paid or one.id in running]
    return [
        OldPrice(one, paid.get(one.id, 0), recurring.get((one.currency, one.interval)), running.get(one.id))
        for one in shown[:MOST]
    ]


async def _paid(tx: Tx, tier: Tier) -> dict[str, int]:
    """How many pay each price, by its id."""
    query = select(holdings.c.price_id, func.count().label("size")).where(
        holdings.c.community_id == tier.community_id, holdings.c.tier_id == tier.id, *_pays()
    )
    return {row.price_id: row.size for row in await tx.all(query.group_by(holdings.c.price_id))}


async def changes(
    tx: Tx, tier: Tier, *, running: bool = False, before: str = "", limit: int = MOST
) -> list[Asked]:
    """The changes of price of a tier, newest first; those before the id `before`, if it is given."""
    query = select(price_changes).join(prices, prices.c.id == price_changes.c.from_price_id)
    query = query.where(prices.c.tier_id == tier.id)
    if running:
        query = query.where(price_changes.c.done_at.is_(None))
    if is_id(before):
        query = query.where(price_changes.c.id < before)
    rows = await tx.all(query.order_by(price_changes.c.id.desc()).limit(limit))
    return [await counted(tx, _change(row)) for row in rows]


async def counted(tx: Tx, change: PriceChange) -> Asked:
    """A change with what was said to it so far."""
    mine = price_answers.c.change_id == change.id
    query = select(price_answers.c.agreed, func.count().label("size")).where(mine)
    if change.done_at is None:
        query = query.join(holdings, holdings.c.id == price_answers.c.holding_id)
        query = query.where(holdings.c.price_id == change.from_price_id, *_pays())
    said: dict[Any, int] = {
        row.agreed: row.size for row in await tx.all(query.group_by(price_answers.c.agreed))
    }
    return Asked(change, await _asked(tx, change, sum(said.values())), said.get(True, 0), said.get(False, 0))


async def _asked(tx: Tx, change: PriceChange, known: int) -> int:
    """All who pay it, while it runs: the letters may still be on their way."""
    if change.done_at is not None:
        return known
    paid = (holdings.c.community_id == change.community_id, holdings.c.price_id == change.from_price_id)
    return int(await tx.value(select(func.count()).select_from(holdings).where(*paid, *_pays())))
