"""What Stripe refuses, in our words. None of its own leave: they name ids, addresses and parts of keys."""

import logging
import re
from typing import TYPE_CHECKING, Final

from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from stripe import StripeError

log = logging.getLogger("channel.payments")

# As the page for restricted keys calls what its errors call otherwise.
PERMISSIONS: Final = {
    "accounts_kyc_basic": "Basic Business Contact Information",
    "billing_portal_session": "Customer portal",
    "charge": "Charges and Refunds",
    "checkout_session": "Checkout Sessions",
    "coupon": "Coupons",
    "customer": "Customers",
    "dispute": "Disputes",
    "event": "Events",
    "invoice": "Invoices",
    "payment_intent": "PaymentIntents",
    "plan": "Prices",
    "product": "Products",
    "subscription": "Subscriptions",
    "webhook": "Webhook Endpoints",
}
_PERMISSION = re.compile(r"'(?:rak_)?([a-z_]+)_(read|write)'")
_AMOUNT = re.compile(r"amount", re.IGNORECASE)


def permission_in(message: str | None) -> tuple[str, str] | None:
    """The permission that a refusal names, as Stripe's page calls it, and "read" or "write"."""
    named = _PERMISSION.search(message or "")
    return (PERMISSIONS.get(named[1], named[1]), named[2]) if named else None


def in_our_words(error: "StripeError") -> ChannelError:
    """What to raise instead."""
    import stripe

    match error:
        case stripe.AuthenticationError():
            return Forbidden(
                "Stripe does not accept the secret key any more. Make a new one at Stripe and enter it here.",
                code="provider_key",
            )
        case stripe.PermissionError():
            return _not_allowed(error)
        case stripe.CardError():
            return Invalid(card="The bank declined the payment. Use another card, then try again.")
        case stripe.IdempotencyError():
            return Conflict("This was begun before with other details. Start again.", code="begun_before")
        case stripe.InvalidRequestError():
            return _refused(error)
        case _:
            return Unavailable(
                "Stripe cannot be reached at the moment. Try again in a minute.", retry_after_s=60
            )


def _not_allowed(error: "StripeError") -> Forbidden:
    permission = permission_in(error.user_message)
    if permission is None:
        return Forbidden(
            "Stripe does not let this account do that. Look for open tasks in the Stripe dashboard.",
            code="provider_key",
        )
    name, right = permission
    return Forbidden(
        f"The key for Stripe lacks the permission “{name}: {right}”. Edit the key at Stripe and allow it.",
        code="provider_key",
    )


def _refused(error: "StripeError") -> ChannelError:
    code, param = error.code or "", str(getattr(error, "param", None) or "")
    message = error.user_message or ""
    if code == "resource_missing":
        return NotFound("Stripe knows of no such thing.")
    if code in ("amount_too_small", "amount_too_large") or _AMOUNT.search(param):
        return _of_amount(code)
    if "currency" in param or "combine currencies" in message or "expected currency" in message:
        return Invalid(currency="Stripe does not take this currency here. Choose another one.")
    if code in ("charge_already_refunded", "charge_not_refundable", "charge_disputed"):
        return Conflict("There is nothing left of this payment to pay back.", code="refunded")
    if param.endswith("[price]"):
        return Invalid(price="This price was archived at Stripe. Make it active there, then try again.")
    if "automatic_tax" in param or "tax" in code:
        return Invalid(tax="Taxes are not set up at Stripe. Set them up there, or switch them off here.")
    log.warning(
        "Stripe refused a request: code %s, parameter %s, request %s",
        code or "-",
        param or "-",
        error.request_id,
    )
    return Conflict(
        "Stripe refused this. Check the connection to Stripe in the studio, then try again.",
        code="provider_refused",
    )


def _of_amount(code: str) -> Invalid:
    if code == "amount_too_small":
        return Invalid(
            amount="This amount is below what Stripe can charge in this currency. Choose a higher one."
        )
    if code == "amount_too_large":
        return Invalid(amount="This amount is above what Stripe can charge at once. Choose a lower one.")
    return Invalid(amount="Stripe does not take this amount. Choose another one.")
