"""What Stripe tells: whether it is Stripe who does, and what it is about. Nothing else of a message is believed.

The signature is checked by the library; its age by us, in both directions and against our own clock.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from channel.errors import Forbidden
from channel.payments.model import Connection
from channel.payments.provider import Hint
from channel.payments.stripe.finding import subscription_of
from channel.payments.stripe.line import Wire, id_of, up_to

if TYPE_CHECKING:
    from stripe._v1_services import V1Services

TOLERANCE_MS: Final = 300_000
# At most 20, as many as the list of events can be asked for at once.
TYPES: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "refund.updated",
    "refund.failed",
)
_HEADER = "stripe-signature"
_TIME = re.compile(r"t=([0-9]{1,12})", re.ASCII)


def read(connection: Connection, body: bytes, headers: Mapping[str, str], now: int) -> list[Hint]:
    """The one thing that a message is about. Raises Forbidden for what is not authentically this account's, now."""
    header = next((value for name, value in headers.items() if name.lower() == _HEADER), "")
    _must_be_fresh(header, now)
    _must_be_signed(connection, body, header)
    event = _event(body)
    if event["livemode"] is not connection.live:
        raise _refused("This message is of Stripe's other mode.")
    if event.get("account") not in (None, "", connection.account):
        raise _refused("This message is about another account.")
    return [Hint(event["id"], event["type"], reference_of(event))]


def reference_of(event: Wire) -> str:
    """By what to fetch what an event is about, with as few questions as can be; "" for what we do not follow."""
    if event["type"] not in TYPES:
        return ""
    thing: Wire = event["data"]["object"]
    match thing.get("object"):
        case "checkout.session":
            return id_of(thing.get("subscription")) or id_of(thing.get("id"))
        case "subscription":
            return id_of(thing.get("id"))
        case "invoice":
            return subscription_of(thing) or id_of(thing.get("id"))
        case "charge" | "refund" | "dispute":
            return id_of(thing.get("payment_intent")) or id_of(thing.get("id"))
        case _:
            return ""


def told_since(api: "V1Services", since: int, most: int) -> list[Wire]:
    """In the line's thread: the last `most` events since then (epoch ms) that we follow, newest first."""
    found = api.events.list({"types": list(TYPES), "created": {"gte": since // 1000}, "limit": 100})
    return up_to(found, most)


def _refused(words: str) -> Forbidden:
    return Forbidden(words, code="signature")


def _must_be_fresh(header: str, now: int) -> None:
    # One time, so that it is the one which the library takes into the signature.
    times = [part for part in header.split(",") if part.strip().startswith("t=")]
    written = _TIME.fullmatch(times[0]) if len(times) == 1 else None
    if written is None:
        raise _refused("This message has no signature of Stripe's.")
    if abs(now - int(written[1]) * 1000) > TOLERANCE_MS:
        raise _refused("This message is too old, or of another time. Look at the server's clock.")


def _must_be_signed(connection: Connection, body: bytes, header: str) -> None:
    import stripe

    for secret in connection.keys.webhook:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)  # refuses an empty secret
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            continue  # not UTF-8, or letters in the signature that cannot be compared
        return
    raise _refused("The signature of this message does not fit.")


def _event(body: bytes) -> dict[str, Any]:
    """An event of the shape that we know. A thin one has another, and says too little."""
    try:
        event = json.loads(body)
        if event["object"] != "event" or not isinstance(event["data"]["object"], dict):
            raise ValueError
        if not all(isinstance(event[name], str) and event[name] for name in ("id", "type")):
            raise ValueError
        if not isinstance(event["livemode"], bool):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _refused("This is no event of the kind “snapshot”. Choose that kind at Stripe.") from None
    return dict(event)
