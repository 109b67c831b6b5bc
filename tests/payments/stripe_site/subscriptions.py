"""A subscription's life: begun, renewed by the calendar, paid or not, ended."""

from typing import Any

from . import coupons, invoices, money, sums
from .catalog import plan_of
from .ledger import DAY, HOUR, Ledger, happening
from .shapes import Wire, listed

OVER = ("canceled", "incomplete_expired")
BILLED = ("trialing", "active", "past_due", "unpaid")
INCOMPLETE_S = 23 * HOUR
TRIAL_TOLD_S = 3 * DAY

Asked = tuple[Wire, int]  # price and quantity


def begin(
    ledger: Ledger,
    customer: Wire,
    asked: list[Asked],
    *,
    method: Wire | None,
    trial_end: int | None = None,
    discounts: list[tuple[Wire, Wire | None]] | None = None,
    tax: bool = False,
    missing_method: str = "create_invoice",
    session: str | None = None,
    **about: Any,
) -> Wire:
    """A new subscription and its first invoice, finalized: `incomplete`, or `trialing` with nothing to pay yet."""
    recurring = [(price, quantity) for price, quantity in asked if price["recurring"]]
    first = recurring[0][0]
    identity = ledger.id("subscription")
    anchor = trial_end or ledger.now
    end = trial_end or money.after(
        ledger.now, first["recurring"]["interval"], first["recurring"]["interval_count"]
    )
    items = [new_item(ledger, identity, price, quantity, (ledger.now, end)) for price, quantity in recurring]
    made = [
        coupons.redeem(
            ledger,
            coupon,
            promotion,
            customer=customer["id"],
            subscription=identity,
            checkout_session=session,
        )
        for coupon, promotion in discounts or []
    ]
    subscription = ledger.new(
        "subscription",
        id=identity,
        automatic_tax=sums.automatic_tax(ledger, enabled=tax),
        billing_cycle_anchor=anchor,
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": ledger.now},
        billing_schedules=[],
        cancel_at_period_end=False,
        cancellation_details=dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        collection_method="charge_automatically",
        currency=first["currency"],
        customer=customer["id"],
        default_payment_method=method["id"] if method else None,
        default_tax_rates=[],
        discounts=[discount["id"] for discount in made],
        invoice_settings={"account_tax_ids": None, "custom_fields": None, "description": None, "footer": None, "issuer": {"type": "self"}},
        items=listed(items, f"/v1/subscription_items?subscription={identity}"),
        payment_settings={
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        start_date=ledger.now,
        status="trialing" if trial_end else "incomplete",
        trial_end=trial_end,
        trial_settings={"end_behavior": {"missing_payment_method": missing_method}},
        trial_start=ledger.now if trial_end else None,
        **about,
    )  # fmt: skip
    for discount in made:
        ledger.emit("customer.discount.created", discount)
    with ledger.changing(customer, "customer.updated"):
        customer["currency"] = first["currency"]
    _first_invoice(ledger, subscription, customer, asked)
    return subscription


def new_item(ledger: Ledger, subscription: str, price: Wire, quantity: int, period: tuple[int, int]) -> Wire:
    return ledger.new(
        "subscription_item",
        current_period_end=period[1],
        current_period_start=period[0],
        discounts=[],
        metadata={},
        plan=plan_of(price),
        price=price,
        quantity=quantity,
        subscription=subscription,
        tax_rates=[],
    )


def period_of(subscription: Wire) -> tuple[int, int]:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def customer_of(ledger: Ledger, subscription: Wire) -> Wire:
    return ledger.tables["customer"][subscription["customer"]]


def item_lines(
    ledger: Ledger, subscription: Wire, period: tuple[int, int], *, trial: bool = False
) -> list[Wire]:
    """What a period costs."""
    return [
        sums.line(
            ledger,
            item["price"],
            0 if trial else item["price"]["unit_amount"] * item["quantity"],
            period,
            description=f"Trial period for {sums.named(ledger, item['price'])}"
            if trial
            else sums.at_rate(ledger, item["price"], item["quantity"]),
            quantity=item["quantity"],
            parent=sums.of_item(subscription, item),
            subscription=subscription,
        )
        for item in subscription["items"]["data"]
    ]


def _first_invoice(ledger: Ledger, subscription: Wire, customer: Wire, asked: list[Asked]) -> None:
    trial = subscription["trial_end"] is not None
    lines = item_lines(ledger, subscription, period_of(subscription), trial=trial)
    for price, quantity in asked:
        if not price["recurring"]:
            amount, now = price["unit_amount"] * quantity, (ledger.now, ledger.now)
            described = sums.named(ledger, price)
            lines.append(
                sums.line(
                    ledger,
                    price,
                    amount,
                    now,
                    description=described,
                    quantity=quantity,
                    subscription=subscription,
                )
            )
    invoice = draft(ledger, subscription, customer, lines, "subscription_create", (ledger.now, ledger.now))
    ledger.emit("customer.subscription.created", subscription)
    ledger.emit("invoice.created", invoice)
    ledger.remind(period_of(subscription)[1], "period_ends", subscription["id"])
    told_ahead(ledger, subscription)
    if subscription["status"] == "incomplete":
        ledger.remind(ledger.now + INCOMPLETE_S, "incomplete_expires", subscription["id"])
    else:
        told = subscription["trial_end"] - TRIAL_TOLD_S
        ledger.remind(max(told, ledger.now), "trial_will_end", subscription["id"])
    invoices.finalize(ledger, invoice)


def draft(
    ledger: Ledger,
    subscription: Wire,
    customer: Wire,
    lines: list[Wire],
    reason: str,
    period: tuple[int, int],
) -> Wire:
    """An invoice of this subscription, kept and made its latest one; discounts that are used up end."""
    tables = ledger.tables.get("discount", {})
    invoice = ledger.keep(
        invoices.compose(
            ledger,
            customer,
            lines,
            reason=reason,
            period=period,
            subscription=subscription,
            discounts=[tables[identity] for identity in subscription["discounts"]],
            tax=subscription["automatic_tax"]["enabled"],
        )
    )
    subscription["latest_invoice"] = invoice["id"]
    if any(row["amount"] > 0 for row in lines):
        for identity in list(subscription["discounts"]):
            if coupons.coupon_of(ledger, tables[identity]["source"]["coupon"])["duration"] == "once":
                drop_discount(ledger, subscription, identity)
    return invoice


def drop_discount(ledger: Ledger, subscription: Wire, identity: str) -> None:
    subscription["discounts"] = [kept for kept in subscription["discounts"] if kept != identity]
    discount = ledger.tables["discount"][identity]
    discount["end"] = min(discount["end"] or ledger.now, ledger.now)
    ledger.emit("customer.discount.deleted", discount)


def told_ahead(ledger: Ledger, subscription: Wire) -> None:
    at = period_of(subscription)[1] - ledger.policy.upcoming_days * DAY
    if at > ledger.now:
        ledger.remind(at, "upcoming", subscription["id"])


@happening("trial_will_end")
def trial_will_end(ledger: Ledger, identity: str) -> None:
    subscription = ledger.tables["subscription"][identity]
    if subscription["status"] == "trialing" and subscription["trial_end"] - TRIAL_TOLD_S <= ledger.now:
        ledger.emit("customer.subscription.trial_will_end", subscription)


@happening("incomplete_expires")
def incomplete_expires(ledger: Ledger, identity: str) -> None:
    subscription = ledger.tables["subscription"][identity]
    if subscription["status"] == "incomplete":
        with ledger.changing(subscription, "customer.subscription.updated"):
            subscription |= {"status": "incomplete_expired", "ended_at": ledger.now}
        invoice = ledger.tables["invoice"][subscription["latest_invoice"]]
        if invoice["status"] == "open":
            invoices.void(ledger, invoice)


def end(ledger: Ledger, subscription: Wire, reason: str | None, **details: Any) -> None:
    """Over, at once. Its open invoices are not charged any more; nothing is paid back."""
    subscription |= {
        "canceled_at": subscription["canceled_at"] or ledger.now,
        "cancellation_details": {**subscription["cancellation_details"], "reason": reason, **details},
        "ended_at": ledger.now,
        "status": "canceled",
    }
    ledger.hidden.pending_lines.pop(subscription["id"], None)
    for invoice in ledger.all("invoice"):
        if invoices.subscription_of(invoice) == subscription["id"] and invoice["status"] in ("draft", "open"):
            with ledger.changing(invoice, "invoice.updated"):
                invoice |= {"auto_advance": False, "next_payment_attempt": None}
    ledger.emit("customer.subscription.deleted", subscription)


def halt(ledger: Ledger, subscription: Wire, kind: str) -> None:
    """`paused`: no invoices, no new periods, until it is resumed."""
    before = dict(subscription)
    subscription["status"] = "paused"
    subscription["status_details"] = {
        "paused": {"subscription": {"type": kind}, "transitioned_at": ledger.now, "type": "subscription"}
    }
    ledger.emit("customer.subscription.updated", subscription, before)
    ledger.emit("customer.subscription.paused", subscription)
