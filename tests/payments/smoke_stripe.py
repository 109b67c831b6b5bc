"""The Stripe adapter against the real Stripe, by hand, with a key of test mode. docs/payments/stripe.md says how.

    STRIPE_TEST_KEY=sk_test_… python -m tests.payments.smoke_stripe

A person pays on Stripe's page; all else goes by itself. Each step says what it found, and the first that is wrong ends it.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from channel import tiers
from channel.accounts import Account
from channel.payments import Connection, Counter, Holding, Seal, Status
from channel.payments.connecting import connect
from channel.payments.model import Fact, Keys
from channel.payments.orders import Wish
from channel.payments.provider import Discount
from channel.payments.stripe import Stripe
from channel.settings import Settings
from channel.storage import Database, Tx
from channel.storage.open import open_database
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.cast import Scene, creator

URL = "https://channel.example.com"  # nobody is sent there but the one who pays, who may close the page
WAITS_S = 600
LOOKS_EVERY_S = 3
Pay = Callable[[str, str], Awaitable[None]]


@dataclass
class Trial:
    """A community that sells Gold and Top, and Bob who buys."""

    scene: Scene
    stripe: Stripe
    counter: Counter
    connection: Connection
    bob: Account

    async def offered(self, name: str, rank: int, amount: int) -> tuple[Tier, Price]:
        tier = await self.scene.tier(name, rank)
        async with self.scene.db.write() as tx:
            return tier, await offer(tx, tier, amount=amount, currency="EUR", interval="month")

    async def rank(self) -> int:
        async with self.scene.db.read() as tx:
            return (await self.scene.by(tx, self.bob)).rank

    async def bought(self, tier: Tier, price: Price, pay: Pay) -> Holding:
        async def choose(tx: Tx, connection: Connection) -> Wish:
            return Wish(
                kind="subscription", amount=price.amount, currency=price.currency, interval=price.interval,
                tier=tier, price_id=price.id, title=tier.name,
            )  # fmt: skip

        order = await self.counter.order(self.bob, self.connection.id, "smoke", choose, language="en")
        assert order.external_id and order.url, "no checkout was opened"
        assert await self.counter.refresh(self.connection.id, order.external_id) is None, (
            "paid before it was paid"
        )
        await pay(order.external_id, order.url)
        for _ in range(WAITS_S // LOOKS_EVERY_S):
            found = await self.counter.refresh(self.connection.id, order.external_id)
            if found is not None and found.status is Status.ACTIVE:
                return found
            await asyncio.sleep(LOOKS_EVERY_S)
        raise AssertionError("nobody paid")


async def smoke(db: Database, key: str, pay: Pay, *, address: str | None = None) -> None:
    """Everything the adapter can do to one subscription."""
    assert key.startswith(("sk_test_", "rk_test_")), "This is no key of test mode."
    scene = await creator(db)
    stripe, seal = Stripe(db, address), Seal(os.urandom(32))
    counter = Counter(db, {"stripe": stripe}, seal, URL)
    keys = Keys(key, ("whsec_nobodytellsus",))
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        connection = await connect(tx, owner, scene.community, "stripe", seal, keys=keys)
    trial = Trial(scene, stripe, counter, connection, await scene.member("Bob"))
    began = db.clock()

    probe = await stripe.probe(connection, counter.hook_url(connection))
    say(f"account {probe.account} ({probe.name or 'no name'}), live: {probe.live}")
    for problem in probe.problems:
        say(f"  the check says: {problem}")
    gold, price = await trial.offered("Gold", 10, 500)
    top, more = await trial.offered("Top", 20, 900)
    holding = await trial.bought(gold, price, pay)
    say(f"paid: {holding.external_id}, {holding.amount} {holding.currency}, to {holding.period_end}")
    assert (holding.amount, holding.interval, await trial.rank()) == (500, "month", 10)
    await _changed(trial, holding, top, more)
    told = await stripe.recent(connection, began - 60_000)
    say(f"Stripe's own list tells of it: {holding.external_id in told} ({len(told)} references)")
    assert holding.external_id in told
    await _ended(trial, holding)
    await _tidied(trial, key, address)
    say("All is well.")


async def _changed(trial: Trial, holding: Holding, top: Tier, more: Price) -> None:
    counter = trial.counter
    preview = await counter.preview(holding, more, more.amount)
    say(f"a switch would cost {preview.now} now and {preview.next} from {preview.next_at} on")
    assert 390 <= preview.now <= 400, "the difference for a whole month"
    holding = await counter.switch(holding, more, more.amount)
    charged = [fact.amount for fact in await _facts(trial, holding, "charge")]
    say(f"switched: charged {charged}, rank {await trial.rank()}")
    assert (holding.tier_id, charged, await trial.rank()) == (top.id, [500, preview.now], 20)

    half = Discount(code="STAY", percent=50, amount=0, currency=None, periods=None)
    holding = await counter.discount(holding, half)
    say(f"half off for ever: {holding.amount} a month")
    assert holding.amount == 450
    holding = await counter.pause(holding)
    say(f"paused: {holding.status}, open to {holding.access_until}")
    assert (holding.status, holding.access_until) == (Status.PAUSED, holding.period_end)
    holding = await counter.resume(holding)
    assert holding.status is Status.ACTIVE
    holding = await counter.cancel(holding)
    say(f"cancelled: open to {holding.access_until}")
    assert (holding.cancelling, holding.access_until) == (True, holding.period_end)
    holding = await counter.resume(holding)
    assert not holding.cancelling


async def _ended(trial: Trial, holding: Holding) -> None:
    charges = await _facts(trial, holding, "charge")
    for number, charge in enumerate(charges):
        holding = await trial.counter.refund(holding, charge.external_id, None, f"smoke{number}")
    say(f"all paid back: {holding.status}, rank {await trial.rank()}")
    assert (holding.status, await trial.rank()) == (Status.REFUNDED, 0)
    back = await _facts(trial, holding, "refund")
    assert sorted(fact.amount for fact in back) == sorted(fact.amount for fact in charges)
    holding = await trial.counter.cancel(holding, at_once=True)
    say(f"ended: {holding.status}")
    assert holding.status is Status.ENDED


async def _facts(trial: Trial, holding: Holding, kind: str) -> list[Fact]:
    held = await trial.stripe.fetch(trial.connection, holding.external_id)
    assert held is not None
    return [fact for fact in held.facts if fact.kind == kind]


async def _tidied(trial: Trial, key: str, address: str | None) -> None:
    """Products with prices cannot be deleted, only put away."""
    import stripe

    client = stripe.StripeClient(key, base_addresses={"api": address} if address else None)
    for name in ("Gold", "Top"):
        async with trial.scene.db.read() as tx:
            [tier] = [
                one for one in await tiers.of_community(tx, trial.scene.community.id) if one.name == name
            ]
        client.v1.products.update(f"channel_{tier.id}", {"active": False})


def say(words: str) -> None:
    print(f"- {words}", flush=True)


async def by_hand(_: str, url: str) -> None:
    """Let the person pay."""
    print(f"\nOpen this page and pay with the card 4242 4242 4242 4242:\n\n{url}\n", flush=True)


async def main() -> None:
    key = os.environ.get("STRIPE_TEST_KEY", "")
    if not key:
        sys.exit("Set STRIPE_TEST_KEY to a secret key of Stripe's test mode.")
    with tempfile.TemporaryDirectory() as folder:
        db = await open_database(Settings(data=Path(folder), url=URL))
        try:
            await smoke(db, key, by_hand)
        finally:
            await db.close()


if __name__ == "__main__":
    asyncio.run(main())
