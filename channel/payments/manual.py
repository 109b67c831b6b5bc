"""Bank transfer, cash, a club's dues: paid outside, confirmed by the creator. See dues for the book-keeping.

There is no card, so nothing is charged by itself: no trials that turn into payments, and nothing to pause.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from channel.errors import Conflict, Forbidden, NotFound
from channel.events import LetterDue
from channel.outbox import emit
from channel.payments import books, dues, queries
from channel.payments.books import Book, Switch
from channel.payments.codes import REFERENCE_CHARS, new_code
from channel.payments.model import Connection, Held
from channel.payments.provider import Abilities, Checkout, Discount, Hint, Preview, Probe, Purchase
from channel.storage import Database, Tx
from channel.tiers.model import Price

WAITS_DAYS: Final = 14  # a transfer takes days, and people take longer
TRIES: Final = 10  # for a reference that nobody has: of 2⁴⁰, so the first will do


class Manual:
    """See Provider."""

    name: Final = "manual"
    abilities = Abilities(trials=False, pauses=False, waits_days=WAITS_DAYS)

    def __init__(self, db: Database, url: str) -> None:
        self._db = db
        self._url = url

    async def probe(self, connection: Connection, hook_url: str) -> Probe:
        """Well as soon as one knows where to pay."""
        options = connection.options
        missing = () if options.iban or options.instructions else ("Say how one can pay: enter an account.",)
        return Probe(account="manual", name=options.payee, live=connection.live, problems=missing)

    async def checkout(self, connection: Connection, purchase: Purchase, key: str) -> Checkout:
        """A page of ours that says whereto and what to write on it. What costs nothing is paid."""
        order, now = purchase.order, self._db.clock()
        book = Book(
            id=order.id, order_id=order.id, account_id=order.account_id, kind=order.kind, price_id=order.price_id,
            amount=order.amount, currency=order.currency, interval=order.interval, state="checkout",
            created_at=now, title=purchase.title, waits_until=order.expires_at,
        )  # fmt: skip
        _take_off(book, purchase.discount)
        free = not book.due()
        if free:
            dues.receive(book, dues.Receipt(book.id, number=1, at=now), now)
        async with self._db.write() as tx:
            await _file(tx, connection, book)
        url = purchase.success_url if free else f"{self._url}/pay/{order.id}/transfer"
        return Checkout(external_id=order.id, url=url)

    async def close_checkout(self, connection: Connection, external_id: str) -> None:
        """One that waits is given up. Money that comes all the same can be found by its reference."""

        def close(book: Book) -> None:
            if book.state == "checkout":
                book.state = "abandoned"

        await self._change(connection, external_id, close)

    async def fetch(self, connection: Connection, reference: str) -> Held | None:
        """What the book says by now; whoever owes something is told once when it opens and once when it is overdue."""
        now = self._db.clock()
        try:
            book = await self._change(connection, reference, lambda book: None)
        except NotFound:
            return None
        return (
            None if book.state in ("checkout", "abandoned") else books.held(book, now, live=connection.live)
        )

    async def recent(self, connection: Connection, since: int) -> Sequence[str]:
        """What was done to it, and what time has done."""
        async with self._db.read() as tx:
            return await books.moved(tx, connection, since)

    def read_hint(
        self, connection: Connection, body: bytes, headers: Mapping[str, str], now: int
    ) -> Sequence[Hint]:
        """Nobody outside speaks for it: the creator's own word is what counts."""
        raise Forbidden("What is paid by hand sends no messages.", code="signature")

    async def preview(self, connection: Connection, external_id: str, price: Price, amount: int) -> Preview:
        """Nothing now: the next due is another one."""
        async with self._db.read() as tx:
            found = await books.read(tx, connection, external_id)
        if found is None:
            raise NotFound("There is no such purchase.")
        return Preview(0, found.book.currency, found.book.less(amount), found.book.period_end)

    async def switch(
        self, connection: Connection, external_id: str, price: Price, amount: int, *, prorate: bool, key: str
    ) -> None:
        """With the next payment."""

        def change(book: Book) -> None:
            _must_run(book)
            same = (book.price_id, book.amount) == (price.id, amount)
            book.then = None if same else Switch(price_id=price.id, amount=amount, interval=price.interval)

        await self._change(connection, external_id, change)

    async def discount(
        self, connection: Connection, external_id: str, discount: Discount, *, key: str
    ) -> None:
        """From the next due on."""
        await self._change(connection, external_id, lambda book: _take_off(book, discount))

    async def cancel(self, connection: Connection, external_id: str, *, at_once: bool, key: str) -> None:
        """At the end of what is paid, or at once."""
        now = self._db.clock()

        def stop(book: Book) -> None:
            over = at_once or book.period_end is None or book.period_end <= now
            if book.state == "running" and over:
                book.end(now)
            elif book.state == "running":
                book.cancelling = True

        await self._change(connection, external_id, stop)

    async def resume(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Go on. Raises Conflict when it has ended."""

        def go_on(book: Book) -> None:
            _must_run(book)
            book.cancelling = False

        await self._change(connection, external_id, go_on)

    async def pause(self, connection: Connection, external_id: str, *, key: str) -> None:
        """There is nothing to pause: nobody is charged."""
        raise Conflict("What is paid by hand cannot be paused. Cancel it, and come back.", code="no_pause")

    async def refund(self, connection: Connection, charge_id: str, amount: int | None, *, key: str) -> None:
        """Noted, so that access and figures follow. The creator sends the money back by themselves."""
        now = self._db.clock()
        await self._change(connection, charge_id, lambda book: book.pay_back(charge_id, amount, now, key))

    async def portal(self, connection: Connection, customer: str, back_to: str) -> str:
        """There is none."""
        raise Conflict("There is no card to change: this is paid by hand.", code="no_portal")

    async def _change(self, connection: Connection, reference: str, act: Callable[[Book], None]) -> Book:
        """Let time do what it does, then `act`; the letters that follow are in the same transaction."""
        async with self._db.write() as tx:
            before = (False, False)

            def changed(book: Book) -> None:
                nonlocal before
                before = _owes(book)
                dues.roll(book, tx.now)
                act(book)
                dues.roll(book, tx.now)

            book = await books.change(tx, connection, reference, changed)
            if any(now and not then for then, now in zip(before, _owes(book), strict=True)):
                await _remind(tx, connection, book)
        return book


async def _file(tx: Tx, connection: Connection, book: Book) -> None:
    """Under a reference that no other has; once for an order."""
    for _ in range(TRIES):
        if await books.add(tx, connection, book, new_code(REFERENCE_CHARS)):
            return
        if await books.read(tx, connection, book.id) is not None:
            return
    raise Conflict("No reference was free. Try again.")


async def _remind(tx: Tx, connection: Connection, book: Book) -> None:
    held = await queries.holding_at(tx, connection.id, book.id)
    if held is not None:
        community = connection.community_id
        letter = LetterDue(account_id=book.account_id, community_id=community, letter="dues", about=held.id)
        await emit(tx, letter)


def _owes(book: Book) -> tuple[bool, bool]:
    """Whether a due is open, and whether it is overdue."""
    return book.owing and book.state == "running", book.past_due_since is not None and book.state == "running"


def _take_off(book: Book, discount: Discount | None) -> None:
    if discount is not None:
        book.percent_off, book.amount_off = discount.percent, discount.amount
        book.periods_off = discount.periods


def _must_run(book: Book) -> None:
    if book.state != "running":
        raise Conflict("This subscription has ended. Start a new one.", code="ended")
