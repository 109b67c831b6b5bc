"""A pretend provider: its checkout is a page of ours, its cards are never charged. For demos and for tests.

It keeps time as a real one does: at the end of a period it charges again, or fails to; it cancels, pauses, pays back.
Marked as pretend wherever it is seen, and refused on public instances unless their operator allows it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from channel.errors import Conflict, Forbidden, NotFound
from channel.ids import new_id
from channel.payments import books
from channel.payments.books import Book
from channel.payments.model import DAY_MS, Connection, Held
from channel.payments.periods import MAX_PERIODS, after
from channel.payments.provider import Abilities, Checkout, Discount, Hint, Preview, Probe, Purchase
from channel.storage import Database
from channel.tiers.model import Price

GIVES_UP_AFTER_MS: Final = 21 * DAY_MS  # of failing payments, as the card networks' retries do


class Sandbox:
    """See Provider."""

    name: Final = "sandbox"
    abilities = Abilities()

    def __init__(self, db: Database, url: str) -> None:
        self._db = db
        self._url = url

    async def probe(self, connection: Connection, hook_url: str) -> Probe:
        """Always well."""
        return Probe(account="sandbox", name="Sandbox", live=False)

    async def checkout(self, connection: Connection, purchase: Purchase, key: str) -> Checkout:
        """A page of ours, on which one chooses how the pretend card behaves."""
        order = purchase.order
        book = Book(
            id=new_id(self._db.clock()), order_id=order.id, account_id=order.account_id, kind=order.kind,
            price_id=order.price_id, amount=order.amount, currency=order.currency, interval=order.interval,
            state="checkout", created_at=self._db.clock(), trial_days=order.trial_days, title=purchase.title,
            success_url=purchase.success_url, cancel_url=purchase.cancel_url,
        )  # fmt: skip
        _take_off(book, purchase.discount)
        async with self._db.write() as tx:
            await books.add(tx, connection, book, reference=order.id)
            found = await books.read(tx, connection, order.id)
        if found is None:
            raise NotFound("There is no such purchase.")
        return Checkout(external_id=found.book.id, url=f"{self._url}/sandbox/{found.book.id}")

    async def close_checkout(self, connection: Connection, external_id: str) -> None:
        """An open one is abandoned."""

        def close(book: Book) -> None:
            if book.state == "checkout":
                book.state = "abandoned"

        await self._change(connection, external_id, close)

    async def fetch(self, connection: Connection, reference: str) -> Held | None:
        """What the book says after all that was due has been charged."""
        now = self._db.clock()
        try:
            book = await self._change(connection, reference, lambda book: None)
        except NotFound:
            return None
        if book.state in ("checkout", "declined", "abandoned"):
            return None
        return books.held(book, now, live=False)

    async def recent(self, connection: Connection, since: int) -> Sequence[str]:
        """What was done to it, and what time has done."""
        async with self._db.read() as tx:
            return await books.moved(tx, connection, since)

    def read_hint(
        self, connection: Connection, body: bytes, headers: Mapping[str, str], now: int
    ) -> Sequence[Hint]:
        """Nobody outside speaks for it."""
        raise Forbidden("The sandbox sends no messages.", code="signature")

    async def preview(self, connection: Connection, external_id: str, price: Price, amount: int) -> Preview:
        """What is left of the paid period, against as much of the new one."""
        now = self._db.clock()
        async with self._db.read() as tx:
            found = await books.read(tx, connection, external_id)
        if found is None:
            raise NotFound("There is no such purchase.")
        book = found.book
        roll(book, now)
        return _cost(book, price, amount, now)

    async def switch(
        self, connection: Connection, external_id: str, price: Price, amount: int, *, prorate: bool, key: str
    ) -> None:
        """At once with what the difference comes to, or from the next charge on."""
        now = self._db.clock()

        def change(book: Book) -> None:
            _must_run(book)
            if key in book.done or (book.price_id, book.amount) == (price.id, amount):
                return
            cost = _cost(book, price, amount, now)
            if prorate and cost.now:
                _settle(book, cost, now)
            if prorate and book.interval != price.interval and not _in_trial(book, now):
                book.anchor, book.period_end = now, cost.next_at
            book.price_id, book.amount, book.interval = price.id, amount, price.interval
            book.done = [*book.done, key]

        await self._change(connection, external_id, change)

    async def discount(
        self, connection: Connection, external_id: str, discount: Discount, *, key: str
    ) -> None:
        """From the next charge on."""
        await self._change(connection, external_id, lambda book: _take_off(book, discount))

    async def cancel(self, connection: Connection, external_id: str, *, at_once: bool, key: str) -> None:
        """At the end of what is paid, or at once."""
        now = self._db.clock()

        def stop(book: Book) -> None:
            over = at_once or book.period_end is None or book.past_due_since is not None
            if book.state == "running" and over:
                book.end(now)
            elif book.state == "running":
                book.cancelling = True

        await self._change(connection, external_id, stop)

    async def resume(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Go on. Raises Conflict when it has ended."""

        now = self._db.clock()

        def go_on(book: Book) -> None:
            _must_run(book)
            if book.paused and book.period_end is not None and book.period_end <= now:
                book.anchor, book.period_end, book.past_due_since = now, now, None
            book.cancelling = book.paused = False

        await self._change(connection, external_id, go_on)

    async def pause(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Charge nothing until `resume`."""

        def rest(book: Book) -> None:
            _must_run(book)
            book.paused = True

        await self._change(connection, external_id, rest)

    async def refund(self, connection: Connection, charge_id: str, amount: int | None, *, key: str) -> None:
        """Pay back. Raises Conflict for more than is left of the charge."""
        now = self._db.clock()

        await self._change(connection, charge_id, lambda book: book.pay_back(charge_id, amount, now, key))

    async def portal(self, connection: Connection, customer: str, back_to: str) -> str:
        """There is none."""
        raise Conflict("The sandbox has no cards to change.", code="no_portal")

    async def pay(self, connection: Connection, external_id: str) -> Book:
        """The buyer's hand: the pretend card is good. Raises Conflict when the checkout is over."""
        now = self._db.clock()

        def begin(book: Book) -> None:
            if book.state == "running":
                return
            if book.state != "checkout":
                raise Conflict("This checkout is over. Go back and start again.", code="checkout_over")
            book.state, book.anchor = "running", now
            if book.interval == "once":
                book.charge(now, None, None)
            elif book.trial_days:
                book.trial_end = book.period_end = book.anchor = now + book.trial_days * DAY_MS
            else:
                book.charge(now, now, after(now, book.interval, 1))

        return await self._change(connection, external_id, begin)

    async def decline(self, connection: Connection, external_id: str) -> Book:
        """The pretend card is declined; another try is possible. No failed payment of anything that was bought."""

        def fail(book: Book) -> None:
            if book.state == "checkout":
                book.declines += 1

        return await self._change(connection, external_id, fail)

    async def world(self, connection: Connection, external_id: str, act: Callable[[Book], None]) -> Book:
        """What happens outside: a card that fails from now on, a dispute."""
        return await self._change(connection, external_id, act)

    async def _change(self, connection: Connection, reference: str, act: Callable[[Book], None]) -> Book:
        """What was due comes first, so that an act meets the book as it stands now."""

        def changed(book: Book) -> None:
            now = self._db.clock()
            roll(book, now)
            act(book)
            roll(book, now)
            book.due_at = _next(book)

        async with self._db.write() as tx:
            return await books.change(tx, connection, reference, changed)


def _take_off(book: Book, discount: Discount | None) -> None:
    if discount is not None:
        book.percent_off, book.amount_off = discount.percent, discount.amount
        book.periods_off = discount.periods


def _must_run(book: Book) -> None:
    if book.state != "running":
        raise Conflict("This subscription has ended. Start a new one.", code="ended")


def _in_trial(book: Book, now: int) -> bool:
    return book.trial_end is not None and book.trial_end > now


def _cost(book: Book, price: Price, amount: int, now: int) -> Preview:
    """What is left of the paid period is given back against as much of the new one, or against a whole new one."""
    later, before = book.less(amount), book.due()
    if _in_trial(book, now):
        return Preview(0, book.currency, later, book.trial_end)
    share = _share_left(book, now)
    if book.interval != price.interval:
        return Preview(later - round(before * share), book.currency, later, after(now, price.interval, 1))
    return Preview(round((later - before) * share), book.currency, later, book.period_end)


def _settle(book: Book, cost: Preview, now: int) -> None:
    """Charge what the switch costs now, or keep it as a credit."""
    if cost.now < 0:
        book.credit -= cost.now
        return
    last = book.charges[-1] if book.charges else None
    start = last.period_start if last and cost.next_at == book.period_end else now
    book.enter(cost.now, now, start, cost.next_at)


def _share_left(book: Book, now: int) -> float:
    last = book.charges[-1] if book.charges else None
    if last is None or last.period_start is None or book.period_end is None or book.period_end <= now:
        return 0.0
    return (book.period_end - now) / (book.period_end - last.period_start)


def roll(book: Book, now: int) -> None:
    """Let everything happen that was due until `now`: charges, failures, ends."""
    for _ in range(MAX_PERIODS):
        if not _step(book, now):
            return


def _step(book: Book, now: int) -> bool:
    """The next thing that time does to the book, if its time has come."""
    due = book.period_end
    if book.state != "running" or book.interval == "once" or due is None or due > now:
        return False
    if book.cancelling:
        book.end(due)
    elif book.paused:
        return False
    elif book.past_due_since is not None:
        return _try_again(book, book.past_due_since, due, now)
    elif book.failing:
        book.past_due_since, book.failures = due, [*book.failures, due]
    else:
        _renew(book, due, due)
    return True


def _try_again(book: Book, since: int, due: int, now: int) -> bool:
    if not book.failing:
        _renew(book, now, due)
    elif now >= since + GIVES_UP_AFTER_MS:
        book.end(since + GIVES_UP_AFTER_MS)
    else:
        return False
    return True


def _next(book: Book) -> int | None:
    if book.state != "running" or (book.paused and not book.cancelling):
        return None
    return book.period_end if book.past_due_since is None else book.past_due_since + GIVES_UP_AFTER_MS


def _renew(book: Book, at: int, start: int) -> None:
    if book.interval == "once":
        return
    count = 1
    while after(book.anchor, book.interval, count) <= start:
        count += 1
    book.charge(at, start, after(book.anchor, book.interval, count))
