"""The customer's and the world's hands: what happens at the provider that we did not ask for.

Everything takes and answers ids or copies of objects, and holds the ledger's lock.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from . import changes, customers, invoices, paying, payments, reversals, subscriptions, webhooks
from .catalog import create_price, create_product
from .ledger import Ledger, Secrets
from .params import Given
from .shapes import Wire, copied

P = ParamSpec("P")
R = TypeVar("R")


def _held(method: Callable[P, R]) -> Callable[P, R]:
    """Hold the lock, and answer a copy: what a test does with it does not reach the ledger."""

    @functools.wraps(method)
    def holding(*args: P.args, **kwargs: P.kwargs) -> R:
        with cast(Hands, args[0]).ledger.lock:
            answer: R = copied(method(*args, **kwargs))
            return answer

    return holding


class Hands:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def _of(self, kind: str, identity: str) -> Wire:
        return self.ledger.tables[kind][identity]

    # --- looking ---

    @_held
    def look(self, identity: str) -> Wire:
        """Any object by its id."""
        return next(rows[identity] for rows in self.ledger.tables.values() if identity in rows)

    @_held
    def all(self, kind: str, **wanted: Any) -> list[Wire]:
        """Of this kind with these values, oldest first."""
        rows = self.ledger.tables.get(kind, {}).values()
        return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]

    @_held
    def charge_of(self, invoice: str) -> Wire:
        """The last charge that was made for an invoice."""
        intent = invoices.intent_of(self.ledger, self._of("invoice", invoice))
        return self._of("charge", intent["latest_charge"])

    # --- inside a checkout ---

    @_held
    def pay(
        self,
        session: str,
        *,
        email: str = "ada@example.com",
        name: str = "Ada Nord",
        amount: int | None = None,
        code: str | None = None,
        slowly: bool = False,
    ) -> Wire:
        """Fill in the page and pay. `slowly`: by bank debit, which `settle` or `bounce` decides later."""
        opened = paying.open_session(self.ledger, session)
        if code:
            paying.with_code(self.ledger, opened, code)
        kind = "sepa_debit" if slowly else "card"
        paying.pay(self.ledger, opened, email=email, name=name, kind=kind, outcome="works", amount=amount)
        return opened

    @_held
    def decline(self, session: str, *, amount: int | None = None) -> Wire:
        """Try a card that the bank refuses; the page stays open for another."""
        opened = paying.open_session(self.ledger, session)
        self._tried(opened, "declines", amount)
        return opened

    @_held
    def leave_at_the_bank(self, session: str) -> Wire:
        """Walk away when the bank asks for confirmation: an `incomplete` subscription stays behind; answers it."""
        opened = paying.open_session(self.ledger, session)
        self._tried(opened, "leaves", None)
        return self.ledger.all("subscription")[0]

    def _tried(self, session: Wire, outcome: str, amount: int | None) -> None:
        about = {"email": "ada@example.com", "name": "Ada Nord", "kind": "card", "outcome": outcome}
        paying.pay(self.ledger, session, amount=amount, **about)

    @_held
    def settle(self, intent: str) -> None:
        """A bank debit arrives."""
        self._settled(intent, works=True)

    @_held
    def bounce(self, intent: str) -> None:
        """A bank debit comes back."""
        self._settled(intent, works=False)

    def _settled(self, identity: str, *, works: bool) -> None:
        intent = self._of("payment_intent", identity)
        payments.settle(self.ledger, intent, works=works)
        self.ledger.happen("payment_settled", identity)
        paying.settled(self.ledger, intent)

    # --- the customer's card and invoices ---

    @_held
    def card(self, customer: str, outcome: str) -> None:
        """From now on every card of this customer `works` or `declines`."""
        assert outcome in ("works", "declines"), outcome
        for method in self.ledger.all("payment_method"):
            if method["customer"] == customer:
                self.ledger.hidden.cards[method["id"]].outcome = outcome

    @_held
    def new_card(self, subscription: str) -> Wire:
        """In the portal, the customer gives a card that works."""
        known = self._of("subscription", subscription)
        customer = self._of("customer", known["customer"])
        method = payments.new_method(
            self.ledger, "card", "works", email=customer["email"], name=customer["name"]
        )
        payments.attach(self.ledger, method, customer["id"])
        with self.ledger.changing(known, changes.UPDATED):
            known["default_payment_method"] = method["id"]
        return method

    @_held
    def pay_invoice(self, invoice: str) -> Wire:
        """Pay an open invoice on its own page, with a new card that works."""
        owed = self._of("invoice", invoice)
        method = payments.new_method(self.ledger, "card", "works", email=owed["customer_email"], name=None)
        payments.attach(self.ledger, method, owed["customer"])
        assert invoices.collect(self.ledger, owed, method) == "succeeded"
        return owed

    # --- in the portal, or by the account's owner in the dashboard ---

    def _update(self, subscription: str, values: Wire) -> Wire:
        return changes.update(self.ledger, Given(values), subscription)

    @_held
    def switch(self, subscription: str, price: str, *, behaviour: str = "create_prorations") -> Wire:
        item = self._of("subscription", subscription)["items"]["data"][0]["id"]
        return self._update(
            subscription, {"items": [{"id": item, "price": price}], "proration_behavior": behaviour}
        )

    @_held
    def cancel_at_period_end(self, subscription: str, *, feedback: str | None = None) -> Wire:
        said = {"cancellation_details": {"feedback": feedback}} if feedback else {}
        return self._update(subscription, {"cancel_at_period_end": True, **said})

    @_held
    def end_at(self, subscription: str, moment: int) -> Wire:
        return self._update(subscription, {"cancel_at": moment})

    @_held
    def return_before_the_end(self, subscription: str) -> Wire:
        return self._update(subscription, {"cancel_at_period_end": False})

    @_held
    def cancel_now(self, subscription: str) -> Wire:
        return changes.cancel(self.ledger, Given({}), subscription)

    @_held
    def pause(self, subscription: str) -> Wire:
        return changes.pause(self.ledger, Given({}), subscription)

    @_held
    def resume(self, subscription: str) -> Wire:
        return changes.resume(self.ledger, Given({}), subscription)

    @_held
    def pause_collection(
        self, subscription: str, behavior: str = "void", resumes_at: int | None = None
    ) -> Wire:
        asked: Wire = {"behavior": behavior} | ({"resumes_at": resumes_at} if resumes_at else {})
        return self._update(subscription, {"pause_collection": asked})

    @_held
    def resume_collection(self, subscription: str) -> Wire:
        return self._update(subscription, {"pause_collection": ""})

    @_held
    def refund(self, charge: str, amount: int | None = None) -> Wire:
        return reversals.refund(
            self.ledger,
            self._of("charge", charge),
            amount=amount,
            reason="requested_by_customer",
            metadata={},
        )

    @_held
    def delete_customer(self, customer: str) -> None:
        customers.remove(self.ledger, self._of("customer", customer))

    @_held
    def foreign_price(
        self, amount: int = 500, *, interval: str | None = "month", currency: str = "eur"
    ) -> Wire:
        """A price the owner makes by hand for something that is not ours."""
        product = create_product(self.ledger, Given({"name": "Something else"}))
        every: Wire = {"recurring": {"interval": interval}} if interval else {}
        values = {"product": product["id"], "unit_amount": amount, "currency": currency, **every}
        return create_price(self.ledger, Given(values))

    @_held
    def foreign_subscription(
        self, price: str, customer: str | None = None, metadata: Wire | None = None
    ) -> Wire:
        """A subscription that the owner starts by hand, with no checkout of ours."""
        if customer is None:
            customer = customers.new_customer(self.ledger, email="eve@example.com", name="Eve")["id"]
        known = self._of("customer", customer)
        method = payments.new_method(self.ledger, "card", "works", email=known["email"], name=known["name"])
        payments.attach(self.ledger, method, customer)
        started = subscriptions.begin(
            self.ledger, known, [(self._of("price", price), 1)], method=method, metadata=metadata or {}
        )
        invoice = self._of("invoice", started["latest_invoice"])
        if invoice["status"] == "open":
            invoices.collect(self.ledger, invoice, method)
        return started

    # --- the bank ---

    @_held
    def dispute(self, charge: str, reason: str = "fraudulent") -> Wire:
        return reversals.dispute(self.ledger, self._of("charge", charge), reason)

    @_held
    def decide(self, dispute: str, *, won: bool) -> None:
        """The bank's word: `won` by the account, or lost."""
        reversals.decide(self.ledger, self._of("dispute", dispute), won=won)

    # --- webhooks ---

    @_held
    def endpoint(self, url: str, events: tuple[str, ...] = ("*",)) -> Wire:
        """As made in the dashboard; with its secret."""
        return webhooks.create_endpoint(self.ledger, Given({"url": url, "enabled_events": list(events)}))

    @_held
    def roll_secret(self, endpoint: str, *, keep_old: bool) -> str:
        """A new secret; deliveries are signed with both while the old one is kept."""
        old = self.ledger.hidden.secrets[endpoint]
        fresh = Secrets(self.ledger.id("webhook_secret"), old.current if keep_old else None)
        self.ledger.hidden.secrets[endpoint] = fresh
        return fresh.current
