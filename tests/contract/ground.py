"""What the behaviours of a provider are tried on: a connected community, one adapter, and hands in the world outside."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from channel.accounts import Account
from channel.payments import Connection, Order, Seal, orders
from channel.payments.connecting import connect
from channel.payments.model import Fact, Held, ProviderName, Status
from channel.payments.orders import Wish
from channel.payments.provider import Checkout, Discount, Provider, Purchase
from channel.storage import Database
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.cast import Scene, creator
from tests.conftest import Clock

URL = "http://channel.test"
SEAL = Seal(b"k" * 32)


class Hands(Protocol):
    """What people and banks do, which no adapter is told of. Whoever adds a provider writes these for it."""

    async def pay(self, checkout: Checkout) -> None:
        """The buyer pays what the checkout asks for. Raises Conflict where that is not possible any more."""

    async def decline(self, checkout: Checkout) -> None:
        """The buyer tries to, and it does not work."""

    async def wait(self, ms: int) -> None:
        """Time passes, here and there."""

    async def keep_paying(self, held: Held) -> None:
        """To just after the end of the period; what was due for the next one is paid."""

    async def fail_to_pay(self, held: Held) -> None:
        """To just after the end of the period; what was due for the next one is not paid."""

    async def make_good(self, held: Held) -> None:
        """What was not paid is paid after all."""


class Disputing(Hands, Protocol):
    """Hands of a provider whose payers can ask their banks to take a payment back."""

    async def dispute(self, charge: Fact) -> None: ...

    async def win(self, charge: Fact) -> None:
        """The creator is right."""


class Messaging(Hands, Protocol):
    """Hands of a provider that sends messages."""

    def message(self, reference: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of an authentic message about a purchase, of now."""


class Distant(Hands, Protocol):
    """Hands of a provider behind a network."""

    async def go_away(self) -> None: ...

    async def come_back(self) -> None: ...


@dataclass
class Ground:
    """`hands` are as the adapter's `traits` say."""

    scene: Scene
    clock: Clock
    provider: Provider
    connection: Connection
    hands: Any
    tiers: list[Tier] = field(default_factory=list)
    ends: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # what has to be shut behind it

    @property
    def db(self) -> Database:
        return self.scene.db

    async def price(self, amount: int = 500, **more: Any) -> Price:
        """A tier of its own with this price."""
        self.tiers.append(await self.scene.tier(f"Tier {len(self.tiers)}", 10 * (len(self.tiers) + 1)))
        given = {"currency": "EUR", "interval": "month"} | more
        async with self.db.write() as tx:
            return await offer(tx, self.tiers[-1], amount=amount, **given)

    async def order(self, price: Price, *, by: Account | None = None, trial_days: int = 0) -> Order:
        """Somebody wants it."""
        buyer = by or await self.scene.member(f"Member {self.clock.now_ms}")
        self.clock.forward(1)
        tier = next(tier for tier in self.tiers if tier.id == price.tier_id)
        wish = Wish(
            kind="subscription" if price.recurs else "purchase", amount=price.amount, currency=price.currency,
            interval=price.interval, days=price.days, tier=tier, price_id=price.id, trial_days=trial_days,
        )  # fmt: skip
        async with self.db.write() as tx:
            order, _ = await orders.start(tx, buyer.id, self.connection, wish, f"key {self.clock.now_ms}")
        return order

    async def checkout(self, order: Order, discount: Discount | None = None, key: str = "") -> Checkout:
        """They are sent to the provider."""
        purchase = Purchase(
            order=order, title="Gold", language="en", email=None, customer=None, discount=discount,
            success_url=f"{URL}/pay/{order.id}", cancel_url=f"{URL}/",
        )  # fmt: skip
        return await self.provider.checkout(self.connection, purchase, key or f"checkout-{order.id}")

    async def buy(
        self,
        price: Price,
        *,
        by: Account | None = None,
        trial_days: int = 0,
        discount: Discount | None = None,
    ) -> Held:
        """Somebody orders and pays."""
        order = await self.order(price, by=by, trial_days=trial_days)
        checkout = await self.checkout(order, discount)
        await self.hands.pay(checkout)
        return await self.held(checkout.external_id)

    async def held(self, reference: str) -> Held:
        """What the provider says of it."""
        found = await self.provider.fetch(self.connection, reference)
        assert found is not None, "nothing was bought"
        return found

    async def now(self, held: Held) -> Held:
        """What the provider says of it by now."""
        return await self.held(held.external_id)


@dataclass(frozen=True)
class Way:
    """One adapter. `traits`: what it can do besides its abilities: declines, disputes, messages, network, renews
    (charges without anybody's hand).
    """

    name: ProviderName
    adapter: type
    opened: Callable[[Database, Clock], Awaitable[Ground]]
    traits: frozenset[str] = frozenset()

    def can(self, what: str) -> bool:
        return what in self.traits or bool(getattr(self.adapter.abilities, what, False))  # type: ignore[attr-defined]


async def connected(
    db: Database, clock: Clock, name: ProviderName, provider: Provider, hands: Callable[[Ground], Hands],
    **how: Any,
) -> Ground:  # fmt: skip
    """Anna's community, connected."""
    scene = await creator(db)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        connection = await connect(tx, owner, scene.community, name, SEAL, account=name, **how)
    ground = Ground(scene, clock, provider, connection, None)
    ground.hands = hands(ground)
    return ground


def charges(held: Held, kind: str = "charge") -> list[Fact]:
    """Its facts of one kind."""
    return [fact for fact in held.facts if fact.kind == kind]


def refused(held: Held | None) -> bool:
    """It opens nothing."""
    return held is None or held.status in (Status.PENDING, Status.ENDED)


def able(ways: list[Way], *wanted: str) -> Callable[[Any], Any]:
    """Tried on every adapter that can all of this; no test where there is none."""
    found = [way for way in ways if all(way.can(what) for what in wanted)]
    if not found:
        return lambda test: None
    return pytest.mark.parametrize("way", found, ids=lambda way: way.name)
