"""Another price for those who pay an old one: they are told well ahead and asked, and nothing changes silently.

Who agrees pays the new price from the first charge after the day. Who does not is charged no more from then on and
keeps access to the end of what is paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import select, update

from channel.communities import Community
from channel.communities.fields import prose
from channel.errors import Conflict, Invalid, NotFound
from channel.events import LetterDue, PriceChangeCalledOff, PriceChangeDue, PriceChangeTold
from channel.ids import is_id, new_id
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.outbox import emit, schedule
from channel.payments.counter import Counter
from channel.payments.model import DAY_MS, RUNS, Holding
from channel.payments.queries import holding_of
from channel.payments.tables import holdings, price_answers, price_changes
from channel.storage import Database, Tx, reader
from channel.tiers import prices
from channel.tiers.model import Price

NOTICE_MS: Final = 30 * DAY_MS
AGAIN_MS: Final = 15 * DAY_MS  # before the day: who came to pay the old price meanwhile is asked as well
LATEST_MS: Final = 366 * DAY_MS
AT_ONCE: Final = 100
_message = prose("message", "At most 2,000 characters fit here. Write less.", at_most=2_000)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """See the table."""

    id: str
    community_id: str
    from_price_id: str
    to_price_id: str
    message: str
    from_at: int
    done_at: int | None
    called_off: bool
    created_at: int


_change = reader(PriceChange)


class Question(NamedTuple):
    """What somebody is asked, and what they said: None is nothing yet."""

    change: PriceChange
    agreed: bool | None


async def announce(
    tx: Tx, by: Entitlement, community: Community, old: Price, new: Price, *, from_at: int, message: str = ""
) -> PriceChange:
    """Ask all who pay `old` to pay `new` from `from_at` (epoch ms) on. Raises Invalid, Conflict (price_change_runs)."""
    require(by, community, Action.EDIT_TIERS)
    if not tx.now + NOTICE_MS <= from_at <= tx.now + LATEST_MS:
        raise Invalid(from_at="Give at least 30 days' notice, and at most a year's.")
    same = (old.tier_id, old.currency, old.interval) == (new.tier_id, new.currency, new.interval)
    if not same or not old.recurs or old.id == new.id or new.state != "offered":
        raise Invalid(
            to_price_id="Choose a price on offer of the same tier, currency and interval as the old one."
        )
    text = _message(message)
    runs = (price_changes.c.from_price_id == old.id, price_changes.c.done_at.is_(None))
    if await tx.one(select(price_changes.c.id).where(*runs)) is not None:
        raise Conflict(
            "They have been asked already. Wait until that day, or call it off.", code="price_change_runs"
        )
    change_id = new_id(tx.now)
    row = {
        "id": change_id, "community_id": community.id, "from_price_id": old.id, "to_price_id": new.id,
        "message": text, "from_at": from_at, "done_at": None, "called_off": False,
        "created_at": tx.now,
    }  # fmt: skip
    await tx.run(price_changes.insert().values(**row))
    await schedule(tx, PriceChangeTold(change_id=change_id, after=""))
    await schedule(tx, PriceChangeTold(change_id=change_id, after=""), at=from_at - AGAIN_MS)
    await schedule(tx, PriceChangeDue(change_id=change_id, after=""), at=from_at)
    return await one(tx, change_id)


async def call_off(tx: Tx, by: Entitlement, community: Community, change: PriceChange) -> None:
    """Everything stays as it is, and those who were asked are told so. Raises Conflict (price_change_over)."""
    require(by, community, Action.EDIT_TIERS)
    if change.community_id != community.id:
        raise NotFound("There is no such change of price.")
    runs = (price_changes.c.done_at.is_(None), price_changes.c.from_at > tx.now)
    off = update(price_changes).where(price_changes.c.id == change.id, *runs)
    if not await tx.run(off.values(done_at=tx.now, called_off=True)):
        raise Conflict("This change of price is over.", code="price_change_over")
    await schedule(tx, PriceChangeCalledOff(change_id=change.id, after=""))


async def one(tx: Tx, change_id: str) -> PriceChange:
    """Raises NotFound."""
    query = select(price_changes).where(price_changes.c.id == change_id)
    row = await tx.one(query) if is_id(change_id) else None
    if row is None:
        raise NotFound("There is no such change of price.")
    return _change(row)


async def asked(tx: Tx, holding: Holding) -> Question | None:
    """What the payer of a subscription is asked at the moment; None when nothing is asked."""
    return (await asked_all(tx, [holding])).get(holding.id)


async def asked_all(tx: Tx, some: Iterable[Holding]) -> dict[str, Question]:
    """The same of several at once, by the id of the purchase. Who is charged no more is asked nothing."""
    paying = {one.id: one.price_id for one in some if one.runs and one.price_id is not None}
    open_now = (price_changes.c.done_at.is_(None), price_changes.c.from_at > tx.now)
    query = select(price_changes).where(price_changes.c.from_price_id.in_(set(paying.values())), *open_now)
    found = {row.from_price_id: _change(row) for row in await tx.all(query)} if paying else {}
    if not found:
        return {}
    said = select(price_answers).where(
        price_answers.c.change_id.in_([one.id for one in found.values()]),
        price_answers.c.holding_id.in_(paying),
    )
    answers = {row.holding_id: row.agreed for row in await tx.all(said)}
    return {
        holding_id: Question(found[price_id], answers.get(holding_id))
        for holding_id, price_id in paying.items()
        if price_id in found
    }


async def answer(tx: Tx, holding: Holding, change: PriceChange, *, agreed: bool) -> None:
    """What they say to it; until the day they may say otherwise. Raises Conflict (price_change_over)."""
    if change.done_at is not None or change.from_at <= tx.now or holding.price_id != change.from_price_id:
        raise Conflict("This change of price is over.", code="price_change_over")
    row = {"change_id": change.id, "holding_id": holding.id, "agreed": agreed, "at": tx.now}
    said = tx.insert(price_answers).values(**row)
    key = ["change_id", "holding_id"]
    await tx.run(said.on_conflict_do_update(index_elements=key, set_={"agreed": agreed, "at": tx.now}))


async def _payers(tx: Tx, change: PriceChange, after: str) -> list[Holding]:
    query = select(holdings).where(
        holdings.c.community_id == change.community_id, holdings.c.price_id == change.from_price_id,
        holdings.c.kind == "subscription", holdings.c.status.in_(sorted(RUNS)), holdings.c.id > after,
    )  # fmt: skip
    return [holding_of(row) for row in await tx.all(query.order_by(holdings.c.id).limit(AT_ONCE))]


async def tell(db: Database, told: PriceChangeTold) -> None:
    """A letter to each who pays the old price and was not asked before, some at a time."""
    async with db.write() as tx:
        change = await one(tx, told.change_id)
        some = [] if change.done_at is not None else await _payers(tx, change, told.after)
        for holding in some:
            row = {"change_id": change.id, "holding_id": holding.id, "agreed": None, "at": tx.now}
            ask = tx.insert(price_answers).values(**row).on_conflict_do_nothing()
            if holding.runs and await tx.run(ask):
                await _write(tx, change, holding.account_id, "price_change")
        if len(some) == AT_ONCE:
            await schedule(tx, PriceChangeTold(change_id=change.id, after=some[-1].id))


async def _write(tx: Tx, change: PriceChange, account_id: str, letter: str) -> None:
    due = LetterDue(account_id=account_id, community_id=change.community_id, letter=letter, about=change.id)
    await emit(tx, due)


async def tell_off(db: Database, told: PriceChangeCalledOff) -> None:
    """A letter to each who had been asked, some at a time."""
    async with db.write() as tx:
        change = await one(tx, told.change_id)
        were = select(holdings.c.id, holdings.c.account_id).join(
            price_answers, price_answers.c.holding_id == holdings.c.id
        )
        mine = (price_answers.c.change_id == change.id, price_answers.c.holding_id > told.after)
        rows = await tx.all(were.where(*mine).order_by(holdings.c.id).limit(AT_ONCE))
        for row in rows:
            await _write(tx, change, row.account_id, "price_change_off")
        if len(rows) == AT_ONCE:
            await schedule(tx, PriceChangeCalledOff(change_id=change.id, after=rows[-1].id))


async def carry_out(db: Database, counter: Counter, due: PriceChangeDue) -> None:
    """The day has come. Safe to repeat: who was switched pays another price, who was cancelled is left alone."""
    async with db.read() as tx:
        change = await one(tx, due.change_id)
        if change.done_at is not None:
            return
        new = await prices.one(tx, change.community_id, change.to_price_id)
        some = await _payers(tx, change, due.after)
        agreed = {
            row.holding_id
            for row in await tx.all(
                select(price_answers.c.holding_id).where(
                    price_answers.c.change_id == change.id, price_answers.c.agreed.is_(True)
                )
            )
        }
    for holding in some:
        if holding.id in agreed:
            await counter.switch(holding, new, new.amount, prorate=False)
        elif not holding.cancelling:
            await counter.cancel(holding, reason="price change")
    async with db.write() as tx:
        if len(some) == AT_ONCE:
            await schedule(tx, PriceChangeDue(change_id=change.id, after=some[-1].id))
        else:
            done = update(price_changes).where(price_changes.c.id == change.id)
            await tx.run(done.values(done_at=tx.now))
