"""The routes of subscriptions: read, change, pause, cancel."""

from typing import Any

from . import coupons, invoices, prorations, renewals, subscriptions
from .catalog import metadata, plan_of, unset
from .ledger import Ledger, happening
from .params import Given
from .payments import declined
from .refusals import Refused, Unspoken, missing
from .routes import page, route, within
from .shapes import Wire

UPDATED = "customer.subscription.updated"


@route("get", "/v1/subscriptions/{}")
def retrieve(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("subscription", identity)


@route("get", "/v1/subscriptions")
def list_subscriptions(ledger: Ledger, given: Given) -> Wire:
    """Without `status`, canceled ones are left out."""
    created = within(given.get("created"))
    customer, price, status = given.get("customer"), given.get("price"), given.get("status")

    def keep(subscription: Wire) -> bool:
        known = subscription["status"]
        fits = {None: known != "canceled", "all": True, "ended": known in subscriptions.OVER}.get(
            status, known == status
        )
        return (
            fits
            and created(subscription)
            and customer in (None, subscription["customer"])
            and (price is None or any(item["price"]["id"] == price for item in subscription["items"]["data"]))
        )

    return page(given, ledger.all("subscription"), "/v1/subscriptions", keep)


@route("post", "/v1/subscriptions/{}")
def update(ledger: Ledger, given: Given, identity: str) -> Wire:
    subscription = ledger.get("subscription", identity)
    if subscription["status"] in subscriptions.OVER:
        return _after_the_end(ledger, given, subscription)
    switch = prorations.asked(ledger, subscription, given)
    if switch:
        switch.anchor_now = (given.whole("billing_cycle_anchor") or {}).get("type") == "now"
        _payable(ledger, given, subscription, switch)
    with ledger.changing(subscription, UPDATED):
        _plain_fields(ledger, given, subscription)
        _ending(ledger, given, subscription)
        _collection(ledger, given, subscription)
        if "discounts" in given:
            _discounts(ledger, given, subscription)
        rows = _switched(ledger, subscription, switch) if switch else []
    if switch:
        _billed(ledger, subscription, switch, rows)
    if "trial_end" in given:
        _trial(ledger, subscription, given.get("trial_end"))
    return subscription


def _after_the_end(ledger: Ledger, given: Given, subscription: Wire) -> Wire:
    if any(
        name in given
        for name in ("items", "cancel_at_period_end", "cancel_at", "pause_collection", "trial_end")
    ):
        raise Refused("A canceled subscription can only update its cancellation_details and metadata.")
    with ledger.changing(subscription, UPDATED):
        metadata(subscription, given)
        _details(given, subscription)
    return subscription


def _details(given: Given, subscription: Wire) -> None:
    details = given.get("cancellation_details")
    if details is not None:
        said = {name: unset(details.get(name)) for name in ("comment", "feedback") if name in details}
        subscription["cancellation_details"] = {**subscription["cancellation_details"], **said}


def _plain_fields(ledger: Ledger, given: Given, subscription: Wire) -> None:
    metadata(subscription, given)
    _details(given, subscription)
    if "description" in given:
        subscription["description"] = unset(given.get("description"))
    if "default_payment_method" in given:
        asked = given.get("default_payment_method")
        method = ledger.get("payment_method", asked, param="default_payment_method", status=400)
        subscription["default_payment_method"] = method["id"]
    if "trial_settings" in given:
        subscription["trial_settings"] = given.whole("trial_settings")


def _ending(ledger: Ledger, given: Given, subscription: Wire) -> None:
    if "cancel_at_period_end" in given and "cancel_at" in given:
        raise Refused("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    reason = {**subscription["cancellation_details"], "reason": "cancellation_requested"}
    if "cancel_at_period_end" in given:
        if given.get("cancel_at_period_end"):
            subscription |= {
                "cancel_at": subscriptions.period_of(subscription)[1],
                "cancel_at_period_end": True,
                "canceled_at": ledger.now,
                "cancellation_details": reason,
            }
        else:
            _not_ending(subscription)
    if "cancel_at" in given:
        moment = unset(given.get("cancel_at"))
        if moment is None:
            _not_ending(subscription)
            return
        if not isinstance(moment, int):
            moment = subscriptions.period_of(subscription)[1]
        if moment <= ledger.now:
            raise Refused("`cancel_at` must be a timestamp in the future.", param="cancel_at")
        subscription |= {"cancel_at": moment, "canceled_at": ledger.now, "cancellation_details": reason}
        ledger.remind(moment, "cancel_at", subscription["id"])


def _not_ending(subscription: Wire) -> None:
    details = {**subscription["cancellation_details"], "reason": None}
    subscription |= {
        "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None, "cancellation_details": details,
    }  # fmt: skip


def _collection(ledger: Ledger, given: Given, subscription: Wire) -> None:
    """`pause_collection` leaves the status as it is: only the money stops."""
    if "pause_collection" not in given:
        return
    asked = given.get("pause_collection")
    if asked == "":
        subscription["pause_collection"] = None
        return
    until = asked.get("resumes_at")
    if until is not None and until <= ledger.now:
        raise Refused("`resumes_at` must be a timestamp in the future.", param="pause_collection[resumes_at]")
    subscription["pause_collection"] = {"behavior": asked.get("behavior"), "resumes_at": until}
    if until:
        ledger.remind(until, "collection_resumes", subscription["id"])


@happening("collection_resumes")
def collection_resumes(ledger: Ledger, identity: str) -> None:
    subscription = ledger.tables["subscription"][identity]
    pause = subscription["pause_collection"]
    if pause and pause["resumes_at"] == ledger.now:
        with ledger.changing(subscription, UPDATED):
            subscription["pause_collection"] = None


def _discounts(ledger: Ledger, given: Given, subscription: Wire) -> None:
    rows = given.get("discounts")
    kept = []
    for row in [] if rows == "" else rows:
        if "discount" in row:
            identity = row.get("discount")
            if identity not in subscription["discounts"]:
                raise missing("discount", identity, param=row.name("discount"), status=400)
        else:
            coupon, promotion = coupons.asked(ledger, row, subscription["customer"])
            about = {"customer": subscription["customer"], "subscription": subscription["id"]}
            made = coupons.redeem(ledger, coupon, promotion, **about)
            ledger.emit("customer.discount.created", made)
            identity = made["id"]
        kept.append(identity)
    for identity in [gone for gone in subscription["discounts"] if gone not in kept]:
        subscriptions.drop_discount(ledger, subscription, identity)
    subscription["discounts"] = kept


def _payable(ledger: Ledger, given: Given, subscription: Wire, switch: prorations.Switch) -> None:
    """With `error_if_incomplete`, nothing changes when the money for it cannot be had."""
    behaviour = given.get("payment_behavior", "allow_incomplete")
    if behaviour not in ("allow_incomplete", "error_if_incomplete"):
        raise Unspoken(f"payment_behavior={behaviour}")
    at_once = switch.restarts or switch.behaviour == "always_invoice"
    if behaviour == "allow_incomplete" or not at_once or subscription["status"] == "trialing":
        return
    due = prorations.next_invoice(ledger, subscription, switch)["amount_due"]
    method = invoices.paying_method(
        ledger, {"parent": invoices.parent(subscription), "customer": subscription["customer"]}
    )
    if due and (method is None or ledger.hidden.cards[method["id"]].outcome != "works"):
        raise declined()


def _switched(ledger: Ledger, subscription: Wire, switch: prorations.Switch) -> list[Wire]:
    """Put the new price in place; answers the lines that the change gives rise to."""
    rows = prorations.lines_for(ledger, subscription, switch)
    restarts = switch.restarts and subscription["status"] != "trialing"
    switch.anchor_now = restarts
    switch.item |= {
        "plan": plan_of(switch.price), "price": switch.price, "quantity": switch.quantity,
    }  # fmt: skip
    if restarts:
        subscription["billing_cycle_anchor"] = ledger.now
    return rows


def _billed(ledger: Ledger, subscription: Wire, switch: prorations.Switch, rows: list[Wire]) -> None:
    waiting = ledger.hidden.pending_lines.setdefault(subscription["id"], [])
    waiting += rows
    if switch.anchor_now:
        renewals.renew(ledger, subscription, at_once=True, reason="subscription_update")
    elif switch.behaviour == "always_invoice" and waiting:
        lines = ledger.hidden.pending_lines.pop(subscription["id"])
        renewals.bill_now(ledger, subscription, lines)


def _trial(ledger: Ledger, subscription: Wire, until: Any) -> None:
    """`now` ends a trial, a time in the future moves its end; both move the cycle."""
    if until == "now" and subscription["status"] == "trialing":
        with ledger.changing(subscription, UPDATED):
            subscription |= {"trial_end": ledger.now, "billing_cycle_anchor": ledger.now}
        renewals.renew(ledger, subscription, at_once=True)
    elif until != "now":
        if until <= ledger.now:
            raise Refused(
                "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
            )
        if subscription["status"] != "trialing":
            raise Unspoken("a trial for a subscription that is not trialing")
        with ledger.changing(subscription, UPDATED):
            subscription |= {"trial_end": until, "billing_cycle_anchor": until}
            subscription["items"]["data"][0]["current_period_end"] = until
        ledger.remind(until, "period_ends", subscription["id"])
        ledger.remind(
            max(until - subscriptions.TRIAL_TOLD_S, ledger.now), "trial_will_end", subscription["id"]
        )


@route("delete", "/v1/subscriptions/{}")
def cancel(ledger: Ledger, given: Given, identity: str) -> Wire:
    """At once. Stripe answers 404 for one that is over already."""
    subscription = ledger.get("subscription", identity)
    if subscription["status"] in subscriptions.OVER:
        raise missing("subscription", identity)
    if given.get("invoice_now") or given.get("prorate"):
        raise Unspoken("cancelling with a last invoice or a credit")
    details = given.get("cancellation_details") or Given({})
    said = {name: unset(details.get(name)) for name in ("comment", "feedback") if name in details}
    subscriptions.end(ledger, subscription, "cancellation_requested", **said)
    return subscription


@route("post", "/v1/subscriptions/{}/pause")
def pause(ledger: Ledger, given: Given, identity: str) -> Wire:
    subscription = ledger.get("subscription", identity)
    given.get("type")
    if subscription["status"] != "active":
        raise Refused(f"Only active subscriptions can be paused; this one is {subscription['status']}.")
    if given.get("invoicing_behavior", "pending_invoice_item") != "pending_invoice_item":
        raise Unspoken("an invoice on pausing")
    unused = (given.whole("bill_for") or {}).get("unused_time_from", {}).get("type", "now")
    if unused == "now":
        item = subscription["items"]["data"][0]
        waiting = ledger.hidden.pending_lines.setdefault(identity, [])
        waiting.append(prorations.credit(ledger, subscription, item, ledger.now))
    subscriptions.halt(ledger, subscription, "pause_requested")
    return subscription


@route("post", "/v1/subscriptions/{}/resume")
def resume(ledger: Ledger, given: Given, identity: str) -> Wire:
    """A new period begins now and is charged now."""
    subscription = ledger.get("subscription", identity)
    if subscription["status"] != "paused":
        raise Refused(f"Only paused subscriptions can be resumed; this one is {subscription['status']}.")
    if (given.whole("billing_cycle_anchor") or {"type": "now"})["type"] != "now":
        raise Unspoken("resuming with the old cycle")
    given.get("proration_behavior")
    if given.get("payment_behavior", "resume_on_payment_attempt") != "resume_on_payment_attempt":
        raise Unspoken("resuming only on success")
    before = {**subscription}
    subscription |= {"status": "active", "billing_cycle_anchor": ledger.now}
    del subscription["status_details"]
    ledger.emit(UPDATED, subscription, before)
    ledger.emit("customer.subscription.resumed", subscription)
    renewals.renew(ledger, subscription, at_once=True, reason="subscription_update")
    return subscription
