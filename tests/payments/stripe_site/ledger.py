"""One account's objects in one mode (test or live), its own clock, and the events that changes leave behind."""

import contextlib
import heapq
import itertools
import random
import string
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .library import VERSION, class_of, fields_of
from .refusals import missing
from .shapes import Wire, blank, complaints, copied

LETTERS = string.ascii_letters + string.digits
DAY = 86_400
HOUR = 3_600
EVENTS_KEPT = 30 * DAY

SPACED = {"promotion_code": "promotion code", "webhook_endpoint": "webhook endpoint"}  # in "No such …"

Happening = Callable[["Ledger", str], None]
HAPPENINGS: dict[str, Happening] = {}

# What starts an id, and how many characters follow. Where Stripe writes a "1" first, so does `Ledger.id`.
IDS = {
    "balance_transaction": ("txn_1", 23),
    "billing_portal.configuration": ("bpc_1", 23),
    "billing_portal.session": ("bps_1", 23),
    "charge": ("ch_3", 23),
    "coupon": ("", 8),
    "customer": ("cus_", 14),
    "discount": ("di_1", 23),
    "dispute": ("du_1", 23),
    "event": ("evt_1", 23),
    "invoice": ("in_1", 23),
    "invoice_payment": ("inpay_1", 23),
    "invoiceitem": ("ii_1", 23),
    "item": ("li_1", 23),
    "line_item": ("il_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_method": ("pm_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "promotion_code": ("promo_1", 23),
    "refund": ("re_3", 23),
    "request": ("req_", 14),
    "subscription": ("sub_1", 23),
    "subscription_item": ("si_", 14),
    "upcoming": ("upcoming_in_1", 23),
    "webhook_endpoint": ("we_1", 23),
    "webhook_secret": ("whsec_", 32),
}


def happening(name: str) -> Callable[[Happening], Happening]:
    """Mark a function as what this happening does to the object with the id that it is given."""

    def keep(function: Happening) -> Happening:
        HAPPENINGS[name] = function
        return function

    return keep


@dataclass
class Policy:
    """What the account's owner sets in the provider's dashboard."""

    draft_s: int = HOUR  # a renewal's invoice stays a draft this long before it is charged
    retry_days: tuple[int, ...] = (3, 5, 7)  # after the failed attempt before
    after_retries: str = "cancel"  # or "unpaid", or "past_due" (left as it is)
    on_dispute: str = "leave"  # or "cancel": end the subscription whose payment is disputed
    upcoming_days: int = 7  # invoice.upcoming comes this long before a renewal
    tax_percent: int = 0  # what automatic tax finds
    tax_ready: bool = True
    portal_ready: bool = True
    fee_percent: float = 1.5
    fee_fixed: int = 25
    dispute_fee: int = 2_000


@dataclass
class Behaviour:
    """What the provider knows about a card and does not show."""

    outcome: str = "works"  # or "declines", or "slow": settles or bounces days later, as a bank debit does


@dataclass
class Secrets:
    """Of a webhook endpoint. While `old` is kept, deliveries are signed with both."""

    current: str
    old: str | None = None


@dataclass
class Hidden:
    """State of the double that no object shows."""

    cards: dict[str, Behaviour] = field(default_factory=dict)  # payment method id →
    pending_lines: dict[str, list[Wire]] = field(
        default_factory=dict
    )  # subscription id → prorations not yet billed
    checkouts: dict[str, Any] = field(default_factory=dict)  # session id → what it was asked for
    secrets: dict[str, Secrets] = field(default_factory=dict)  # webhook endpoint id →
    inline_prices: set[str] = field(default_factory=set)  # made from price_data: never listed
    coupon_products: dict[str, list[str]] = field(default_factory=dict)  # coupon id → what it is limited to
    portal: str | None = None  # id of the default configuration of the customer portal
    deleted_coupons: dict[str, Wire] = field(default_factory=dict)


class Ledger:
    """Objects by kind and id. Every public entry holds `lock`; times are whole seconds since the epoch."""

    def __init__(self, account: Any, *, livemode: bool, now: int, seed: int) -> None:
        self.account = account
        self.livemode = livemode
        self.now = now
        self.lock = threading.RLock()
        self.tables: dict[str, dict[str, Wire]] = {}
        self.hidden = Hidden()
        self.request: tuple[str | None, str | None] = (
            None,
            None,
        )  # id and idempotency key of the call under way
        self._random = random.Random(seed)
        self._agenda: list[tuple[int, int, str, str]] = []
        self._turns = itertools.count()

    @property
    def policy(self) -> Policy:
        policy: Policy = self.account.policy
        return policy

    def id(self, kind: str) -> str:
        if kind == "checkout.session":
            start, length = ("cs_live_a1" if self.livemode else "cs_test_a1"), 56
        else:
            start, length = IDS[kind]
        letters = string.ascii_uppercase + string.digits if kind == "coupon" else LETTERS
        return start + "".join(self._random.choices(letters, k=length))

    def new(self, kind: str, /, **values: Any) -> Wire:
        """A new object, kept. `id`, `created` and `livemode` are filled where its class has them."""
        usual = {"id": self.id(kind), "created": self.now, "livemode": self.livemode}
        known = fields_of(class_of(kind))
        return self.keep(blank(kind, **({n: v for n, v in usual.items() if n in known} | values)))

    def keep(self, thing: Wire) -> Wire:
        self.tables.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def get(self, kind: str, identity: str, *, param: str = "id", status: int = 404) -> Wire:
        """Raise Refused when there is none (any more)."""
        found = self.tables.get(kind, {}).get(identity)
        if found is None:
            other = self.account.other(self).tables.get(kind, {}).get(identity)
            refusal = missing(
                kind.rsplit(".", maxsplit=1)[-1].replace("_", " "), identity, param=param, status=status
            )
            if other is not None:
                mode, key = ("test", "live") if self.livemode else ("live", "test")
                refusal.body["error"]["message"] += (
                    f"; a similar object exists in {mode} mode, but a {key} mode key was used to make this request."
                )
            raise refusal
        return found

    def all(self, kind: str) -> list[Wire]:
        """Newest first, as lists are answered."""
        return list(reversed(self.tables.get(kind, {}).values()))

    def emit(self, kind: str, thing: Wire, before: Wire | None = None) -> Wire:
        """Keep an event with the object as it is now."""
        shown = copied(thing)
        data: Wire = {"object": shown}
        if before is not None:
            data["previous_attributes"] = changed(before, shown)
        wrong = complaints(shown)
        assert not wrong, wrong
        event = blank(
            "event",
            id=self.id("event"),
            api_version=VERSION,
            created=self.now,
            data=data,
            livemode=self.livemode,
            pending_webhooks=sum(
                kind in e["enabled_events"] or "*" in e["enabled_events"] for e in self.endpoints()
            ),
            request={"id": self.request[0], "idempotency_key": self.request[1]},
            type=kind,
        )
        return self.keep(event)

    @property
    def events(self) -> list[Wire]:
        """Oldest first."""
        return list(self.tables.get("event", {}).values())

    def endpoints(self) -> list[Wire]:
        return [e for e in self.all("webhook_endpoint") if e["status"] == "enabled"]

    @contextlib.contextmanager
    def changing(self, thing: Wire, event: str) -> Iterator[Wire]:
        """Emit `event` with what was before, if anything changed inside."""
        before = copied(thing)
        yield thing
        if thing != before:
            self.emit(event, thing, before)

    def remind(self, at: int, what: str, identity: str) -> None:
        """Let it happen when the clock gets there. It has to look whether it is still wanted."""
        assert what in HAPPENINGS, what
        heapq.heappush(self._agenda, (at, next(self._turns), what, identity))

    def happen(self, what: str, identity: str) -> None:
        HAPPENINGS[what](self, identity)

    def advance_to(self, moment: int) -> None:
        """Move the clock on; what is due on the way happens, each at its own time."""
        with self.lock:
            assert moment >= self.now, "the clock only goes on"
            while self._agenda and self._agenda[0][0] <= moment:
                at, _, what, identity = heapq.heappop(self._agenda)
                self.now = max(self.now, at)
                self.happen(what, identity)
            self.now = moment

    def advance(self, seconds: int) -> None:
        self.advance_to(self.now + seconds)


def changed(before: Wire, after: Wire) -> Wire:
    """What `previous_attributes` holds: the old values of what changed, of objects only their changed parts."""
    found: Wire = {}
    for name in before | after:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        nested = isinstance(old, dict) and isinstance(new, dict) and old.get("object") != "list"
        found[name] = changed(old, new) if nested else copied(old)  # type: ignore[arg-type]
    return found
