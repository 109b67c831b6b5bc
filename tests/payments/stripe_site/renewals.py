"""Renewals by the calendar, and what a paid or failed invoice does to its subscription."""

from . import invoices, money, subscriptions
from .ledger import DAY, Ledger, happening
from .shapes import Wire


@happening("upcoming")
def upcoming(ledger: Ledger, identity: str) -> None:
    subscription = ledger.tables["subscription"][identity]
    due = subscriptions.period_of(subscription)[1] - ledger.policy.upcoming_days * DAY
    if (
        subscription["status"] in subscriptions.BILLED
        and not subscription["cancel_at_period_end"]
        and due == ledger.now
    ):
        ledger.happen("tell_upcoming", identity)


@happening("period_ends")
def period_ends(ledger: Ledger, identity: str) -> None:
    """Renew, end what was to end, or let a trial pass into what follows."""
    subscription = ledger.tables["subscription"][identity]
    if (
        subscription["status"] not in subscriptions.BILLED
        or subscriptions.period_of(subscription)[1] != ledger.now
    ):
        return
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= ledger.now:
        subscriptions.end(ledger, subscription, "cancellation_requested")
        return
    behaviour = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if (
        subscription["status"] == "trialing"
        and behaviour != "create_invoice"
        and _method(ledger, subscription) is None
    ):
        if behaviour == "cancel":
            subscriptions.end(ledger, subscription, None)
        else:
            subscriptions.halt(ledger, subscription, "trial_end_without_payment_method")
        return
    renew(ledger, subscription)


@happening("cancel_at")
def cancel_at(ledger: Ledger, identity: str) -> None:
    subscription = ledger.tables["subscription"][identity]
    if subscription["status"] not in subscriptions.OVER and subscription["cancel_at"] == ledger.now:
        subscriptions.end(ledger, subscription, "cancellation_requested")


def _method(ledger: Ledger, subscription: Wire) -> Wire | None:
    settings = subscriptions.customer_of(ledger, subscription)["invoice_settings"]
    identity = subscription["default_payment_method"] or settings["default_payment_method"]
    return ledger.tables["payment_method"][identity] if identity else None


def bill_now(ledger: Ledger, subscription: Wire, lines: list[Wire]) -> None:
    """An invoice between two renewals, charged at once."""
    customer = subscriptions.customer_of(ledger, subscription)
    with ledger.changing(subscription, "customer.subscription.updated"):
        invoice = subscriptions.draft(
            ledger,
            subscription,
            customer,
            lines,
            "subscription_update",
            subscriptions.period_of(subscription),
        )
    _collected(ledger, subscription, invoice, at_once=True)


def renew(
    ledger: Ledger, subscription: Wire, *, at_once: bool = False, reason: str = "subscription_cycle"
) -> Wire:
    """The next period begins, with its invoice: a draft that is charged an hour later, or at once."""
    start = ledger.now
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    end_ = money.next_end(subscription["billing_cycle_anchor"], start, recurring)
    before = subscriptions.period_of(subscription)
    customer = subscriptions.customer_of(ledger, subscription)
    with ledger.changing(subscription, "customer.subscription.updated"):
        for identity in list(subscription["discounts"]):
            ends = ledger.tables["discount"][identity]["end"]
            if ends is not None and ends <= start:
                subscriptions.drop_discount(ledger, subscription, identity)
        for item in subscription["items"]["data"]:
            item |= {"current_period_start": start, "current_period_end": end_}
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        if subscription["cancel_at_period_end"]:
            subscription["cancel_at"] = end_
        lines = ledger.hidden.pending_lines.pop(subscription["id"], []) + subscriptions.item_lines(
            ledger, subscription, (start, end_)
        )
        invoice = subscriptions.draft(ledger, subscription, customer, lines, reason, before)
    _collected(ledger, subscription, invoice, at_once=at_once)
    ledger.remind(end_, "period_ends", subscription["id"])
    subscriptions.told_ahead(ledger, subscription)
    return invoice


def _collected(ledger: Ledger, subscription: Wire, invoice: Wire, *, at_once: bool) -> None:
    pause = subscription["pause_collection"]
    if subscription["status"] == "unpaid" or (pause and pause["behavior"] == "keep_as_draft"):
        invoice["auto_advance"] = False
    ledger.emit("invoice.created", invoice)
    if at_once:
        invoices.finalize(ledger, invoice)
        if invoice["status"] == "open":
            invoices.collect(ledger, invoice, _method(ledger, subscription))
    elif invoice["auto_advance"]:
        invoice["automatically_finalizes_at"] = ledger.now + ledger.policy.draft_s
        ledger.remind(invoice["automatically_finalizes_at"], "draft_is_due", invoice["id"])


@happening("draft_is_due")
def draft_is_due(ledger: Ledger, identity: str) -> None:
    invoice = ledger.tables["invoice"][identity]
    subscription = ledger.tables["subscription"][invoices.subscription_of(invoice) or ""]
    if invoice["status"] != "draft" or not invoice["auto_advance"]:
        return
    invoice["automatically_finalizes_at"] = None
    pause = subscription["pause_collection"]
    invoices.finalize(ledger, invoice)
    if invoice["status"] == "paid":
        return
    if pause:
        (invoices.void if pause["behavior"] == "void" else invoices.give_up)(ledger, invoice)
        return
    invoices.collect(ledger, invoice, _method(ledger, subscription))


@happening("invoice_retry")
def invoice_retry(ledger: Ledger, identity: str) -> None:
    invoice = ledger.tables["invoice"][identity]
    if invoice["status"] == "open" and invoice["next_payment_attempt"] == ledger.now:
        subscription = ledger.tables["subscription"][invoices.subscription_of(invoice) or ""]
        invoices.collect(ledger, invoice, _method(ledger, subscription))


@happening("invoice_paid")
def invoice_paid(ledger: Ledger, identity: str) -> None:
    """Paying the latest invoice brings a subscription (back) to `active`."""
    invoice = ledger.tables["invoice"][identity]
    subscription = ledger.tables.get("subscription", {}).get(invoices.subscription_of(invoice) or "")
    customer = ledger.tables["customer"][invoice["customer"]]
    if not customer.get("deleted"):
        with ledger.changing(customer, "customer.updated"):
            customer["delinquent"] = False
    if subscription is None or subscription["latest_invoice"] != identity:
        return
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        with ledger.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "active"


@happening("invoice_failed")
def invoice_failed(ledger: Ledger, identity: str) -> None:
    invoice = ledger.tables["invoice"][identity]
    subscription = ledger.tables.get("subscription", {}).get(invoices.subscription_of(invoice) or "")
    if subscription is None or subscription["status"] in (*subscriptions.OVER, "incomplete"):
        return
    customer = subscriptions.customer_of(ledger, subscription)
    with ledger.changing(customer, "customer.updated"):
        customer["delinquent"] = True
    if subscription["status"] == "active":
        with ledger.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "past_due"
    if invoice["next_payment_attempt"] is None and invoice["attempt_count"] > len(ledger.policy.retry_days):
        _given_up(ledger, subscription)


def _given_up(ledger: Ledger, subscription: Wire) -> None:
    after = ledger.policy.after_retries
    if after == "cancel":
        subscriptions.end(ledger, subscription, "payment_failed")
    elif after == "unpaid":
        with ledger.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "unpaid"


@happening("payment_disputed")
def payment_disputed(ledger: Ledger, intent: str) -> None:
    for payment in ledger.all("invoice_payment"):
        if payment["payment"]["payment_intent"] == intent:
            identity = invoices.subscription_of(ledger.tables["invoice"][payment["invoice"]])
            subscription = ledger.tables["subscription"].get(identity or "")
            if subscription and subscription["status"] not in subscriptions.OVER:
                subscriptions.end(ledger, subscription, "payment_disputed")
