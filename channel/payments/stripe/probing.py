"""Whether a connection stands as it must: the key, what it may do, the account behind it, the way back to us.

What a restricted key may do is found by asking: Stripe looks at the key before it looks at the request, so that a
request which is incomplete, or about nothing, is refused for that alone, and changes nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from channel.payments.model import Connection
from channel.payments.provider import Probe
from channel.payments.stripe.hints import TYPES
from channel.payments.stripe.line import KEY, Wire, up_to
from channel.payments.stripe.refusals import PERMISSIONS, permission_in

if TYPE_CHECKING:
    from stripe import PermissionError as NotAllowed
    from stripe._v1_services import V1Services

MAX_ENDPOINTS: Final = 100  # Stripe takes 16
NOTHING: Final = "channel_probe"
_ACCOUNT = re.compile(r"\bacct_\w+", re.ASCII)
Try = Callable[["V1Services", Any], object]
# What we ask for, and a request of which nothing can come. Any: none of them has what the library says it must have.
TRIES: Final[tuple[tuple[str, Try], ...]] = (
    ("event_read", lambda api, no: api.events.list({"limit": 1})),
    ("customer_read", lambda api, no: api.customers.list({"limit": 1})),
    ("payment_intent_read", lambda api, no: api.payment_intents.list({"limit": 1})),
    ("dispute_read", lambda api, no: api.disputes.list({"limit": 1})),
    ("invoice_read", lambda api, no: api.invoices.list({"limit": 1})),
    ("invoice_write", lambda api, no: api.invoices.create_preview({"subscription": f"sub_{NOTHING}"})),
    ("checkout_session_write", lambda api, no: api.checkout.sessions.create(no)),
    ("subscription_write", lambda api, no: api.subscriptions.update(f"sub_{NOTHING}", no)),
    ("product_write", lambda api, no: api.products.update(f"prod_{NOTHING}", no)),
    ("plan_write", lambda api, no: api.prices.update(f"price_{NOTHING}", no)),
    ("coupon_write", lambda api, no: api.coupons.update(NOTHING, no)),
    ("charge_write", lambda api, no: api.refunds.create(no)),
    ("billing_portal_session_write", lambda api, no: api.billing_portal.sessions.create({"customer": f"cus_{NOTHING}"})),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What Stripe answered. `endpoints` is None where the key may not look."""

    account: str
    name: str
    able: bool
    endpoints: tuple[Wire, ...] | None
    lacking: tuple[tuple[str, str], ...]


def look(api: "V1Services", *, restricted: bool) -> Seen:
    """In the line's thread. A secret key may do everything."""
    import stripe

    lacking: list[tuple[str, str]] = []
    account, name, able = "", "", True
    try:
        there = api.accounts.retrieve_current().to_dict()
        account, able, name = there["id"], bool(there["charges_enabled"]), _name(there)
    except stripe.PermissionError as refusal:
        account = _account_in(refusal)
        lacking.append(_lacking(refusal, "accounts_kyc_basic_read"))
    endpoints: tuple[Wire, ...] | None = None
    try:
        endpoints = tuple(up_to(api.webhook_endpoints.list({"limit": 100}), MAX_ENDPOINTS))
    except stripe.PermissionError as refusal:
        lacking.append(_lacking(refusal, "webhook_read"))
    if restricted:
        lacking += _tried(api)
    return Seen(account, name, able, endpoints, tuple(dict.fromkeys(lacking)))


def _tried(api: "V1Services") -> Iterator[tuple[str, str]]:
    import stripe

    for permission, attempt in TRIES:
        try:
            attempt(api, {})
        except stripe.PermissionError as refusal:
            yield _lacking(refusal, permission)
        except stripe.InvalidRequestError:
            continue  # as it should be


def _lacking(refusal: "NotAllowed", expected: str) -> tuple[str, str]:
    what, _, right = expected.rpartition("_")
    return permission_in(refusal.user_message) or (PERMISSIONS[what], right)


def _account_in(refusal: "NotAllowed") -> str:
    """Stripe names the account even where the key may not ask for it."""
    named = _ACCOUNT.search(refusal.user_message or "")
    return named[0] if named else ""


def _name(account: Wire) -> str:
    profile, settings = account.get("business_profile") or {}, account.get("settings") or {}
    shown = (settings.get("dashboard") or {}).get("display_name")
    return str(shown or profile.get("name") or account.get("email") or "")


def is_live(key: str) -> bool:
    """Whether a key is of live mode; False for what is no key."""
    known = KEY.fullmatch(key)
    return known is not None and known[1] == "live"


def wrong_with_key(key: str) -> str:
    """What is wrong with the mere looks of a key, and what to do; "" for nothing."""
    if key.startswith("pk_"):
        return "This is the publishable key. Enter the secret key, or better a restricted one."
    if not KEY.fullmatch(key):
        return "This is no secret key of Stripe's. It begins with sk_ or, better, with rk_. Copy it again."
    return ""


def probe_of(connection: Connection, hook_url: str, seen: Seen) -> Probe:
    """What it comes to, the worst first."""
    live = is_live(connection.keys.api)
    problems = [
        *_with_account(connection, seen, live),
        *_with_key(seen),
        *_with_hook(connection, hook_url, seen),
    ]
    return Probe(account=seen.account, name=seen.name, live=live, problems=tuple(problems))


def _with_account(connection: Connection, seen: Seen, live: bool) -> Iterator[str]:
    if connection.account and seen.account and connection.account != seen.account:
        yield "This key is of another Stripe account than the one that is connected. Enter a key of that one."
    if connection.account and connection.live is not live:
        yield "This key is of Stripe's other mode than the connection. Enter a key of the same mode."
    if not seen.able:
        yield "Stripe does not let this account take payments yet. Finish its set-up in the Stripe dashboard."


def _with_key(seen: Seen) -> Iterator[str]:
    if seen.lacking:
        missing = ", ".join(f"{name}: {right}" for name, right in seen.lacking)
        yield f"The restricted key lacks permissions. Edit it at Stripe and allow: {missing}."


def _with_hook(connection: Connection, hook_url: str, seen: Seen) -> Iterator[str]:
    import stripe

    if not all(secret.startswith("whsec_") for secret in connection.keys.webhook):
        yield "This is no signing secret of a webhook. It begins with whsec_; copy it from the webhook's page at Stripe."
    if seen.endpoints is None:
        return
    ours = [one for one in seen.endpoints if one["url"] == hook_url]
    if not ours:
        yield f"Stripe sends no messages here. Add a webhook at Stripe with the address {hook_url}."
        return
    there = next((one for one in ours if one["status"] == "enabled"), ours[0])
    if there["status"] != "enabled":
        yield "The webhook is switched off at Stripe. Switch it on there."
    unheard = [] if "*" in there["enabled_events"] else [t for t in TYPES if t not in there["enabled_events"]]
    if unheard:
        yield f"The webhook does not tell of everything. Edit it at Stripe and add: {', '.join(unheard)}."
    version = there["api_version"]
    if version and _release(version) != _release(stripe.api_version):
        yield (
            f"The webhook speaks Stripe's version {version}, this server {stripe.api_version}. Make a new webhook in "
            "that version, or leave it: what is paid is asked of Stripe itself."
        )


def _release(version: str) -> str:
    """Versions of one name differ by additions only."""
    return version.rpartition(".")[2]
