"""A Stripe account: what it is, its keys and what they may do, its two modes."""

import random
import zlib
from dataclasses import dataclass, field

from .ledger import LETTERS, Ledger, Policy
from .refusals import Refused, masked
from .shapes import Wire, blank

# First part of a path → the resource in the name of the permission (`rak_<resource>_read`). The names for prices,
# accounts, charges, customers and subscriptions are Stripe's; the others are formed like them.
RESOURCES = {
    "account": "accounts_kyc_basic",
    "balance": "balance",
    "balance_transactions": "balance",
    "billing_portal": "billing_portal_session",
    "charges": "charge",
    "checkout": "checkout_session",
    "coupons": "coupon",
    "customers": "customer",
    "disputes": "dispute",
    "events": "event",
    "invoice_payments": "invoice",
    "invoices": "invoice",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "prices": "plan",
    "products": "product",
    "promotion_codes": "promotion_code",
    "refunds": "charge",
    "subscriptions": "subscription",
    "webhook_endpoints": "webhook",
}


@dataclass
class Key:
    text: str
    ledger: Ledger
    permissions: frozenset[str] | None = None  # None: a secret key, which may do everything
    expired: bool = False

    def require(self, resource: str, right: str) -> None:
        """Raise Refused (403) where a restricted key may not. Who may write may read."""
        if self.permissions is None or self.permissions & {f"{resource}_{right}", f"{resource}_write"}:
            return
        raise Refused(
            f"The provided key '{masked(self.text)}' does not have the required permissions for this endpoint on "
            f"account '{self.ledger.account.id}'. Having the 'rak_{resource}_{right}' permission would allow this "
            "request to continue.",
            status=403,
        )


@dataclass
class Account:
    """`test` and `live` are its two ledgers. Keys are given out by `secret_key` and `restricted_key`."""

    id: str
    now: int
    seed: int = 0
    country: str = "DE"
    currency: str = "eur"
    name: str = "Studio Nord"
    charges_enabled: bool = True
    policy: Policy = field(default_factory=Policy)
    keys: dict[str, Key] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = zlib.crc32(self.id.encode()) + self.seed
        self.test = Ledger(self, livemode=False, now=self.now, seed=start)
        self.live = Ledger(self, livemode=True, now=self.now, seed=start + 1)
        self._random = random.Random(start + 2)

    def other(self, ledger: Ledger) -> Ledger:
        return self.test if ledger is self.live else self.live

    def _key(self, start: str, ledger: Ledger, permissions: frozenset[str] | None) -> str:
        mode = "live" if ledger.livemode else "test"
        text = f"{start}_{mode}_51" + "".join(self._random.choices(LETTERS, k=97))
        self.keys[text] = Key(text, ledger, permissions)
        return text

    def secret_key(self, *, livemode: bool = False) -> str:
        return self._key("sk", self.live if livemode else self.test, None)

    def restricted_key(self, *permissions: str, livemode: bool = False) -> str:
        """A key that may do what is named, like `customer_read`, `checkout_session_write`."""
        known = {f"{resource}_{right}" for resource in RESOURCES.values() for right in ("read", "write")}
        assert set(permissions) <= known, set(permissions) - known
        return self._key("rk", self.live if livemode else self.test, frozenset(permissions))

    def revoke(self, key: str) -> None:
        """From now on this key is answered as expired."""
        self.keys[key].expired = True

    def shown(self) -> Wire:
        """As `GET /v1/account` answers. There is no `livemode` on an account: ask the balance for the mode."""
        return blank(
            "account",
            id=self.id,
            business_profile={"name": self.name, "url": None, "mcc": None, "support_email": None},
            business_type="individual",
            capabilities={
                "card_payments": "active" if self.charges_enabled else "inactive",
                "transfers": "active",
            },
            charges_enabled=self.charges_enabled,
            country=self.country,
            created=self.now,
            default_currency=self.currency,
            details_submitted=self.charges_enabled,
            email="owner@example.com",
            metadata={},
            payouts_enabled=self.charges_enabled,
            type="standard",
        )
