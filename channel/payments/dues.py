"""What is owed and paid by hand: the book-keeping behind the adapter `manual`, and what creators do with it.

Nobody is charged: somebody transfers or brings the money, and the creator confirms that it came. A due opens a week
before the period that is paid for ends; from the end on it is overdue, and a month later what was not paid is over.
"""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Conflict, NotFound
from channel.events import ProviderHinted
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.outbox import schedule
from channel.payments import books, queries
from channel.payments.bank import CODE_CURRENCY, grouped
from channel.payments.books import Book
from channel.payments.codes import parse_code, shown
from channel.payments.model import DAY_MS, Connection, Options
from channel.payments.periods import after
from channel.payments.tables import books as table
from channel.storage import Tx

OPENS_BEFORE_MS: Final = 7 * DAY_MS
ENDS_AFTER_MS: Final = 30 * DAY_MS
MAX_SHOWN: Final = 300
MAX_REFERENCES: Final = 2_000
# Two groups of four, wherever they begin: banks break and join words as they like.
_REFERENCE: Final = re.compile(r"(?=\b([0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{4})\b)")
MAX_BACK_MS: Final = 366 * DAY_MS  # how long ago something that is confirmed now may have come


@dataclass(frozen=True, slots=True)
class Due:
    """One payment that is expected, or could be confirmed. `reference` is as it is printed.

    `since`: from when on it is expected. `until`: when the order is given up, or the period that is paid for ends;
    after that it is `overdue`. `number` counts the payments of one purchase: what was confirmed is another one.
    """

    id: str
    account_id: str
    name: str
    number: int
    reference: str
    title: str
    amount: int
    currency: str
    since: int
    until: int | None
    overdue: bool
    state: str  # checkout | owing | running | abandoned
    pay_to: Options

    @property
    def first(self) -> bool:
        return self.number == 1

    @property
    def iban(self) -> str:
        """In fours, as banks print it."""
        return grouped(self.pay_to.iban)

    @property
    def scannable(self) -> bool:
        """A banking app can be given it as a code."""
        return bool(self.pay_to.iban) and self.currency == CODE_CURRENCY and self.amount > 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment as the creator saw it: which due, and when (epoch ms) it came.

    `amount`: what came, when it is not what was due; it is taken for the whole. `late`: after it was given up.
    """

    purchase: str
    number: int
    at: int
    amount: int | None = None
    late: bool = False


def roll(book: Book, now: int) -> None:
    """Let everything happen that was due until `now`, and say when the next thing is."""
    if book.state != "running" or book.interval == "once" or book.period_end is None:
        book.due_at = None
        return
    end = book.period_end
    if book.cancelling:
        book.owing = False
        if end <= now:
            book.end(end)
    else:
        book.owing = end - OPENS_BEFORE_MS <= now
        book.past_due_since = end if end <= now else None
        if end + ENDS_AFTER_MS <= now:
            book.end(end + ENDS_AFTER_MS)
    moments = [end] if book.cancelling else [end - OPENS_BEFORE_MS, end, end + ENDS_AFTER_MS]
    book.due_at = next((at for at in moments if at > now), None) if book.state == "running" else None


def receive(book: Book, receipt: Receipt, now: int) -> None:
    """The money came: the first opens, each further one pays for the period that follows what is paid.

    Raises Conflict: confirmed for what was, not_owed for what nobody owes.
    """
    begins = book.state == "checkout" or (receipt.late and book.state == "abandoned")
    if not begins and (book.state != "running" or book.interval == "once"):
        raise Conflict("This is not owed any more.", code="not_owed")
    if receipt.number != len(book.charges) + 1:
        raise Conflict("Somebody has confirmed this payment already.", code="confirmed")
    came = book.due() if receipt.amount is None else receipt.amount
    if book.then is not None:
        book.price_id, book.amount = book.then.price_id, book.then.amount
        book.interval, book.anchor = book.then.interval, book.period_end or now
        book.then = None
    if begins:
        book.state, book.anchor = "running", now
    if book.interval == "once":
        book.enter(came, receipt.at, now, None)
        book.pass_on(None)
    else:
        start = now if begins or book.period_end is None else book.period_end
        end = _following(book, start)
        book.enter(came, receipt.at, start, end)
        book.pass_on(end)
    roll(book, now)


def _following(book: Book, start: int) -> int:
    """The end of the period that begins at `start`, counted from the anchor: the 31st stays the 31st."""
    if book.interval == "once":
        raise ValueError("once has no periods")
    count = 1
    while after(book.anchor, book.interval, count) <= start:
        count += 1
    return after(book.anchor, book.interval, count)


def references_in(text: str) -> list[str]:
    """What could be references in the lines of a bank statement, as they are stored."""
    return list(dict.fromkeys(parse_code(found) for found in _REFERENCE.findall(text)[:MAX_REFERENCES]))


async def owed(
    tx: Tx, by: Entitlement, community: Community, connection: Connection, find: str = ""
) -> list[Due]:
    """Who owes what, longest first. With `find`, a name or a text with references in it: what they could pay, owed or not.

    At most 300. Raises Forbidden.
    """
    require(by, community, Action.HANDLE_MONEY)
    _must_be_of(connection, community)
    query = select(table, accounts.c.name.label("person")).join(accounts, accounts.c.id == table.c.account_id)
    query = query.where(table.c.connection_id == connection.id)
    if find:
        find = "".join(char if char.isprintable() else " " for char in find)  # no database holds the rest
        named = accounts.c.name.icontains(find, autoescape=True)
        query = query.where(
            table.c.state.in_(("checkout", "owing", "running", "abandoned")),
            or_(table.c.reference.in_([parse_code(find), *references_in(find)]), named),
        )
    else:
        query = query.where(table.c.state.in_(("checkout", "owing")))
    rows = await tx.all(query.order_by(table.c.changed_at, table.c.id).limit(MAX_SHOWN))
    found = [_due(books.book_of(row), row.reference, row.person, connection, tx.now) for row in rows]
    payable = (due for due, book in zip(found, map(books.book_of, rows), strict=True) if _payable(book))
    return sorted(payable, key=lambda due: due.since)


def _payable(book: Book) -> bool:
    return book.state in ("checkout", "abandoned") or (book.state == "running" and book.interval != "once")


def _due(book: Book, reference: str, name: str, connection: Connection, now: int) -> Due:
    first, end = not book.charges, book.period_end
    since = book.created_at if first or end is None else end - OPENS_BEFORE_MS
    return Due(
        id=book.id, account_id=book.account_id, name=name, number=len(book.charges) + 1,
        reference=shown(reference, 4), title=book.title, amount=book.due(), currency=book.currency,
        since=since, until=book.waits_until if first else end,
        overdue=not first and end is not None and end <= now, pay_to=connection.options,
        state="owing" if book.owing and book.state == "running" else book.state,
    )  # fmt: skip


async def due(tx: Tx, connection: Connection, purchase: str) -> Due | None:
    """What is to be paid for an order or a holding (`external_id`) at the moment; None when nothing is."""
    query = select(table, accounts.c.name.label("person")).join(accounts, accounts.c.id == table.c.account_id)
    row = await tx.one(query.where(table.c.connection_id == connection.id, table.c.id == purchase))
    if row is None:
        return None
    book = books.book_of(row)
    roll(book, tx.now)
    found = _due(book, row.reference, row.person, connection, tx.now)
    return found if found.state in ("checkout", "owing") else None


async def confirm(
    tx: Tx, by: Entitlement, community: Community, connection: Connection, receipt: Receipt
) -> None:
    """The money came. Of two who confirm the same, one does. What follows is done by the worker at the latest.

    Raises Forbidden, NotFound, Conflict as `receive`.
    """
    require(by, community, Action.HANDLE_MONEY)
    _must_be_of(connection, community)

    def act(book: Book) -> None:
        roll(book, tx.now)
        receive(book, receipt, tx.now)

    await books.change(tx, connection, receipt.purchase, act)
    await schedule(tx, ProviderHinted(connection_id=connection.id, reference=receipt.purchase))


def _must_be_of(connection: Connection, community: Community) -> None:
    if connection.community_id != community.id or connection.provider != "manual":
        raise NotFound("There is no such payment account.")


async def taking(tx: Tx, community_id: str) -> Connection:
    """The community's account for what is paid by hand. Raises NotFound."""
    for one in await queries.connected(tx, community_id):
        if one.provider == "manual":
            return one
    raise NotFound("Nothing is paid by hand here.")
