"""From a request to Stripe's answer: key, version, idempotency, parameters, work, expansion."""

import base64
import json
import traceback
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from . import (
    catalog,
    changes,
    checkout,
    coupons,
    customers,
    invoices,
    payments,
    prorations,
    renewals,
    reversals,
    webhooks,
)
from .accounts import RESOURCES, Account, Key
from .ledger import DAY, Ledger
from .library import VERSION, Route, params_of
from .params import read
from .refusals import Refused, Unspoken, masked
from .routes import HANDLERS, expanded, find
from .shapes import complaints

# Imported for the routes they bring.
SPOKEN = (
    catalog,
    changes,
    checkout,
    coupons,
    customers,
    invoices,
    payments,
    prorations,
    renewals,
    reversals,
    webhooks,
)
KEY_KEPT_S = DAY
LONGEST_KEY = 255


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    verb: str
    path: str
    query: str
    headers: dict[str, str]  # lower-case names
    body: str

    @property
    def form(self) -> str:
        return self.body if self.verb == "post" else self.query


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return json.dumps(self.body, indent=2).encode()


@dataclass
class Heard:
    """What the site notes of each request, for tests to look at."""

    verb: str
    path: str
    form: str
    key: str
    version: str | None
    idempotency_key: str | None
    status: int
    replayed: bool = False


@dataclass
class _Kept:
    at: int
    route: tuple[str, str]
    form: str
    answer: Answer


class Desk:
    """Answers for all accounts of a site. `faults` are mistakes of a test or of the double, never Stripe's doing."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.heard: list[Heard] = []
        self.faults: list[str] = []
        self._kept: dict[tuple[str, bool, str], _Kept] = {}

    def answer(self, asked: Asked) -> Answer:
        request_id = "req_" + base64.b32encode(len(self.heard).to_bytes(8, "big")).decode().rstrip("=")
        text = _presented(asked)
        idempotency_key = asked.headers.get("idempotency-key")
        try:
            key = self._key(text)
            with key.ledger.lock:
                answer = self._idempotent(asked, key, request_id, idempotency_key)
        except Refused as refusal:
            answer = Answer(refusal.status, refusal.body, dict(refusal.headers))
        except Unspoken as unspoken:
            answer = self._fault(f"{asked.verb} {asked.path}: not spoken here: {unspoken}", 501)
        except Exception:
            answer = self._fault(f"{asked.verb} {asked.path} {asked.form}\n{traceback.format_exc()}", 500)
        answer.headers |= {"Request-Id": request_id, "Stripe-Version": VERSION}
        version = asked.headers.get("stripe-version")
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        self.heard.append(
            Heard(asked.verb, asked.path, asked.form, text, version, idempotency_key, answer.status, replayed)
        )
        return answer

    def _fault(self, words: str, status: int) -> Answer:
        self.faults.append(words)
        return Answer(
            status, {"error": {"message": words, "type": "api_error"}}, {"Stripe-Should-Retry": "false"}
        )

    def _key(self, text: str) -> Key:
        if not text:
            raise Refused(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
                status=401,
            )
        for account in self.accounts:
            if text in account.keys:
                if account.keys[text].expired:
                    raise Refused(
                        f"Expired API Key provided: {masked(text)}", status=401, code="api_key_expired"
                    )
                return account.keys[text]
        raise Refused(f"Invalid API Key provided: {masked(text)}", status=401)

    def _idempotent(self, asked: Asked, key: Key, request_id: str, name: str | None) -> Answer:
        """What one key was once answered it is answered again for a day, and the work is done once."""
        ledger = key.ledger
        if asked.verb != "post" or name is None:
            return self._work(asked, key, request_id, name)
        if len(name) > LONGEST_KEY:
            raise Refused(f"Idempotency keys can be at most {LONGEST_KEY} characters long.")
        place = (ledger.account.id, ledger.livemode, name)
        known = self._kept.get(place)
        if known and ledger.now - known.at < KEY_KEPT_S:
            return _again(asked, known, name)
        answer = self._work(asked, key, request_id, name)
        self._kept[place] = _Kept(ledger.now, (asked.verb, asked.path), asked.form, answer)
        return answer

    def _work(self, asked: Asked, key: Key, request_id: str, name: str | None) -> Answer:
        """Raise Refused for what is refused before the work begins, which no idempotency key remembers."""
        _versioned(asked, key.ledger)
        found = find(asked.verb, asked.path)
        if found is None:
            words = f"Unrecognized request URL ({asked.verb.upper()}: {asked.path})."
            raise Refused(words, status=404)
        route, ids = found
        resource = RESOURCES[route.path.split("/")[2]]
        key.require(resource, "read" if asked.verb == "get" else "write")
        given = read(asked.form, params_of(route))
        paths = given.whole("expand", [])
        handler = HANDLERS.get(Route(*route))
        if handler is None:
            raise Unspoken(f"{route.verb} {route.path}")
        ledger = key.ledger
        ledger.request = (request_id, name)
        try:
            thing = handler(ledger, given, *(unquote(identity) for identity in ids))
            left = list(given.unread())
            if left:
                raise Unspoken(f"parameters {', '.join(left)}")
            thing = expanded(ledger, key, thing, paths)
        except Refused as refusal:
            return Answer(refusal.status, refusal.body, dict(refusal.headers))
        finally:
            ledger.request = (None, None)
        wrong = complaints(thing)
        assert not wrong, wrong
        return Answer(200, thing)


def _presented(asked: Asked) -> str:
    kind, _, text = asked.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return base64.b64decode(text).decode().partition(":")[0]
    return text.strip() if kind.lower() == "bearer" else ""


def _again(asked: Asked, known: _Kept, name: str) -> Answer:
    if known.route != (asked.verb, asked.path):
        words = f"the same endpoint they were first used for ('{known.route[1]}' vs '{asked.path}')"
    elif known.form != asked.form:
        words = "the same parameters they were first used with"
    else:
        return Answer(known.answer.status, known.answer.body, {"Idempotent-Replayed": "true"})
    raise Refused(
        f"Keys for idempotent requests can only be used {'for' if 'endpoint' in words else 'with'} {words}. Try using "
        f"a key other than '{name}' if you meant to execute a different request.",
        kind="idempotency_error",
    )


def _versioned(asked: Asked, ledger: Ledger) -> None:
    """Stripe falls back to the account's version; the double wants it said, and only knows its library's."""
    version = asked.headers.get("stripe-version")
    if not version:
        raise Refused("This request pins no API version. Send Stripe-Version.", param="Stripe-Version")
    if version != VERSION:
        raise Refused(f"Invalid Stripe API version: {version}", param="Stripe-Version")
    other = asked.headers.get("stripe-account") or asked.headers.get("stripe-context")
    if other and other != ledger.account.id:
        raise Refused(
            f"The provided key does not have access to account '{other}' (or that account does not exist). "
            "Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
