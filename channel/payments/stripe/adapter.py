"""Stripe behind the port. See Provider for what each method promises."""

from collections.abc import Mapping, Sequence
from typing import Final

from channel.errors import Conflict, Forbidden, NotFound
from channel.payments.model import Connection, Held
from channel.payments.provider import Abilities, Checkout, Discount, Hint, Preview, Probe, Purchase
from channel.payments.stripe import changing, finding, hints, probing
from channel.payments.stripe.checkout import SHORTEST_MS, Opening, opened
from channel.payments.stripe.held import ORDER, held_of, marks_of, prices_in
from channel.payments.stripe.line import Line
from channel.payments.stripe.offers import ours_of, theirs_of
from channel.storage import Database
from channel.tiers.model import Price

MAX_EVENTS: Final = (
    10_000  # of one look; what is older is found by looking at what was not looked at for longest
)


class Stripe:
    """`address` is where Stripe is; None for Stripe itself."""

    name: Final = "stripe"
    abilities = Abilities(portal=True)

    def __init__(self, db: Database, address: str | None = None) -> None:
        self._db = db
        self._line = Line(address)

    async def probe(self, connection: Connection, hook_url: str) -> Probe:
        """Account, name and mode behind the key, and all that is wrong with it or with the webhook."""
        key = connection.keys.api
        problem = probing.wrong_with_key(key)
        if problem:
            return Probe(account="", name="", live=False, problems=(problem,))
        try:
            restricted = key.startswith("rk_")
            seen = await self._line.ask(connection, lambda api: probing.look(api, restricted=restricted))
        except Forbidden as refusal:
            return Probe(account="", name="", live=probing.is_live(key), problems=(refusal.detail,))
        return probing.probe_of(connection, hook_url, seen)

    async def checkout(self, connection: Connection, purchase: Purchase, key: str) -> Checkout:
        """A page of Stripe's. Raises Conflict (checkout_over) for an order that has less than 30 minutes left."""
        order = purchase.order
        if order.expires_at - self._db.clock() < SHORTEST_MS:
            raise Conflict("This checkout is over. Go back and start again.", code="checkout_over")
        price = None
        if order.kind in ("subscription", "purchase") and order.price_id is not None:
            price = await theirs_of(self._line, self._db, connection, order.price_id, order.amount)
        opening = Opening(connection, purchase, price, key)
        return await self._line.ask(connection, lambda api: opened(api, opening))

    async def close_checkout(self, connection: Connection, external_id: str) -> None:
        """The page is closed, unless it was paid on or has closed by itself."""

        try:
            await self._line.ask(connection, lambda api: changing.close(api, external_id))
        except NotFound:
            return

    async def fetch(self, connection: Connection, reference: str) -> Held | None:
        """By the id of a checkout, a subscription, a payment, a charge, an invoice, a refund or a dispute."""
        try:
            thing = await self._line.ask(connection, lambda api: finding.find(api, reference))
            if thing is None:
                return None
            prices = await ours_of(self._db, connection, prices_in(thing))
            if not prices and ORDER not in marks_of(thing):
                return None
            money = await self._line.ask(connection, lambda api: finding.money_of(api, thing))
        except NotFound:
            return None
        return held_of(thing, money, prices)

    async def recent(self, connection: Connection, since: int) -> Sequence[str]:
        """From Stripe's own list of events, which it keeps for 30 days."""
        told = await self._line.ask(connection, lambda api: hints.told_since(api, since, MAX_EVENTS))
        references = (hints.reference_of(event) for event in reversed(told))
        return list(dict.fromkeys(one for one in references if one))

    def read_hint(
        self, connection: Connection, body: bytes, headers: Mapping[str, str], now: int
    ) -> Sequence[Hint]:
        """One event."""
        return hints.read(connection, body, headers, now)

    async def preview(self, connection: Connection, external_id: str, price: Price, amount: int) -> Preview:
        """As Stripe adds it up, taxes and all."""
        there = await theirs_of(self._line, self._db, connection, price.id, amount)
        now = self._db.clock()
        return await self._line.ask(
            connection, lambda api: changing.preview(api, external_id, price, there, amount, now)
        )

    async def switch(
        self, connection: Connection, external_id: str, price: Price, amount: int, *, prorate: bool, key: str
    ) -> None:
        """At once, with what the difference comes to; or at once, and paid from the next period on."""
        there = await theirs_of(self._line, self._db, connection, price.id, amount)
        await self._line.ask(
            connection,
            lambda api: changing.switch(api, external_id, price, there, prorate=prorate, key=key),
        )

    async def discount(
        self, connection: Connection, external_id: str, discount: Discount, *, key: str
    ) -> None:
        """Beside what it has."""
        now = self._db.clock()
        await self._line.ask(
            connection,
            lambda api: changing.discount(api, connection, external_id, discount, key=key, now=now),
        )

    async def cancel(self, connection: Connection, external_id: str, *, at_once: bool, key: str) -> None:
        """What is not paid for at present ends at once in any case."""
        if external_id.startswith("sub_"):  # else it was paid once
            await self._line.ask(
                connection, lambda api: changing.cancel(api, external_id, at_once=at_once, key=key)
            )

    async def resume(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Charged at once when a period has begun while nothing was charged."""
        await self._line.ask(connection, lambda api: changing.resume(api, external_id, key=key))

    async def pause(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Invoices are void until it is resumed."""
        await self._line.ask(connection, lambda api: changing.pause(api, external_id, key=key))

    async def refund(self, connection: Connection, charge_id: str, amount: int | None, *, key: str) -> None:
        """Raises Conflict (refunded)."""
        await self._line.ask(connection, lambda api: changing.refund(api, charge_id, amount, key=key))

    async def portal(self, connection: Connection, customer: str, back_to: str) -> str:
        """Stripe's customer portal, as the creator has set it up."""
        if not customer:
            raise Conflict(changing.NO_CUSTOMER, code="no_portal")
        return await self._line.ask(connection, lambda api: changing.portal(api, customer, back_to))
