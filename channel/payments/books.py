"""The books of the providers that are ourselves: what each purchase is, what was charged, paid back and contested.

A book is written whole, so whoever changes one locks it first; the revision it was read at is asked for once more, so
that no entry of another is lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Row, or_, select, update

from channel.errors import Conflict, NotFound
from channel.ids import is_id
from channel.payments.model import Connection, Fact, Held, OrderKind, Status
from channel.payments.tables import books
from channel.storage import Tx, locking
from channel.tiers.model import Interval

MAX_LISTED: Final = 1_000
MAX_MOVED: Final = 100_000  # ids only: whatever changed since the last look has to be in one answer


class Refund(msgspec.Struct, kw_only=True):
    """A part of a charge, or all of it, that was paid back."""

    amount: int
    at: int


class Charge(msgspec.Struct, kw_only=True):
    """One payment for one period (or for good). `dispute`: "" | open | lost | won."""

    id: str
    amount: int
    at: int
    period_start: int | None = None
    period_end: int | None = None
    refunds: list[Refund] = []
    dispute: str = ""
    dispute_at: int = 0

    @property
    def refunded(self) -> int:
        """How much of it was paid back, in minor units."""
        return sum(refund.amount for refund in self.refunds)


class Switch(msgspec.Struct, kw_only=True):
    """What the purchase becomes with its next payment."""

    price_id: str
    amount: int
    interval: Interval


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
    declines: int = 0  # of tries at the checkout
    paused: bool = False
    cancelling: bool = False
    ended_at: int | None = None
    failures: list[int] = []
    charges: list[Charge] = []
    credit: int = 0  # from a switch to something cheaper; the next charges are less by it
    done: list[str] = []  # keys of acts that must not happen twice
    due_at: int | None = None  # when time alone changes it next
    then: Switch | None = None
    owing: bool = False  # the next payment is expected, by hand
    waits_until: int | None = None  # when an order that nobody pays is given up

    def due(self) -> int:
        """What the next charge comes to, in minor units, without a credit."""
        return self.less(self.then.amount if self.then else self.amount)

    def less(self, amount: int) -> int:
        """What is charged for something of this price while the discount lasts."""
        if self.periods_off == 0:
            return amount
        return max(0, amount - amount * self.percent_off // 100 - self.amount_off)

    def charge(self, at: int, start: int | None, end: int | None) -> None:
        """What is due came for the period."""
        due = self.due()
        spent = min(self.credit, due)
        self.credit -= spent
        self.enter(due - spent, at, start, end)
        self.pass_on(end)

    def pass_on(self, end: int | None) -> None:
        """What was due is paid: the next is due at `end`."""
        self.period_end, self.past_due_since, self.owing = end, None, False
        if self.periods_off:
            self.periods_off -= 1

    def enter(self, amount: int, at: int, start: int | None, end: int | None) -> None:
        """Write a payment down, whatever was due."""
        number = len(self.charges) + 1
        made = Charge(id=f"{self.id}.{number}", amount=amount, at=at, period_start=start, period_end=end)
        self.charges = [*self.charges, made]

    def pay_back(self, charge_id: str, amount: int | None, at: int, key: str) -> None:
        """Write down that a charge was paid back: once for a key. Raises Conflict for more than is left of it."""
        if key in self.done:
            return
        charge = self.find(charge_id)
        left = charge.amount - charge.refunded
        if not left or (amount or 0) > left:
            raise Conflict("There is not that much left of this payment.", code="refunded")
        charge.refunds = [*charge.refunds, Refund(amount=amount or left, at=at)]
        self.done = [*self.done, key]

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
        price_id=book.price_id, status=_status(book, now), currency=book.currency,
        amount=book.less(book.amount) if book.periods_off is None else book.amount,
        interval=book.interval, live=live, created_at=_began(book, last),
        period_start=last.period_start if last else None, period_end=book.period_end, trial_end=book.trial_end,
        past_due_since=book.past_due_since, cancelling=book.cancelling, ended_at=book.ended_at,
        checkout_id=book.id, facts=tuple(_facts(book)),
    )  # fmt: skip


def _began(book: Book, last: Charge | None) -> int:
    """What is paid once counts from its payment, or from when the creator wrote that down."""
    return (last.period_start or last.at) if last and book.interval == "once" else book.created_at


def _status(book: Book, now: int) -> Status:
    if book.state in ("checkout", "declined", "abandoned"):
        return Status.PENDING
    over = book.state == "ended" and book.interval != "once"
    start = book.charges[-1].period_start if book.charges else None
    present = [charge for charge in book.charges if charge.period_start == start]
    if any(charge.dispute in ("open", "lost") for charge in present):
        return Status.ENDED if over else Status.DISPUTED
    paid, back = sum(charge.amount for charge in present), sum(charge.refunded for charge in present)
    if paid and back >= paid:
        return Status.ENDED if over else Status.REFUNDED
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
        for number, refund in enumerate(charge.refunds, 1):
            name = f"{charge.id}.refund.{number}"
            found.append(Fact("refund", name, refund.amount, book.currency, refund.at))
        if charge.dispute:
            found.append(Fact("dispute", charge.id, charge.amount, book.currency, charge.dispute_at))
        if charge.dispute == "won":
            found.append(Fact("dispute_won", charge.id, charge.amount, book.currency, charge.dispute_at))
    return sorted(found, key=lambda fact: fact.at)


def book_of(row: Row[Any]) -> Book:
    """The book in a row of the table."""
    return _book.decode(row.data)


@dataclass(frozen=True, slots=True)
class Found:
    """A book with the revision that it was read at."""

    book: Book
    rev: int


async def add(tx: Tx, connection: Connection, book: Book, reference: str) -> bool:
    """A new book. False, and nothing written, when this reference has one."""
    row = {
        "id": book.id, "connection_id": connection.id, "account_id": book.account_id, "state": _filed(book),
        "reference": reference, "data": _text(book), "rev": 1, "changed_at": tx.now, "due_at": book.due_at,
    }  # fmt: skip
    return bool(await tx.run(tx.insert(books).values(**row).on_conflict_do_nothing()))


async def read(tx: Tx, connection: Connection, reference: str, *, lock: bool = False) -> Found | None:
    """By the book's own id, a charge of it, or what it was filed under. Locked, it waits for others who change it."""
    key = reference.partition(".")[0]
    which = or_(books.c.id == key, books.c.reference == key) if is_id(key) else books.c.reference == key
    query = select(books).where(books.c.connection_id == connection.id, which)
    row = await tx.one(locking(tx.dialect, query) if lock else query)
    return None if row is None else Found(book_of(row), row.rev)


async def write(tx: Tx, found: Found) -> None:
    """Write the book over the revision it was read at. Raises Conflict when somebody was faster."""
    fresh = {
        "data": _text(found.book), "state": _filed(found.book), "rev": found.rev + 1, "changed_at": tx.now,
        "due_at": found.book.due_at,
    }  # fmt: skip
    same = update(books).where(books.c.id == found.book.id, books.c.rev == found.rev)
    if not await tx.run(same.values(**fresh)):
        raise Conflict("Somebody changed this at the same moment. Try again.")


async def change(tx: Tx, connection: Connection, reference: str, act: Callable[[Book], None]) -> Book:
    """Read, change and write a book. Raises NotFound."""
    found = await read(tx, connection, reference, lock=True)
    if found is None:
        raise NotFound("There is no such purchase.")
    before = _text(found.book)
    act(found.book)
    if _text(found.book) != before:
        await write(tx, found)
    return found.book


async def moved(tx: Tx, connection: Connection, since: int) -> Sequence[str]:
    """Ids of books that were changed since then (epoch ms), or that time has changed: longest ago first, at most 100,000.

    Of those that time has changed, whoever fetches them all finds fewer the next time, so more would come in turns.
    """
    wanted = or_(books.c.changed_at >= since, books.c.due_at <= tx.now)
    query = select(books.c.id).where(books.c.connection_id == connection.id, wanted)
    rows = await tx.all(query.order_by(books.c.due_at.is_(None), books.c.due_at, books.c.id).limit(MAX_MOVED))
    return [row.id for row in rows]


def _filed(book: Book) -> str:
    """The state that lists ask for."""
    return "owing" if book.owing and book.state == "running" else book.state


def _text(book: Book) -> str:
    return msgspec.json.encode(book).decode()
