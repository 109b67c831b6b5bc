"""Webhook endpoints, events, and the signature under what is delivered."""

import hashlib
import hmac
import json

from .catalog import metadata, new_metadata
from .ledger import EVENTS_KEPT, Ledger, Secrets
from .library import VERSION
from .params import Given
from .refusals import Refused, missing
from .routes import page, route, within
from .shapes import Wire


def sign(body: str, secret: str, at: int) -> str:
    """The v1 signature, written here on its own so that the tests can hold it against the library's."""
    return hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()


def header(body: str, secrets: Secrets, at: int) -> str:
    """`t=…,v1=…`, with one v1 more while a rolled secret's predecessor is still good."""
    signatures = [sign(body, secret, at) for secret in (secrets.current, secrets.old) if secret]
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in signatures)])


def body_of(event: Wire) -> str:
    """As Stripe sends it: indented, so that parsing and writing it again gives other bytes."""
    return json.dumps(event, indent=2)


@route("post", "/v1/webhook_endpoints")
def create_endpoint(ledger: Ledger, given: Given) -> Wire:
    url = given.get("url")
    if not url.startswith("https://" if ledger.livemode else ("https://", "http://")):
        raise Refused("Invalid URL: In live mode a URL must use HTTPS.", code="url_invalid", param="url")
    endpoint = ledger.new(
        "webhook_endpoint",
        api_version=given.get("api_version"),
        description=given.get("description"),
        enabled_events=given.whole("enabled_events"),
        metadata=new_metadata(given),
        status="enabled",
        url=url,
    )
    secret = ledger.id("webhook_secret")
    ledger.hidden.secrets[endpoint["id"]] = Secrets(secret)
    return {**endpoint, "secret": secret}


@route("get", "/v1/webhook_endpoints/{}")
def retrieve_endpoint(ledger: Ledger, given: Given, identity: str) -> Wire:
    """Without the secret: that is shown only when the endpoint is made."""
    return ledger.get("webhook_endpoint", identity)


@route("post", "/v1/webhook_endpoints/{}")
def update_endpoint(ledger: Ledger, given: Given, identity: str) -> Wire:
    endpoint = ledger.get("webhook_endpoint", identity)
    for name in ("url", "description"):
        if name in given:
            endpoint[name] = given.get(name) or None
    if "enabled_events" in given:
        endpoint["enabled_events"] = given.whole("enabled_events")
    if "disabled" in given:
        endpoint["status"] = "disabled" if given.get("disabled") else "enabled"
    metadata(endpoint, given)
    return endpoint


@route("delete", "/v1/webhook_endpoints/{}")
def delete_endpoint(ledger: Ledger, given: Given, identity: str) -> Wire:
    ledger.get("webhook_endpoint", identity)
    del ledger.tables["webhook_endpoint"][identity]
    return {"id": identity, "object": "webhook_endpoint", "deleted": True}


@route("get", "/v1/webhook_endpoints")
def list_endpoints(ledger: Ledger, given: Given) -> Wire:
    return page(given, ledger.all("webhook_endpoint"), "/v1/webhook_endpoints")


def interested(endpoint: Wire, event: Wire) -> bool:
    return "*" in endpoint["enabled_events"] or event["type"] in endpoint["enabled_events"]


@route("get", "/v1/events/{}")
def retrieve_event(ledger: Ledger, given: Given, identity: str) -> Wire:
    event = ledger.get("event", identity)
    if event["created"] < ledger.now - EVENTS_KEPT:
        raise missing("event", identity)
    return event


@route("get", "/v1/events")
def list_events(ledger: Ledger, given: Given) -> Wire:
    """Of the last 30 days."""
    created = within(given.get("created"))
    kind, kinds = given.get("type"), given.get("types")
    if kind and kinds:
        raise Refused("You may only specify one of these parameters: type, types.")

    def fits(event: Wire) -> bool:
        if kinds:
            return event["type"] in kinds
        return (
            kind is None
            or event["type"] == kind
            or (kind.endswith("*") and event["type"].startswith(kind[:-1]))
        )

    def keep(event: Wire) -> bool:
        return event["created"] >= ledger.now - EVENTS_KEPT and created(event) and fits(event)

    return page(given, ledger.all("event"), "/v1/events", keep)


def other_version(endpoint: Wire) -> bool:
    """Whether this endpoint would be sent another version's shapes, which the double cannot make."""
    return endpoint["api_version"] not in (None, VERSION)
