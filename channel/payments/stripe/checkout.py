"""Stripe's checkout for an order: a page of Stripe's, on which the buyer pays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from channel.payments.model import DAY_MS, Connection
from channel.payments.provider import Checkout, Purchase
from channel.payments.stripe.amounts import theirs
from channel.payments.stripe.held import ACCOUNT, COMMUNITY, ORDER
from channel.payments.stripe.offers import MAX_NAME_CHARS, coupon_for

if TYPE_CHECKING:
    from stripe import InvalidRequestError
    from stripe._v1_services import V1Services
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceData,
        SessionCreateParamsSubscriptionData,
    )

LANGUAGES: Final = frozenset({"de", "en"})
SHORTEST_MS: Final = 30 * 60 * 1000  # Stripe closes no checkout sooner


@dataclass(frozen=True, slots=True)
class Opening:
    """What a checkout is opened with. `price` is Stripe's, None for what has no price of its own."""

    connection: Connection
    purchase: Purchase
    price: str | None
    key: str


def opened(api: "V1Services", opening: Opening) -> Checkout:
    """In the line's thread: make the coupon, then the page. With the same key it is the same page."""
    import stripe

    asked = _asked(api, opening)
    try:
        session = api.checkout.sessions.create(asked, {"idempotency_key": opening.key})
    except stripe.InvalidRequestError as error:
        if "customer" not in asked or not _about_the_customer(error):
            raise
        # They were deleted at Stripe, or pay something in another currency: Stripe is to make them anew.
        again = _asked(api, opening, known=False)
        session = api.checkout.sessions.create(again, {"idempotency_key": f"{opening.key}-anew"})
    return Checkout(external_id=session.id, url=session.url or "")


def _about_the_customer(error: "InvalidRequestError") -> bool:
    gone = error.code == "resource_missing" and error.param == "customer"
    return gone or "combine currencies" in (error.user_message or "")


def _asked(api: "V1Services", opening: Opening, *, known: bool = True) -> "SessionCreateParams":
    connection, purchase, order = opening.connection, opening.purchase, opening.purchase.order
    marks = {ORDER: order.id, ACCOUNT: order.account_id, COMMUNITY: order.community_id}
    recurs = order.kind == "subscription"
    asked: SessionCreateParams = {
        "mode": "subscription" if recurs else "payment", "line_items": [_item(opening)],
        "success_url": purchase.success_url, "cancel_url": purchase.cancel_url,
        "client_reference_id": order.id, "metadata": marks, "expires_at": order.expires_at // 1000,
        "locale": purchase.language if purchase.language in LANGUAGES else "auto",
        "adaptive_pricing": {"enabled": False},  # what is charged is what our page said
    }  # fmt: skip
    if recurs:
        asked["subscription_data"] = _subscription(purchase, marks)
        asked["payment_method_collection"] = "always"
    else:
        asked["payment_intent_data"] = {"metadata": marks, "description": purchase.title[:MAX_NAME_CHARS]}
        asked["invoice_creation"] = {"enabled": connection.options.invoices}
    if purchase.discount is not None:
        begins = order.created_at
        first = begins + order.trial_days * DAY_MS
        coupon = coupon_for(api, connection, purchase.discount, order.interval, first, begins)
        asked["discounts"] = [{"coupon": coupon}]
    return _with_customer(asked, opening, known=known)


def _subscription(purchase: Purchase, marks: dict[str, str]) -> "SessionCreateParamsSubscriptionData":
    data: SessionCreateParamsSubscriptionData = {
        "metadata": marks,
        "description": purchase.title[:MAX_NAME_CHARS],
    }
    if purchase.order.trial_days:
        data["trial_period_days"] = purchase.order.trial_days
        data["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
    return data


def _item(opening: Opening) -> "SessionCreateParamsLineItem":
    if opening.price is not None:
        return {"price": opening.price, "quantity": 1}
    order = opening.purchase.order
    data: SessionCreateParamsLineItemPriceData = {
        "currency": order.currency.lower(), "unit_amount": theirs(order.amount, order.currency),
        "product_data": {"name": opening.purchase.title[:MAX_NAME_CHARS]},
    }  # fmt: skip
    return {"price_data": data, "quantity": 1}


def _with_customer(asked: "SessionCreateParams", opening: Opening, *, known: bool) -> "SessionCreateParams":
    """Who pays, and what the tax office wants to know of them."""
    purchase, tax = opening.purchase, opening.connection.options.tax
    if tax:
        asked["automatic_tax"] = {"enabled": True}
        asked["tax_id_collection"] = {"enabled": True}
    if known and purchase.customer:
        asked["customer"] = purchase.customer
        if tax:
            asked["customer_update"] = {"address": "auto", "name": "auto"}
        return asked
    if purchase.email:
        asked["customer_email"] = purchase.email
    if asked["mode"] == "payment":
        asked["customer_creation"] = (
            "always"  # to be found again: for the next purchase, and for their invoices
        )
    return asked
