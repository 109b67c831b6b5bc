"""Making what we store equal to what the provider holds: the one place that turns money into access.

Safe in any order, twice, late, at once on two nodes: whoever fetches takes a number first, and an answer that was asked
for before one that is applied changes nothing. Facts are written once each; what follows from a fact (a receipt, a
gift) is put into the outbox in the transaction that writes it first.
"""

import logging
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select, update

from channel import accounts, communities, tiers
from channel.errors import NotFound
from channel.events import LetterDue, PaidMemberGone, PurchaseChanged
from channel.ids import new_id
from channel.members import State, grants, queries, unlocks
from channel.outbox import emit
from channel.payments import ledger, notices, orders, vouchers
from channel.payments.model import (
    RUNS,
    Access,
    Connection,
    Fact,
    Held,
    Holding,
    Order,
    Status,
    access,
    monthly,
)
from channel.payments.queries import holding_of
from channel.payments.queries import order as purchased
from channel.payments.seal import Seal
from channel.payments.tables import connections, holdings
from channel.storage import Tx, locking
from channel.tiers import Tier, prices

log = logging.getLogger("channel.payments")
PAID: Final = frozenset({Status.TRIAL, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED})
LETTERS: Final = {"charge": "receipt", "failed": "payment_failed", "refund": "refunded"}
OWNERS: Final = {"failed": "owner_payment_failed", "dispute": "owner_disputed"}


async def number(tx: Tx, connection: Connection) -> int:
    """Before a fetch: a number above those of all fetches from this connection that were begun before."""
    grown = (
        update(connections).where(connections.c.id == connection.id).values(fetches=connections.c.fetches + 1)
    )
    return int(await tx.value(grown.returning(connections.c.fetches)) or 0)


@dataclass(frozen=True, slots=True)
class _Case:
    """What was fetched, whose it is, and what we had written of it before."""

    connection: Connection
    order: Order
    held: Held
    row: Row[Any]
    tier: Tier | None  # that is paid for now
    access: Access
    asked: int


async def apply(tx: Tx, connection: Connection, held: Held, asked: int, *, seal: Seal) -> Holding | None:
    """Make our side equal to `held`, which the fetch numbered `asked` brought. None when it is nothing of ours."""
    order = await _order_of(tx, connection, held)
    if order is None and not _never_paid(held):
        log.warning("%s holds something that no order of ours began; it opens nothing", connection.provider)
    if order is None:
        return None
    row = await _hold(tx, connection, order, held)
    if asked <= row.applied:
        return holding_of(row)
    tier, found = await _tier_of(tx, order, held), await _access(tx, order, held)
    case = _Case(connection, order, held, row, tier, found, asked)
    await _write(tx, case)
    await _tell_facts(tx, case)
    await _tell_recurring(tx, case)
    await notices.of_change(tx, order, row, held)
    await notices.plan(tx, connection, row, held)
    await _settle_order(tx, order, held)
    await _open(tx, case, seal)
    if (row.status, bool(row.cancelling), row.price_id) != (held.status, held.cancelling, held.price_id):
        changed = PurchaseChanged(
            account_id=order.account_id, community_id=order.community_id, order_id=order.id
        )
        await emit(tx, changed)
    return holding_of(await _locked(tx, connection, held))


async def _order_of(tx: Tx, connection: Connection, held: Held) -> Order | None:
    """The order it came of. Nothing of ours: another account or mode, or a price that we never offered.

    What is known to be ours stays so whatever the provider's own pages make of it, so that it can also close.
    """
    if held.live != connection.live:
        return None
    known = await _known(tx, connection, held)
    try:
        order = await purchased(tx, known or held.order_id or "")
    except NotFound:
        return None
    if order.connection_id != connection.id:
        return None
    sold = held.price_id is not None or order.kind not in ("subscription", "purchase")
    ours = sold and held.account_id == order.account_id and not _never_paid(held)
    return order if known or ours else None


async def _known(tx: Tx, connection: Connection, held: Held) -> str | None:
    """The id of the order that we once wrote it down for."""
    same = (holdings.c.connection_id == connection.id, holdings.c.external_id == held.external_id)
    found = await tx.value(select(holdings.c.order_id).where(*same))
    return None if found is None else str(found)


async def _hold(tx: Tx, connection: Connection, order: Order, held: Held) -> Row[Any]:
    """Our row of it, made when there is none, locked until the end of the transaction."""
    fresh = {
        "id": new_id(tx.now), "community_id": order.community_id, "account_id": order.account_id,
        "connection_id": connection.id, "order_id": order.id, "external_id": held.external_id,
        "kind": order.kind, "status": Status.PENDING, "amount": held.amount, "currency": held.currency,
        "interval": held.interval, "monthly": 0, "cancelling": False, "applied": 0, "fetched_at": 0,
        "created_at": tx.now,
    }  # fmt: skip
    await tx.run(tx.insert(holdings).values(**fresh).on_conflict_do_nothing())
    return await _locked(tx, connection, held)


async def _locked(tx: Tx, connection: Connection, held: Held) -> Row[Any]:
    query = select(holdings).where(
        holdings.c.connection_id == connection.id, holdings.c.external_id == held.external_id
    )
    row = await tx.one(locking(tx.dialect, query))
    if row is None:
        raise NotFound("There is no such purchase.")
    return row


async def _tier_of(tx: Tx, order: Order, held: Held) -> Tier | None:
    """The tier that is paid for now: a switch at the provider changes the price, and with it the tier.

    A price that is not ours buys none.
    """
    try:
        if order.kind in ("subscription", "purchase"):
            if held.price_id is None:
                return None
            price = await prices.one(tx, order.community_id, held.price_id)
            return await tiers.one(tx, order.community_id, price.tier_id)
        return await tiers.one(tx, order.community_id, order.tier_id) if order.tier_id else None
    except NotFound:
        return None


async def _access(tx: Tx, order: Order, held: Held) -> Access:
    community = await communities.one(tx, order.community_id)
    return access(held, grace_days=community.grace_days, days=order.days, now=tx.now)


async def _write(tx: Tx, case: _Case) -> None:
    held, found = case.held, case.access
    fresh = {
        "customer": held.customer, "tier_id": case.tier.id if case.tier else None, "price_id": held.price_id,
        "status": held.status, "amount": held.amount, "currency": held.currency, "interval": held.interval,
        "monthly": monthly(held), "period_start": held.period_start, "period_end": held.period_end,
        "trial_end": held.trial_end, "past_due_since": held.past_due_since, "cancelling": held.cancelling,
        "ended_at": held.ended_at, "access_until": found.until if found.opens else tx.now,
        "applied": case.asked, "fetched_at": tx.now,
    }  # fmt: skip
    await tx.run(update(holdings).where(holdings.c.id == case.row.id).values(**fresh))


async def _tell_facts(tx: Tx, case: _Case) -> None:
    for fact in case.held.facts:
        entry = await ledger.money(
            tx, case.connection, account_id=case.order.account_id, holding_id=case.row.id, tier=case.tier,
            held=case.held, fact=fact,
        )  # fmt: skip
        if entry is not None:
            await _write_letters(tx, case.order, fact, entry)


async def _write_letters(tx: Tx, order: Order, fact: Fact, entry: str) -> None:
    """Who is to be told of a fact that was not known before."""
    about = {"community_id": order.community_id, "about": entry}
    if fact.kind in LETTERS and not (fact.kind == "charge" and fact.amount == 0):
        await emit(tx, LetterDue(account_id=order.account_id, letter=LETTERS[fact.kind], **about))
    if fact.kind in OWNERS:
        owner = await queries.owner_id(tx, order.community_id)
        await emit(tx, LetterDue(account_id=owner, letter=OWNERS[fact.kind], **about))


async def _tell_recurring(tx: Tx, case: _Case) -> None:
    """One line for each time that what recurs changes; the row is locked, so no two write the same."""
    kind = _kind_of_change(case.row, case.held)
    if case.order.kind != "subscription" or kind is None:
        return
    await ledger.recurring(
        tx, case.connection, account_id=case.order.account_id, holding_id=case.row.id, tier=case.tier,
        held=case.held, kind=kind, number=case.asked, monthly=monthly(case.held) - case.row.monthly,
        reason=case.row.leave_reason if kind == "ended" else "",
    )  # fmt: skip


def _kind_of_change(row: Row[Any], held: Held) -> str | None:
    if row.status == Status.PENDING:
        return "started" if held.status in PAID else None
    if held.status is Status.ENDED:
        return "ended" if row.status != Status.ENDED else None
    if row.price_id != held.price_id or row.amount != held.amount or row.interval != held.interval:
        return "switched"
    return "changed" if monthly(held) != row.monthly else None


async def _settle_order(tx: Tx, order: Order, held: Held) -> None:
    if held.status is Status.PENDING or order.state == "paid" or _never_paid(held):
        return
    if not await orders.close(tx, order, "paid"):
        await orders.reopen_paid(tx, order)


def _never_paid(held: Held) -> bool:
    """It is over before it began: the bank debit bounced, the confirmation never came."""
    begun = held.trial_end is not None or any(fact.kind == "charge" for fact in held.facts)
    return held.status is Status.ENDED and not begun


async def _open(tx: Tx, case: _Case, seal: Seal) -> None:
    """What was paid for opens, or closes."""
    order = case.order
    match order.kind:
        case "subscription" | "purchase":
            await _open_tier(tx, case)
        case "gift":
            buyer = await accounts.one(tx, order.account_id)
            await vouchers.follow(tx, order, seal, buyer.name, opens=case.access.opens)
        case "unlock" if order.post_id is not None:
            change = unlocks.unlock if case.access.opens else unlocks.lock
            await change(tx, order.account_id, order.post_id, case.row.id)
        case _:
            pass


async def _open_tier(tx: Tx, case: _Case) -> None:
    order, held = case.order, case.held
    source: grants.Source = "subscription" if order.kind == "subscription" else "purchase"
    if case.access.opens and case.tier is not None:
        await grants.give(
            tx, order.community_id, order.account_id, case.tier.id, source=source, source_id=case.row.id,
            ends_at=case.access.until,
        )  # fmt: skip
    else:
        await grants.revoke(
            tx, order.community_id, order.account_id, sources=(source,), source_id=case.row.id
        )
    await grants.settle(tx, order.community_id, order.account_id)
    if held.status in RUNS and not held.cancelling and held.interval != "once":
        await _stop_if_gone(tx, order)


async def _stop_if_gone(tx: Tx, order: Order) -> None:
    """They left, were put out or deleted their account, and it runs on: it has to be ended."""
    standing = await queries.standing(tx, order.community_id, order.account_id)
    account = await accounts.one(tx, order.account_id)
    if account.state == "deleted" or standing is None or standing.state in (State.LEFT, State.BANNED):
        await emit(tx, PaidMemberGone(account_id=order.account_id, community_id=order.community_id))
