"""The books of the providers that are ourselves: what each purchase is, what was charged, paid back and contested.

A book is written whole, and only over the revision it was read at, so that two who change it at once do not lose one
another's entries: the second reads it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import select, update

from channel.errors import Conflict, NotFound
from channel.ids import is_id
from channel.payments.model import Connection, Fact, Held, OrderKind, Status
from channel.payments.tables import books
from channel.storage import Tx
from channel.tiers.model import Interval

MAX_LISTED: Final = 1_000


class Charge(msgspec.Struct, kw_only=True):
    """One payment for one period (or for good). `dispute`: "" | open | lost | won."""

    id: str
    amount: int
    at: int
    period_start: int | None = None
    period_end: int | None = None
    refunded: int = 0
    refunded_at: int = 0
    refunds: int = 0
    dispute: str = ""
    dispute_at: int = 0


class Book(msgspec.Struct, kw_only=True):
    """One purchase as its provider keeps it. `state`: checkout | running | ended | declined | abandoned."""

    id: str
    order_id: str
    account_id: str
    kind: OrderKind
    price_id: str | None
    amount: int
    currency: str
    interval: Interval
    state: str
    created_at: int
    percent_off: int = 0
    amount_off: int = 0
    periods_off: int | None = None  # how many more charges are less; None: for ever
    trial_days: int = 0
    title: str = ""
    success_url: str = ""
    cancel_url: str = ""
    anchor: int = 0  # where its periods are counted from
    period_end: int | None = None
    trial_end: int | None = None
    past_due_since: int | None = None
    failing: bool = False  # the pretend card is declined
    paused: bool = False
    cancelling: bool = False
    ended_at: int | None = None
    failures: list[int] = []
    charges: list[Charge] = []

    def due(self) -> int:
        """What the next charge comes to, in minor units."""
        if self.periods_off == 0:
            return self.amount
        return max(0, self.amount - self.amount * self.percent_off // 100 - self.amount_off)

    def charge(self, at: int, start: int | None, end: int | None) -> None:
        """A payment came for the period."""
        made = Charge(
            id=f"{self.id}.{len(self.charges) + 1}",
            amount=self.due(),
            at=at,
            period_start=start,
            period_end=end,
        )
        self.charges = [*self.charges, made]
        self.period_end = end
        self.past_due_since = None
        if self.periods_off:
            self.periods_off -= 1

    def find(self, charge_id: str) -> Charge:
        """Raises NotFound."""
        for charge in self.charges:
            if charge.id == charge_id:
                return charge
        raise NotFound("There is no such payment.")

    def end(self, at: int) -> None:
        self.state, self.ended_at, self.cancelling = "ended", at, False


_book = msgspec.json.Decoder(Book)


def held(book: Book, now: int, *, live: bool) -> Held:
    """What the book says, in the words of the port."""
    last = book.charges[-1] if book.charges else None
    return Held(
        external_id=book.id, order_id=book.order_id, account_id=book.account_id, customer=book.account_id,
        price_id=book.price_id, status=_status(book, last, now), amount=book.amount, currency=book.currency,
        interval=book.interval, live=live, created_at=last.at if last and book.interval == "once" else book.created_at,
        period_start=last.period_start if last else None, period_end=book.period_end, trial_end=book.trial_end,
        past_due_since=book.past_due_since, cancelling=book.cancelling, ended_at=book.ended_at,
        checkout_id=book.id, facts=tuple(_facts(book)),
    )  # fmt: skip


def _status(book: Book, last: Charge | None, now: int) -> Status:
    if book.state in ("checkout", "declined", "abandoned"):
        return Status.PENDING
    if last is not None and last.dispute in ("open", "lost"):
        return Status.DISPUTED if book.state != "ended" or book.interval == "once" else Status.ENDED
    if last is not None and last.amount and last.refunded >= last.amount:
        return Status.REFUNDED if book.state != "ended" or book.interval == "once" else Status.ENDED
    if book.state == "ended":
        return Status.ENDED
    if book.paused:
        return Status.PAUSED
    if book.past_due_since is not None:
        return Status.PAST_DUE
    return Status.TRIAL if book.trial_end is not None and book.trial_end > now else Status.ACTIVE


def _facts(book: Book) -> list[Fact]:
    found = [Fact("failed", f"{book.id}.failed.{at}", book.due(), book.currency, at) for at in book.failures]
    for charge in book.charges:
        found.append(Fact("charge", charge.id, charge.amount, book.currency, charge.at))
        if charge.refunded:
            name = f"{charge.id}.refund.{charge.refunds}"
            found.append(Fact("refund", name, charge.refunded, book.currency, charge.refunded_at))
        if charge.dispute:
            found.append(Fact("dispute", charge.id, charge.amount, book.currency, charge.dispute_at))
        if charge.dispute == "won":
            found.append(Fact("dispute_won", charge.id, charge.amount, book.currency, charge.dispute_at))
    return sorted(found, key=lambda fact: fact.at)


@dataclass(frozen=True, slots=True)
class Found:
    """A book with the revision that it was read at."""

    book: Book
    rev: int


async def add(tx: Tx, connection: Connection, book: Book, reference: str) -> bool:
    """A new book. False, and nothing written, when this reference has one."""
    row = {
        "id": book.id, "connection_id": connection.id, "account_id": book.account_id, "state": book.state,
        "reference": reference, "data": _text(book), "rev": 1, "changed_at": tx.now,
    }  # fmt: skip
    return bool(await tx.run(tx.insert(books).values(**row).on_conflict_do_nothing()))


async def read(tx: Tx, connection: Connection, reference: str) -> Found | None:
    """By the book's own id, a charge of it, or what it was filed under."""
    key = reference.partition(".")[0]
    which = books.c.id == key if is_id(key) else books.c.reference == reference
    row = await tx.one(select(books).where(books.c.connection_id == connection.id, which))
    if row is None and is_id(key):
        filed = (books.c.connection_id == connection.id, books.c.reference == key)
        row = await tx.one(select(books).where(*filed))
    return None if row is None else Found(_book.decode(row.data), row.rev)


async def write(tx: Tx, found: Found) -> None:
    """Write the book over the revision it was read at. Raises Conflict when somebody was faster."""
    fresh = {
        "data": _text(found.book), "state": found.book.state, "rev": found.rev + 1, "changed_at": tx.now,
    }  # fmt: skip
    same = update(books).where(books.c.id == found.book.id, books.c.rev == found.rev)
    if not await tx.run(same.values(**fresh)):
        raise Conflict("Somebody changed this at the same moment. Try again.")


async def change(tx: Tx, connection: Connection, reference: str, act: Callable[[Book], None]) -> Book:
    """Read, change and write a book. Raises NotFound."""
    found = await read(tx, connection, reference)
    if found is None:
        raise NotFound("There is no such purchase.")
    before = _text(found.book)
    act(found.book)
    if _text(found.book) != before:
        await write(tx, found)
    return found.book


async def listed(tx: Tx, connection: Connection, *states: str, since: int = 0) -> Sequence[Book]:
    """Books in these states, or changed since then (epoch ms): oldest change first, at most 1,000."""
    wanted = (
        (books.c.state.in_(states)) | (books.c.changed_at >= since) if since else books.c.state.in_(states)
    )
    query = select(books.c.data).where(books.c.connection_id == connection.id, wanted)
    rows = await tx.all(query.order_by(books.c.changed_at, books.c.id).limit(MAX_LISTED))
    return [_book.decode(row.data) for row in rows]


def _text(book: Book) -> str:
    return msgspec.json.encode(book).decode()
