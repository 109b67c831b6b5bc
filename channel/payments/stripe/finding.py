"""What a reference of Stripe's is about: the subscription or the checkout that was paid, and the money that moved.

Every function here runs in the line's thread and may ask Stripe several things.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from channel.payments.stripe.line import Wire, id_of, up_to

if TYPE_CHECKING:
    from stripe._v1_services import V1Services

REFERENCE: Final = re.compile(r"[a-z]{2,5}_\w{6,255}", re.ASCII)
# Of one purchase: what is older was told when it happened, and is in the ledger.
MAX_INVOICES: Final = 100
MAX_CHARGES: Final = 300  # of one customer, for all that they buy
MAX_REVERSALS: Final = 100  # of one charge
SUBSCRIPTION: Final = ["discounts.source.coupon"]
SESSION: Final = ["line_items", "payment_intent.latest_charge", "invoice"]


@dataclass(frozen=True, slots=True)
class Money:
    """All that moved for one purchase, as Stripe tells it; newest first where it is a list of Stripe's."""

    invoices: tuple[Wire, ...] = ()
    charges: tuple[Wire, ...] = ()
    refunds: tuple[Wire, ...] = ()
    disputes: tuple[Wire, ...] = ()


def find(api: "V1Services", reference: str) -> Wire | None:
    """The subscription, or the checkout of something paid once. None where there is none (yet)."""
    if not REFERENCE.fullmatch(reference):
        return None
    match reference.partition("_")[0]:
        case "sub":
            return api.subscriptions.retrieve(reference, {"expand": SUBSCRIPTION}).to_dict()
        case "cs":
            session = api.checkout.sessions.retrieve(reference, {"expand": SESSION}).to_dict()
            if session["mode"] == "subscription":
                return find(api, id_of(session["subscription"]))
            return session if session["status"] == "complete" else None
        case "in":
            return _of_invoice(api, api.invoices.retrieve(reference, {"expand": ["payments"]}).to_dict())
        case "pi":
            return _of_intent(api, reference)
        case "ch" | "py":
            return _of_intent(api, id_of(api.charges.retrieve(reference).to_dict()["payment_intent"]))
        case "du" | "dp":
            return _of_intent(api, id_of(api.disputes.retrieve(reference).to_dict()["payment_intent"]))
        case "re" | "pyr":
            return _of_intent(api, id_of(api.refunds.retrieve(reference).to_dict()["payment_intent"]))
        case _:
            return None


def subscription_of(invoice: Wire) -> str:
    """The id of the subscription that an invoice is for, also where an older version of the API wrote it; or ""."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return id_of(details.get("subscription") or invoice.get("subscription"))


def intents_of(invoice: Wire) -> set[str]:
    """The ids of the payments made against an invoice."""
    rows = (invoice.get("payments") or {}).get("data", ())
    return {id_of(row["payment"]["payment_intent"]) for row in rows if row["payment"].get("payment_intent")}


def _of_invoice(api: "V1Services", invoice: Wire) -> Wire | None:
    subscription = subscription_of(invoice)
    if subscription:
        return find(api, subscription)
    return next((found for intent in intents_of(invoice) if (found := _of_checkout(api, intent))), None)


def _of_intent(api: "V1Services", intent: str) -> Wire | None:
    if not intent:
        return None
    paid = api.invoice_payments.list(
        {
            "payment": {"type": "payment_intent", "payment_intent": intent},
            "limit": 1,
            "expand": ["data.invoice"],
        }
    )
    for payment in up_to(paid, 1):
        subscription = subscription_of(payment["invoice"])
        if subscription:
            return find(api, subscription)
    return _of_checkout(api, intent)


def _of_checkout(api: "V1Services", intent: str) -> Wire | None:
    sessions = up_to(api.checkout.sessions.list({"payment_intent": intent, "limit": 1}), 1)
    return find(api, str(sessions[0]["id"])) if sessions else None


def money_of(api: "V1Services", thing: Wire) -> Money:
    """What was asked for, paid, paid back and contested of what `find` found."""
    if thing["object"] == "subscription":
        return _of_subscription(api, thing)
    intent = thing["payment_intent"]
    charge = intent["latest_charge"] if intent else None
    return _with_reversals(api, (), [charge] if charge else [])


def _of_subscription(api: "V1Services", subscription: Wire) -> Money:
    asked = api.invoices.list({"subscription": subscription["id"], "limit": 100, "expand": ["data.payments"]})
    invoices = up_to(asked, MAX_INVOICES)
    intents: set[str] = set().union(*map(intents_of, invoices))
    if not intents:
        return Money(tuple(invoices))
    since = min(invoice["created"] for invoice in invoices)
    customer = id_of(subscription["customer"])
    made = up_to(
        api.charges.list({"customer": customer, "limit": 100, "created": {"gte": since}}), MAX_CHARGES
    )
    return _with_reversals(api, invoices, [one for one in made if id_of(one["payment_intent"]) in intents])


def _with_reversals(api: "V1Services", invoices: Iterable[Wire], charges: list[Wire]) -> Money:
    refunds: list[Wire] = []
    disputes: list[Wire] = []
    for charge in charges:
        identity = charge["id"]
        if charge["amount_refunded"]:
            refunds += up_to(api.refunds.list({"charge": identity, "limit": 100}), MAX_REVERSALS)
        if charge["disputed"]:
            disputes += up_to(api.disputes.list({"charge": identity, "limit": 100}), MAX_REVERSALS)
    return Money(tuple(invoices), tuple(charges), tuple(refunds), tuple(disputes))
