"""Changing what runs: each act looks at the subscription first, so that it does nothing twice and nothing to the dead.

Every function here runs in the line's thread.
"""

from typing import TYPE_CHECKING, Final

from channel.errors import Conflict
from channel.payments.model import Connection
from channel.payments.periods import after
from channel.payments.provider import Discount, Preview
from channel.payments.stripe.amounts import ours, theirs
from channel.payments.stripe.held import INTERVALS, OVER, less_for_ever
from channel.payments.stripe.line import Wire, id_of
from channel.payments.stripe.offers import coupon_for
from channel.tiers.model import Price

if TYPE_CHECKING:
    from stripe import RequestOptions
    from stripe._v1_services import V1Services
    from stripe.params import RefundCreateParams, SubscriptionUpdateParams, SubscriptionUpdateParamsDiscount

EXPAND: Final = ["discounts.source.coupon", "latest_invoice"]
# In these nothing is paid for the present, so that its end is now.
UNPAID: Final = frozenset({"incomplete", "past_due", "unpaid", "paused"})
NO_CUSTOMER: Final = "There is nothing to look after at Stripe."
ENDED: Final = "This subscription has ended. Start a new one."


def _subscription(api: "V1Services", external_id: str) -> Wire:
    return api.subscriptions.retrieve(external_id, {"expand": EXPAND}).to_dict()


def _running(api: "V1Services", external_id: str) -> Wire:
    """Raises Conflict when it has ended, or was never paid."""
    subscription = _subscription(api, external_id)
    if subscription["status"] in OVER or subscription["status"] == "incomplete":
        raise Conflict(ENDED, code="ended")
    return subscription


def _charging(api: "V1Services", external_id: str) -> Wire:
    """Raises Conflict for what is paused, too: a switch would cost nothing then, and give at once what it costs."""
    subscription = _running(api, external_id)
    if subscription["pause_collection"] or subscription["status"] == "paused":
        raise Conflict("This is paused. Let it go on first, then switch.", code="paused")
    return subscription


def _once(key: str) -> "RequestOptions":
    return {"idempotency_key": key}


def preview(
    api: "V1Services", external_id: str, price: Price, external_price: str, amount: int, now: int
) -> Preview:
    """Asked of Stripe itself, so that it is what `switch` will charge."""
    subscription = _charging(api, external_id)
    item = subscription["items"]["data"][0]
    currency = subscription["currency"].upper()
    later = ours(less_for_ever(subscription, theirs(amount, price.currency)), currency)
    end = item["current_period_end"] * 1000
    if item["price"]["id"] == external_price or subscription["status"] == "trialing":
        return Preview(0, currency, later, end)
    invoice = api.invoices.create_preview(
        {
            "subscription": external_id,
            "subscription_details": {
                "items": [{"id": item["id"], "price": external_price}],
                "proration_behavior": "always_invoice",
            },
        }
    ).to_dict()
    due = invoice["amount_due"] if invoice["total"] > 0 else invoice["total"]
    restarts = _interval(item) != price.interval
    return Preview(ours(due, currency), currency, later, after(now, price.interval, 1) if restarts else end)


def _interval(item: Wire) -> str:
    every = item["price"]["recurring"]
    return INTERVALS.get((every["interval"], every["interval_count"]), "month")


def switch(
    api: "V1Services", external_id: str, price: Price, external_price: str, *, prorate: bool, key: str
) -> None:
    """Nothing changes when the difference cannot be charged.

    Another interval begins at once, whatever `prorate`, so what is left of the paid one is always taken into account.
    """
    subscription = _charging(api, external_id)
    item = subscription["items"]["data"][0]
    if item["price"]["id"] == external_price:
        return
    at_once = prorate or _interval(item) != price.interval
    changes: SubscriptionUpdateParams = {
        "items": [{"id": item["id"], "price": external_price}],
        "proration_behavior": "always_invoice" if at_once else "none",
        "payment_behavior": "error_if_incomplete",
    }  # fmt: skip
    api.subscriptions.update(external_id, changes, _once(key))


def discount(
    api: "V1Services", connection: Connection, external_id: str, terms: Discount, *, key: str, now: int
) -> None:
    """Beside the discounts that it has; the same one only once."""
    subscription = _running(api, external_id)
    item = subscription["items"]["data"][0]
    every = item["price"]["recurring"]
    interval = INTERVALS.get((every["interval"], every["interval_count"]), "month")
    coupon = coupon_for(api, connection, terms, interval, item["current_period_end"] * 1000, now)
    there = subscription["discounts"]
    if any(id_of(one["source"]["coupon"]) == coupon for one in there):
        return
    kept: list[SubscriptionUpdateParamsDiscount] = [{"discount": one["id"]} for one in there]
    api.subscriptions.update(external_id, {"discounts": [*kept, {"coupon": coupon}]}, _once(key))


def cancel(api: "V1Services", external_id: str, *, at_once: bool, key: str) -> None:
    """At the end of what is paid, which is now for what is not."""
    subscription = _subscription(api, external_id)
    if subscription["status"] in OVER:
        return
    if at_once or subscription["status"] in UNPAID:
        _end(api, external_id)
    elif not subscription["cancel_at_period_end"]:
        api.subscriptions.update(external_id, {"cancel_at_period_end": True}, _once(key))


def _end(api: "V1Services", external_id: str) -> None:
    import stripe

    try:
        api.subscriptions.cancel(external_id)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":  # somebody else ended it a moment ago
            raise


def resume(api: "V1Services", external_id: str, *, key: str) -> None:
    """Periods that passed while nothing was charged are not given away: one that is under way begins anew, paid."""
    subscription = _running(api, external_id)
    if subscription["status"] == "paused":
        api.subscriptions.resume(external_id, {"billing_cycle_anchor": {"type": "now"}}, _once(key))
        return
    changes: SubscriptionUpdateParams = {}
    if subscription["pause_collection"]:
        changes["pause_collection"] = ""
        if (subscription["latest_invoice"] or {}).get("status") in ("void", "uncollectible"):
            changes["billing_cycle_anchor"] = {"type": "now"}
            changes["proration_behavior"] = "none"
            changes["payment_behavior"] = "error_if_incomplete"
    if subscription["cancel_at_period_end"]:
        changes["cancel_at_period_end"] = False
    elif subscription["cancel_at"]:
        changes["cancel_at"] = ""
    if changes:
        api.subscriptions.update(external_id, changes, _once(key))


def pause(api: "V1Services", external_id: str, *, key: str) -> None:
    """Stripe's invoices are voided until it is resumed."""
    _running(api, external_id)
    api.subscriptions.update(external_id, {"pause_collection": {"behavior": "void"}}, _once(key))


def refund(api: "V1Services", charge_id: str, amount: int | None, *, key: str) -> None:
    """Raises Conflict when there is not that much left."""
    import stripe

    asked: RefundCreateParams = {"charge": charge_id}
    if amount is not None:
        currency = api.charges.retrieve(charge_id).currency.upper()
        asked["amount"] = theirs(amount, currency)
    try:
        api.refunds.create(asked, _once(key))
    except stripe.InvalidRequestError as error:
        if error.param != "amount":
            raise
        raise Conflict("There is not that much left of this payment.", code="refunded") from None


def close(api: "V1Services", checkout_id: str) -> None:
    """Nobody can pay there any more; one that was paid, or has closed by itself, stays as it is."""
    import stripe

    try:
        api.checkout.sessions.expire(checkout_id)
    except stripe.InvalidRequestError:
        if api.checkout.sessions.retrieve(checkout_id).status == "open":
            raise


def portal(api: "V1Services", customer: str, back_to: str) -> str:
    """Raises Conflict where the creator has not set it up, or the customer is gone."""
    import stripe

    try:
        return api.billing_portal.sessions.create({"customer": customer, "return_url": back_to}).url
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise Conflict(NO_CUSTOMER, code="no_portal") from None
        raise Conflict(
            "The customer portal is not set up at Stripe. Its owner can do that in the Stripe dashboard.",
            code="no_portal",
        ) from None
