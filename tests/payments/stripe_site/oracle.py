"""What the provider's ledger says is paid for, for tests to hold our own state against.

It reports facts and does not judge: whether a partly refunded or past-due subscription still opens a tier is a rule of
ours and belongs into the test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import invoices, subscriptions
from .checkout import Wish
from .ledger import Ledger
from .shapes import Wire


@dataclass(frozen=True)
class Standing:
    """One subscription, or one thing bought once, as the provider has it now."""

    kind: str  # "subscription" or "payment"
    id: str  # of the subscription, or of the checkout session
    customer: str | None
    customer_deleted: bool
    metadata: tuple[tuple[str, str], ...]  # of the subscription, or of the session
    price: str
    product: str
    status: str  # of the subscription, or of the payment ("paid", "unpaid", "no_payment_required")
    period_end: int | None  # of the current period
    # End of the last period with a paid invoice (nothing to pay counts too) that was not reversed.
    paid_until: int | None
    trial_end: int | None
    cancel_at: int | None
    ended_at: int | None
    collection_paused: bool
    paid: int  # all that was paid
    refunded: int  # of it, refunded
    disputed: bool  # a dispute on the latest charge is open or lost


def standings(
    ledger: Ledger, *, customer: str | None = None, metadata: dict[str, str] | None = None
) -> list[Standing]:
    """Of this customer, or of what carries this metadata; all without either. Oldest first."""
    with ledger.lock:
        found = [*_subscriptions(ledger), *_payments(ledger)]
    wanted = set((metadata or {}).items())
    return [s for s in found if customer in (None, s.customer) and wanted <= set(s.metadata)]


def _charges(ledger: Ledger, invoice: Wire) -> Iterator[Wire]:
    for payment in invoices.payments_of(ledger, invoice):
        intent = ledger.tables["payment_intent"][payment["payment"]["payment_intent"]]
        if intent["latest_charge"]:
            yield ledger.tables["charge"][intent["latest_charge"]]


def _lost(ledger: Ledger, charge: Wire) -> bool:
    """Disputed, and not won."""
    return any(d["charge"] == charge["id"] and d["status"] != "won" for d in ledger.all("dispute"))


def _reversed(ledger: Ledger, charge: Wire) -> bool:
    return bool(charge["refunded"]) or _lost(ledger, charge)


def _money(ledger: Ledger, charges: list[Wire]) -> dict[str, Any]:
    done = [charge for charge in charges if charge["status"] == "succeeded"]
    return {
        "paid": sum(charge["amount"] for charge in done),
        "refunded": sum(charge["amount_refunded"] for charge in done),
        "disputed": bool(done) and _lost(ledger, done[-1]),
    }


def _subscriptions(ledger: Ledger) -> Iterator[Standing]:
    for subscription in ledger.tables.get("subscription", {}).values():
        item = subscription["items"]["data"][0]
        bills = [
            bill
            for bill in ledger.tables.get("invoice", {}).values()
            if invoices.subscription_of(bill) == subscription["id"]
        ]
        charges = [charge for bill in bills for charge in _charges(ledger, bill)]
        ends = [
            row["period"]["end"]
            for bill in bills
            if bill["status"] == "paid"
            and not any(_reversed(ledger, charge) for charge in _charges(ledger, bill))
            for row in bill["lines"]["data"]
            if row["amount"] >= 0 and row["parent"]
        ]
        yield Standing(
            kind="subscription",
            id=subscription["id"],
            customer=subscription["customer"],
            customer_deleted=bool(subscriptions.customer_of(ledger, subscription).get("deleted")),
            metadata=tuple(sorted(subscription["metadata"].items())),
            price=item["price"]["id"],
            product=item["price"]["product"],
            status=subscription["status"],
            period_end=item["current_period_end"],
            paid_until=max(ends, default=None),
            trial_end=subscription["trial_end"],
            cancel_at=subscription["cancel_at"],
            ended_at=subscription["ended_at"],
            collection_paused=subscription["pause_collection"] is not None,
            **_money(ledger, charges),
        )


def _payments(ledger: Ledger) -> Iterator[Standing]:
    for session in ledger.tables.get("checkout.session", {}).values():
        if session["mode"] != "payment" or session["status"] != "complete":
            continue
        wish: Wish = ledger.hidden.checkouts[session["id"]]
        price = wish.asked[0][0]
        intent = ledger.tables.get("payment_intent", {}).get(session["payment_intent"])
        charges = (
            [ledger.tables["charge"][intent["latest_charge"]]] if intent and intent["latest_charge"] else []
        )
        customer = ledger.tables.get("customer", {}).get(session["customer"] or "", {})
        yield Standing(
            kind="payment",
            id=session["id"],
            customer=session["customer"],
            customer_deleted=bool(customer.get("deleted")),
            metadata=tuple(sorted(session["metadata"].items())),
            price=price["id"],
            product=price["product"],
            status=session["payment_status"],
            period_end=None,
            paid_until=None,
            trial_end=None,
            cancel_at=None,
            ended_at=None,
            collection_paused=False,
            **_money(ledger, charges),
        )
