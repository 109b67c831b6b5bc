"""Invoices from draft to paid, void or given up, and the payments made against them."""

from typing import Any

from . import sums
from .catalog import metadata
from .ledger import DAY, Ledger, happening
from .params import Given
from .payments import attempt, declined, new_intent
from .refusals import Refused
from .routes import includable, page, route, within
from .shapes import Wire, blank, listed


def compose(
    ledger: Ledger,
    customer: Wire,
    lines: list[Wire],
    *,
    reason: str,
    period: tuple[int, int],
    subscription: Wire | None = None,
    discounts: list[Wire] | None = None,
    tax: bool = False,
    **about: Any,
) -> Wire:
    """A draft that is not kept yet."""
    identity = about.pop("id", None) or ledger.id("invoice")
    totals = sums.discounted(ledger, lines, discounts or [])
    on_top, inside = sums.taxed(ledger, lines) if tax else (0, 0)
    for row in lines:
        row["invoice"] = identity
    subtotal = sum(row["amount"] for row in lines)
    total = subtotal - sum(part["amount"] for part in totals) + on_top
    due = max(0, total + customer["balance"])
    values: Wire = {
        "account_country": ledger.account.country,
        "account_name": ledger.account.name,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": sums.automatic_tax(
            ledger, enabled=tax, provider="stripe" if tax else None, status="complete" if tax else None
        ),
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": ledger.now,
        "currency": lines[0]["currency"] if lines else customer["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [part["discount"] for part in totals],
        "id": identity,
        "issuer": {"type": "self"},
        "lines": listed(lines, f"/v1/invoices/{identity}/lines"),
        "livemode": ledger.livemode,
        "metadata": {},
        "parent": parent(subscription) if subscription else None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": period[1],
        "period_start": period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": dict.fromkeys(
            ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")
        ),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inside,
        "total": total,
        "total_discount_amounts": totals,
        "total_excluding_tax": total - on_top - inside,
        "total_pretax_credit_amounts": [],
        "total_taxes": sums.total_taxes(lines),
    }
    return blank("invoice", **(values | about))


def parent(subscription: Wire) -> Wire:
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": dict(subscription["metadata"]),
            "subscription": subscription["id"],
            "subscription_proration_date": None,
        },
        "type": "subscription_details",
    }


def subscription_of(invoice: Wire) -> str | None:
    above = invoice["parent"]
    return above["subscription_details"]["subscription"] if above else None


def payments_of(ledger: Ledger, invoice: Wire) -> list[Wire]:
    return [p for p in ledger.all("invoice_payment") if p["invoice"] == invoice["id"]]


@includable("invoice", "payments")
def payments_listed(ledger: Ledger, invoice: Wire) -> Wire:
    return listed(payments_of(ledger, invoice), "/v1/invoice_payments")


def finalize(ledger: Ledger, invoice: Wire) -> None:
    """Number it and ask for payment; one with nothing due is paid at once."""
    customer = ledger.tables["customer"][invoice["customer"]]
    before = dict(invoice)
    token = ledger.id("webhook_secret")[6:]
    mode = "live" if ledger.livemode else "test"
    url = f"https://invoice.stripe.com/i/{ledger.account.id}/{mode}_{token}"
    left = invoice["total"] + customer["balance"]
    invoice |= {
        "amount_due": max(0, left),
        "amount_remaining": max(0, left),
        "effective_at": ledger.now,
        "ending_balance": min(0, left),
        "hosted_invoice_url": f"{url}?s=ap",
        "invoice_pdf": f"https://pay.stripe.com/invoice/{ledger.account.id}/{mode}_{token}/pdf?s=ap",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        "starting_balance": customer["balance"],
        "status": "open",
        "status_transitions": {**invoice["status_transitions"], "finalized_at": ledger.now},
    }
    with ledger.changing(customer, "customer.updated"):
        customer["next_invoice_sequence"] += 1
        customer["balance"] = min(0, left)
    ledger.emit("invoice.finalized", invoice, before)
    if invoice["amount_due"] == 0:
        paid(ledger, invoice)


def intent_of(ledger: Ledger, invoice: Wire) -> Wire:
    """The payment intent of an open invoice, made when it is first asked for."""
    known = payments_of(ledger, invoice)
    if known:
        return ledger.tables["payment_intent"][known[0]["payment"]["payment_intent"]]
    subscription = ledger.tables.get("subscription", {}).get(subscription_of(invoice) or "")
    intent = new_intent(
        ledger,
        invoice["amount_due"],
        invoice["currency"],
        invoice["customer"],
        description="Subscription creation" if subscription else f"Payment for Invoice {invoice['number']}",
        setup_future_usage="off_session" if subscription else None,
    )
    paying(ledger, invoice, intent)
    return intent


def paying(ledger: Ledger, invoice: Wire, intent: Wire) -> Wire:
    return ledger.new(
        "invoice_payment",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"payment_intent": intent["id"], "type": "payment_intent"},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )


def collect(ledger: Ledger, invoice: Wire, method: Wire | None) -> str:
    """Charge an open invoice: "succeeded", "failed" or "processing"; without a payment method it fails."""
    assert invoice["status"] == "open", invoice["status"]
    intent = intent_of(ledger, invoice)
    before = dict(invoice)
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    outcome = attempt(ledger, intent, method) if method else "failed"
    if outcome == "succeeded":
        paid(ledger, invoice, before)
    elif outcome == "failed":
        failed(ledger, invoice, before)
    else:
        ledger.emit("invoice.updated", invoice, before)
    return outcome


def paid(ledger: Ledger, invoice: Wire, before: Wire | None = None) -> None:
    before = before or dict(invoice)
    invoice |= {
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": {**invoice["status_transitions"], "paid_at": ledger.now},
    }
    ledger.emit("invoice.updated", invoice, before)
    ledger.emit("invoice.paid", invoice)
    ledger.emit("invoice.payment_succeeded", invoice)
    for payment in payments_of(ledger, invoice):
        payment |= {
            "amount_paid": invoice["amount_paid"],
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": ledger.now},
        }
        ledger.emit("invoice_payment.paid", payment)
    ledger.happen("invoice_paid", invoice["id"])


def failed(ledger: Ledger, invoice: Wire, before: Wire) -> None:
    days = ledger.policy.retry_days
    tries = invoice["attempt_count"]
    again = ledger.now + days[tries - 1] * DAY if tries <= len(days) and invoice["auto_advance"] else None
    if invoice["billing_reason"] == "subscription_create":
        again = None
    invoice["next_payment_attempt"] = again
    if again:
        ledger.remind(again, "invoice_retry", invoice["id"])
    ledger.emit("invoice.updated", invoice, before)
    ledger.emit("invoice.payment_failed", invoice)
    ledger.happen("invoice_failed", invoice["id"])


@happening("payment_settled")
def payment_settled(ledger: Ledger, identity: str) -> None:
    """A debit against an invoice has arrived or bounced."""
    intent = ledger.tables["payment_intent"][identity]
    for payment in ledger.all("invoice_payment"):
        if payment["payment"]["payment_intent"] == identity:
            invoice = ledger.tables["invoice"][payment["invoice"]]
            if invoice["status"] == "open":
                (paid if intent["status"] == "succeeded" else failed)(ledger, invoice, dict(invoice))


def void(ledger: Ledger, invoice: Wire) -> None:
    before = dict(invoice)
    invoice |= {
        "auto_advance": False, "next_payment_attempt": None, "status": "void", "amount_remaining": 0,
        "status_transitions": {**invoice["status_transitions"], "voided_at": ledger.now},
    }  # fmt: skip
    for payment in payments_of(ledger, invoice):
        intent = ledger.tables["payment_intent"][payment["payment"]["payment_intent"]]
        if intent["status"] != "succeeded":
            intent |= {"status": "canceled", "canceled_at": ledger.now, "cancellation_reason": "void_invoice"}
            ledger.emit("payment_intent.canceled", intent)
    ledger.emit("invoice.voided", invoice, before)


def give_up(ledger: Ledger, invoice: Wire) -> None:
    with ledger.changing(invoice, "invoice.marked_uncollectible"):
        invoice |= {
            "auto_advance": False, "next_payment_attempt": None, "status": "uncollectible",
            "status_transitions": {**invoice["status_transitions"], "marked_uncollectible_at": ledger.now},
        }  # fmt: skip


@route("post", "/v1/invoices/{}/pay")
def pay(ledger: Ledger, given: Given, identity: str) -> Wire:
    invoice = ledger.get("invoice", identity)
    if invoice["status"] == "paid":
        raise Refused("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise Refused(f"This invoice is {invoice['status']} and cannot be paid.", code="invoice_not_editable")
    invoice["status"] = "open"
    method = paying_method(ledger, invoice)
    if method is None:
        raise Refused("There is no `default_payment_method` set on this Customer or Invoice.")
    if collect(ledger, invoice, method) == "failed":
        raise declined()
    return invoice


def paying_method(ledger: Ledger, invoice: Wire) -> Wire | None:
    """The subscription's own payment method, else the customer's."""
    subscription = ledger.tables.get("subscription", {}).get(subscription_of(invoice) or "", {})
    customer = ledger.tables["customer"][invoice["customer"]]
    settings = customer.get("invoice_settings") or {}
    identity = subscription.get("default_payment_method") or settings.get("default_payment_method")
    return ledger.tables["payment_method"][identity] if identity else None


@route("post", "/v1/invoices/{}/void")
def void_invoice(ledger: Ledger, given: Given, identity: str) -> Wire:
    invoice = ledger.get("invoice", identity)
    if invoice["status"] not in ("open", "uncollectible"):
        raise Refused(f"You can only void open or uncollectible invoices; this one is {invoice['status']}.")
    void(ledger, invoice)
    return invoice


@route("post", "/v1/invoices/{}")
def update_invoice(ledger: Ledger, given: Given, identity: str) -> Wire:
    invoice = ledger.get("invoice", identity)
    with ledger.changing(invoice, "invoice.updated"):
        metadata(invoice, given)
    return invoice


@route("get", "/v1/invoices/{}")
def retrieve_invoice(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("invoice", identity)


@route("get", "/v1/invoices")
def list_invoices(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("customer", "status", "collection_method") if name in given}
    subscription = given.get("subscription")

    def keep(invoice: Wire) -> bool:
        return (
            created(invoice)
            and all(invoice[name] == value for name, value in wanted.items())
            and subscription in (None, subscription_of(invoice))
        )

    return page(given, ledger.all("invoice"), "/v1/invoices", keep)


@route("get", "/v1/invoice_payments/{}")
def retrieve_payment(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("invoice_payment", identity)


@route("get", "/v1/invoice_payments")
def list_payments(ledger: Ledger, given: Given) -> Wire:
    """The way from a payment intent to its invoice: `payment[type]=payment_intent&payment[payment_intent]=pi_…`."""
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("invoice", "status") if name in given}
    payment: Given | None = given.get("payment")
    intent = payment.get("payment_intent") if payment else None
    if payment and (payment.get("type") != "payment_intent" or intent is None):
        raise Refused(
            "`payment[payment_intent]` is required when `payment[type]` is `payment_intent`.", param="payment"
        )

    def keep(row: Wire) -> bool:
        return (
            created(row)
            and all(row[name] == value for name, value in wanted.items())
            and intent in (None, row["payment"]["payment_intent"])
        )

    return page(given, ledger.all("invoice_payment"), "/v1/invoice_payments", keep)
