"""What providers tell us, and what they did not: messages stored before they are answered, and the hourly look."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy import delete, or_, select, update

from channel.errors import NotFound
from channel.events import (
    Event,
    OrderOver,
    PaidMemberGone,
    PriceChangeCalledOff,
    PriceChangeDue,
    PriceChangeTold,
    ProviderHinted,
    PurchasesEnd,
    ReconcileDue,
)
from channel.members import State
from channel.members.queries import standing
from channel.outbox import schedule
from channel.payments import closing, queries, raising
from channel.payments.counter import Counter
from channel.payments.model import DAY_MS, Connection
from channel.payments.tables import connections, hints
from channel.storage import Database, Tx

RECONCILE_MS: Final = 60 * 60 * 1000
OVERLAP_MS: Final = 60 * 60 * 1000  # of two looks: what was told late at the edge is looked at twice
STALE_MS: Final = DAY_MS  # what nothing was said of for so long is looked at all the same
STALE_AT_ONCE: Final = 200
HINTS_KEPT_MS: Final = 60 * DAY_MS  # providers repeat a message for days, and it can be replayed for longer


async def hear(
    db: Database, counter: Counter, connection: Connection, body: bytes, headers: Mapping[str, str]
) -> int:
    """Store what a message is about; return how much of it is new. Raises Forbidden for one that is not authentic."""
    told = counter.provider(connection).read_hint(connection, body, headers, db.clock())
    new = 0
    async with db.write() as tx:
        for hint in told:
            row = {
                "connection_id": connection.id, "event_id": hint.event_id, "kind": hint.kind[:100],
                "reference": hint.reference, "at": tx.now,
            }  # fmt: skip
            if await tx.run(tx.insert(hints).values(**row).on_conflict_do_nothing()):
                new += 1
                if hint.reference:
                    await schedule(tx, ProviderHinted(connection_id=connection.id, reference=hint.reference))
    return new


def payments_handler(db: Database, counter: Counter) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "payments". What it raises is tried again."""

    async def handle(event: Event) -> None:
        match event:
            case ProviderHinted(connection_id=connection_id, reference=reference):
                await _follow(counter, connection_id, reference)
            case OrderOver(order_id=order_id):
                await _give_up(db, counter, order_id)
            case ReconcileDue(connection_id=connection_id):
                await reconcile(db, counter, connection_id)
            case PriceChangeTold():
                await raising.tell(db, event)
            case PriceChangeCalledOff():
                await raising.tell_off(db, event)
            case PriceChangeDue():
                await raising.carry_out(db, counter, event)
            case PurchasesEnd():
                await closing.carry_out(db, counter, event)
            case PaidMemberGone():
                await _stop(db, counter, event)
            case _:
                raise TypeError(f"{event.kind} is not about payments.")

    return handle


async def _follow(counter: Counter, connection_id: str, reference: str) -> None:
    try:
        await counter.refresh(connection_id, reference)
    except NotFound:  # the community has gone, and its payment accounts with it
        return


async def _stop(db: Database, counter: Counter, event: PaidMemberGone) -> None:
    """Who was put out or deleted pays nothing from now on; who left keeps what is paid to its end, if they return."""
    async with db.read() as tx:
        there = await standing(tx, event.community_id, event.account_id)
    if there is not None and there.state in (State.ACTIVE, State.MUTED):
        return  # they are back
    banned = there is not None and there.state is State.BANNED
    await counter.stop_all(event.account_id, event.community_id, at_once=banned)


async def reconcile(db: Database, counter: Counter, connection_id: str) -> int:
    """Let all be looked at that changed since the last look, whoever told us, and what was not looked at for longest.

    Each is a job of its own, because a provider takes its time for every answer. Returns how many they are. Raises
    Unavailable, Forbidden.
    """
    async with db.read() as tx:
        connection = await queries.connection(tx, connection_id, counter.seal)
        now = tx.now
        old = await queries.stale(tx, connection_id, now - STALE_MS, STALE_AT_ONCE)
    since = (connection.reconciled_at or connection.created_at) - OVERLAP_MS
    told = await counter.provider(connection).recent(connection, since)
    references = dict.fromkeys([*told, *old])
    async with db.write() as tx:
        for reference in references:
            await schedule(tx, ProviderHinted(connection_id=connection_id, reference=reference))
        looked = update(connections).where(connections.c.id == connection_id)
        await tx.run(looked.values(reconciled_at=now, problem=""))
    return len(references)


async def sweep(tx: Tx) -> None:
    """The worker's: plan the hourly looks, and forget old messages."""
    due = or_(connections.c.reconciled_at.is_(None), connections.c.reconciled_at <= tx.now - RECONCILE_MS)
    for row in await tx.all(select(connections.c.id).where(due)):
        await schedule(tx, ReconcileDue(connection_id=row.id))
    await tx.run(delete(hints).where(hints.c.at < tx.now - HINTS_KEPT_MS))


async def _give_up(db: Database, counter: Counter, order_id: str) -> None:
    async with db.read() as tx:
        try:
            order = await queries.order(tx, order_id)
        except NotFound:  # the community has gone
            return
    await counter.give_up(order)
