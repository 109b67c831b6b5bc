"""The port: what we need of whoever takes money for a creator, in our words.

A message of a provider is a hint that something changed; `fetch` is what we go by. Adapters call no database
transaction while they wait for a network, and are called outside of one. What every adapter must do is written as
tests/contract/test_provider*.py, which are the guide to another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from channel.payments.model import Connection, Held, Order, ProviderName
from channel.tiers.model import Price


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon as the provider has to know it. Exactly one of `percent` and `amount` is above 0."""

    code: str
    percent: int
    amount: int
    currency: str | None
    periods: int | None  # None: for ever


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is to be paid, and all that a checkout shows. `title` is what stands on the bill.

    `success_url` and `cancel_url` are ours; the provider sends the buyer back there, which proves nothing.
    """

    order: Order
    title: str
    language: str
    email: str | None
    customer: str | None  # whom the provider knows the buyer as, from an earlier purchase
    discount: Discount | None
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the buyer goes. `external_id` can be given to `fetch`."""

    external_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What an authentic message is about. `reference` can be given to `fetch`; "" when it is about nothing of ours."""

    event_id: str
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class Probe:
    """How the connection stands. Each problem is a sentence with its remedy; none: all is well."""

    account: str
    name: str
    live: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a switch would cost: now (negative: a credit), and at `next_at` (epoch ms)."""

    now: int
    currency: str
    next: int
    next_at: int | None


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this provider can do; the pages offer nothing else."""

    subscriptions: bool = True
    purchases: bool = True
    trials: bool = True
    switches: bool = True
    pauses: bool = True
    refunds: bool = True
    portal: bool = False
    coupons: bool = True
    waits_days: int = 0  # how long an order waits for its payment; 0: an hour


class Provider(Protocol):
    """Every method may raise Unavailable (it cannot be reached; nothing is known to have happened: try again with the
    same key), Forbidden (code `provider_key`: it refuses our key) and Invalid (it refuses an amount, a currency or a
    field, named). `key` makes a call that is repeated happen once.
    """

    @property
    def name(self) -> ProviderName: ...

    @property
    def abilities(self) -> Abilities: ...

    async def probe(self, connection: Connection, hook_url: str) -> Probe:
        """Whether key, mode and messages to `hook_url` are as they must be. Raises Unavailable only."""
        ...

    async def checkout(self, connection: Connection, purchase: Purchase, key: str) -> Checkout:
        """Open a place to pay. The order's id and account are written onto what comes of it."""
        ...

    async def close_checkout(self, connection: Connection, external_id: str) -> None:
        """Nobody can pay there any more; nothing happens when it is paid or gone."""
        ...

    async def fetch(self, connection: Connection, reference: str) -> Held | None:
        """What is held about a purchase, by any reference we were given for it. None: nothing was bought (yet), or
        it is nothing of ours.
        """
        ...

    async def recent(self, connection: Connection, since: int) -> Sequence[str]:
        """References of everything that changed since then (epoch ms), told by a message or not; oldest first."""
        ...

    def read_hint(
        self, connection: Connection, body: bytes, headers: Mapping[str, str], now: int
    ) -> Sequence[Hint]:
        """What a message says. Raises Forbidden for one that is not authentically this account's, of this mode, now."""
        ...

    async def preview(self, connection: Connection, external_id: str, price: Price, amount: int) -> Preview:
        """What switching to `price` at `amount` would cost."""
        ...

    async def switch(
        self, connection: Connection, external_id: str, price: Price, amount: int, *, prorate: bool, key: str
    ) -> None:
        """Make it cost and give `price`: at once and prorated, or from the next period on.

        A provider that cannot charge by itself takes the next period in any case; `preview` says so by costing nothing
        now.
        """
        ...

    async def discount(
        self, connection: Connection, external_id: str, discount: Discount, *, key: str
    ) -> None:
        """Let a running subscription cost less from the next charge on."""
        ...

    async def cancel(self, connection: Connection, external_id: str, *, at_once: bool, key: str) -> None:
        """End it at once, or at the end of what is paid. Of one that has ended: nothing happens."""
        ...

    async def resume(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Take back a cancellation that has not taken effect, or a pause. Raises Conflict when it has ended."""
        ...

    async def pause(self, connection: Connection, external_id: str, *, key: str) -> None:
        """Charge nothing until `resume`."""
        ...

    async def refund(self, connection: Connection, charge_id: str, amount: int | None, *, key: str) -> None:
        """Pay back a charge, all of it or `amount`. Raises Conflict when there is not that much left of it."""
        ...

    async def portal(self, connection: Connection, customer: str, back_to: str) -> str:
        """Where the buyer changes their card and finds invoices. Raises Conflict where there is no such place."""
        ...
