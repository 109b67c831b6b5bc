"""T16 on Stripe: random lives, told of badly, partly or not at all; everybody has what Stripe's books say, once.

What people and banks do at Stripe and what we do by its API mix at random. Its messages come through the port's own
reader, signed, none to three times, out of order. The books are read here by other means than the adapter's.
"""

import contextlib
import os
import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from channel import members
from channel.accounts import Account
from channel.errors import ChannelError
from channel.events import LetterDue
from channel.members import State, actions, joining
from channel.outbox import events
from channel.payments import Holding, hear, hearing, queries
from channel.payments.model import DAY_MS
from channel.payments.tables import ledger
from channel.storage import Database
from channel.tiers import Tier
from channel.tiers.model import Price
from tests.conftest import Clock
from tests.payments.stripe_site import Deliverer
from tests.payments.stripe_site.ledger import Secrets
from tests.payments.stripe_site.oracle import standings
from tests.payments.stripe_till import StripeTill, open_stripe_till

PEOPLE = int(os.environ.get("CHANNEL_HISTORIES", "100")) // 5
ROUNDS = 8
HOUR_MS = 3_600_000
GRACE_S = 7 * 86_400
Row = dict[str, Any]


@dataclass
class World:
    till: StripeTill
    chance: random.Random
    offers: list[tuple[Tier, Price]] = field(default_factory=list)
    acts: Tally[str] = field(default_factory=Tally)
    deleted: set[str] = field(default_factory=set)
    keys: int = 0


Act = Callable[[World, Account], Awaitable[None]]


async def subscribe(world: World, person: Account) -> None:
    tier, price = world.chance.choice(world.offers)
    world.keys += 1
    trial = world.chance.choice((0, 0, 7))
    order = await world.till.order(person, tier, price, key=f"k{world.keys}", trial_days=trial)
    match world.chance.choice(("pay", "pay", "pay", "debit", "decline", "bank", "close")):
        case "pay":
            world.till.hands.pay(order.external_id or "")
        case "debit":
            world.till.hands.pay(order.external_id or "", slowly=True)
        case "decline":
            world.till.hands.decline(order.external_id or "")
        case "bank" if not order.trial_days and await _one_of(world, person) is None:
            world.till.hands.leave_at_the_bank(order.external_id or "")
        case _:
            pass


async def _one_of(world: World, person: Account) -> Holding | None:
    async with world.till.db.read() as tx:
        there = [one for one in await queries.holdings_of(tx, person.id) if one.kind == "subscription"]
    return world.chance.choice(there) if there else None


def by_us(verb: Callable[[World, Holding], Awaitable[object]]) -> Act:
    async def act(world: World, person: Account) -> None:
        holding = await _one_of(world, person)
        if holding is not None:
            world.till.clock.forward(1)  # no two acts of ours at one moment
            await verb(world, holding)

    return act


def there(verb: Callable[[World, Holding], object]) -> Act:
    """Something that Stripe's own pages, or a bank, make happen; where that is impossible, nothing."""

    async def act(world: World, person: Account) -> None:
        holding = await _one_of(world, person)
        if holding is not None:
            with contextlib.suppress(Exception):
                verb(world, holding)

    return act


async def switch(world: World, holding: Holding) -> None:
    _, price = world.chance.choice(world.offers)
    await world.till.counter.switch(holding, price, price.amount, prorate=world.chance.random() < 0.7)


async def pay_back(world: World, holding: Holding) -> None:
    held = await world.till.held(holding.external_id)
    paid = [fact for fact in held.facts if fact.kind == "charge"]
    if paid:
        charge, amount = world.chance.choice(paid), world.chance.choice((None, None, 100))
        await world.till.counter.refund(holding, charge.external_id, amount, str(world.chance.random()))


def _charges_of(world: World, holding: Holding) -> list[Row]:
    return [one for one in world.till.charges() if one["customer"] == holding.customer]


def contest(world: World, holding: Holding) -> None:
    dispute = world.till.hands.dispute(str(_charges_of(world, holding)[-1]["id"]))
    if world.chance.random() < 0.7:
        world.till.hands.decide(dispute["id"], won=world.chance.random() < 0.5)


def card(world: World, holding: Holding) -> None:
    world.till.hands.card(holding.customer, world.chance.choice(("works", "declines")))


def settle(world: World, holding: Holding) -> None:
    for intent in world.till.hands.all("payment_intent", status="processing", customer=holding.customer):
        (world.till.hands.settle if world.chance.random() < 0.6 else world.till.hands.bounce)(intent["id"])


async def leave(world: World, person: Account) -> None:
    async with world.till.db.write() as tx:
        await joining.leave(tx, person.id, world.till.scene.community)


async def come_back(world: World, person: Account) -> None:
    async with world.till.db.write() as tx:
        await joining.join(tx, person, world.till.scene.community)


async def be_banned(world: World, person: Account) -> None:
    scene = world.till.scene
    async with world.till.db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, person.id)


async def be_deleted(world: World, person: Account) -> None:
    await world.till.counter.stop_all(person.id, at_once=True)
    async with world.till.db.write() as tx:
        await joining.erase_account(tx, person.id)
    world.deleted.add(person.id)


ACTS: tuple[tuple[str, int, Act], ...] = (
    ("subscribe", 12, subscribe),
    ("cancel", 3, by_us(lambda world, one: world.till.counter.cancel(one))),
    ("cancel at once", 1, by_us(lambda world, one: world.till.counter.cancel(one, at_once=True))),
    ("resume", 4, by_us(lambda world, one: world.till.counter.resume(one))),
    ("pause", 2, by_us(lambda world, one: world.till.counter.pause(one))),
    ("switch", 4, by_us(switch)),
    ("refund", 3, by_us(pay_back)),
    ("card", 5, there(card)),
    ("settle", 4, there(settle)),
    ("contest", 2, there(contest)),
    ("cancelled there", 1, there(lambda world, one: world.till.hands.cancel_now(one.external_id))),
    ("to be cancelled there", 2, there(lambda world, one: world.till.hands.cancel_at_period_end(one.external_id))),
    ("return there", 2, there(lambda world, one: world.till.hands.return_before_the_end(one.external_id))),
    ("paused there", 1, there(lambda world, one: world.till.hands.pause_collection(one.external_id))),
    ("a new card there", 2, there(lambda world, one: world.till.hands.new_card(one.external_id))),
    ("customer deleted", 1, there(lambda world, one: world.till.hands.delete_customer(one.customer))),
    ("leave", 2, leave),
    ("come back", 3, come_back),
    ("banned", 1, be_banned),
    ("deleted", 1, be_deleted),
)  # fmt: skip


async def _live(world: World, person: Account) -> None:
    [(name, _, act)] = world.chance.choices(ACTS, [weight for _, weight, _ in ACTS])
    world.acts[name] += 1
    with contextlib.suppress(ChannelError):
        await act(world, person)


async def _tell(world: World, deliverer: Deliverer, *, lose: bool) -> None:
    """Stripe's messages: lost, doubled, shuffled."""
    copies = [
        one for one in deliverer.pending() for _ in range(0 if lose else world.chance.choice((0, 0, 1, 2, 3)))
    ]
    world.chance.shuffle(copies)
    till = world.till
    for event in copies:
        sent = deliverer.signed(event, Secrets(till.secret), "")
        await hear(till.db, till.counter, till.connection, sent.body.encode(), sent.headers)


# --- what Stripe's books say, read by other means ---


def _invoices(world: World, subscription: str) -> list[Row]:
    """Newest first."""
    tables = world.till.site.ledger.tables
    rows = tables.get("invoice", {}).values()
    mine = [
        r for r in rows if r["parent"] and r["parent"]["subscription_details"]["subscription"] == subscription
    ]
    return mine[::-1]


def _paid_by(world: World, invoice: Row) -> list[Row]:
    tables = world.till.site.ledger.tables
    intents = [
        row["payment"]["payment_intent"]
        for row in tables.get("invoice_payment", {}).values()
        if row["invoice"] == invoice["id"]
    ]
    rows = tables.get("charge", {}).values()
    return [row for row in rows if row["payment_intent"] in intents and row["status"] == "succeeded"]


def _open(world: World, subscription: Row) -> bool:
    site = world.till.site.ledger
    if subscription["status"] in ("canceled", "incomplete", "incomplete_expired"):
        return False
    paid = [one for one in _invoices(world, subscription["id"]) if one["status"] == "paid"]
    present: list[Row] = []
    until = 0
    for invoice in paid:
        present += _paid_by(world, invoice)
        whole = [line for line in invoice["lines"]["data"] if "Unused" not in line["description"]]
        whole = [line for line in whole if "Remaining" not in line["description"]]
        if whole:
            until = max(line["period"]["end"] for line in whole)
            break
    disputes = site.tables.get("dispute", {}).values()
    lost = {one["charge"] for one in disputes if one["status"] != "won"}
    if any(charge["id"] in lost for charge in present):
        return False
    if present and all(charge["refunded"] for charge in present):
        return False
    if subscription["pause_collection"]:
        return until > site.now
    if subscription["status"] in ("past_due", "unpaid"):
        asked = [i for i in _invoices(world, subscription["id"]) if i["status"] == "open" and i["attempted"]]
        since = [one["status_transitions"]["finalized_at"] for one in asked]
        start = subscription["items"]["data"][0]["current_period_start"]
        return site.now < min(since, default=start) + GRACE_S
    return True


def _should(world: World) -> dict[str, int]:
    """By account: the highest rank of all that is paid."""
    ranks: dict[str, int] = {}
    prices = {price.id: tier.rank for tier, price in world.offers}
    tables = world.till.site.ledger.tables
    for subscription in tables.get("subscription", {}).values():
        account = subscription["metadata"]["channel_account"]
        price = tables["price"][subscription["items"]["data"][0]["price"]["id"]]["metadata"]["channel_price"]
        if _open(world, subscription):
            ranks[account] = max(ranks.get(account, 0), prices[price])
    return ranks


async def _look(world: World) -> None:
    """The hourly look: Stripe lists what happened for thirty days."""
    async with world.till.db.write() as tx:
        await hearing.sweep(tx)
    await world.till.work()


async def _agree(world: World) -> None:
    for _ in range(3):
        await _look(world)
        world.till.forward(hearing.RECONCILE_MS)


@pytest.mark.parametrize(("seed", "lose"), [(16, False), (17, True)], ids=["told badly", "never told"])
async def test_everybody_has_what_stripes_books_say(
    db: Database, clock: Clock, seed: int, lose: bool
) -> None:
    async with open_stripe_till(db, clock) as till:
        world = World(till, random.Random(seed))
        for name, rank, amount in (("Silver", 10, 300), ("Gold", 20, 500), ("Top", 30, 900)):
            tier = await till.scene.tier(name, rank)
            for interval, times in (("month", 1), ("year", 10)):
                world.offers.append((tier, await till.price(tier, amount * times, interval=interval)))
        people = [await till.scene.member(f"P{number}") for number in range(PEOPLE)]
        deliverer = Deliverer(till.site.ledger, None)  # type: ignore[arg-type]
        for _ in range(ROUNDS):
            for person in people:
                if person.id not in world.deleted:
                    await _live(world, person)
            await _tell(world, deliverer, lose=lose)
            await till.work()
            await _look(world)
            till.forward(world.chance.randint(1, 20) * DAY_MS + world.chance.randint(0, 23) * HOUR_MS)
        await _agree(world)
        await _ranks_are_right(world, people)
        await _money_is_written_once(world)
        assert sum(world.acts.values()) > PEOPLE * ROUNDS * 0.8, "the premise: much happened"


async def _ranks_are_right(world: World, people: list[Account]) -> None:
    should, wrong = _should(world), {}
    till = world.till
    for person in people:
        async with till.db.read() as tx:
            standing = await members.queries.standing(tx, till.scene.community.id, person.id)
            rank = (await till.scene.by(tx, person)).rank
            running = await queries.running(tx, person.id)
        assert standing is not None
        inside = standing.state in (State.ACTIVE, State.MUTED)
        if rank != (should.get(person.id, 0) if inside else -1):
            wrong[person.name] = (rank, should.get(person.id), standing.state)
        if not inside:
            assert running == [], f"{person.name} is gone and is charged"
    assert wrong == {}


async def _money_is_written_once(world: World) -> None:
    """The ledger has every charge and refund of Stripe's once, and each charge has one receipt."""
    till = world.till
    async with till.db.read() as tx:
        rows = await tx.all(select(ledger.c.external_id, ledger.c.amount, ledger.c.kind))
        told = await tx.all(select(events.c.data).where(events.c.kind == LetterDue.kind))
    charged = {one["id"]: one["amount"] for one in till.charges()}
    returned = {one["id"]: -one["amount"] for one in till.hands.all("refund")}
    assert {row.external_id: row.amount for row in rows if row.kind == "charge"} == charged
    assert {row.external_id: row.amount for row in rows if row.kind == "refund"} == returned
    letters = Tally(data for (data,) in told if '"letter":"receipt"' in data)
    assert set(letters.values()) <= {1}
    assert len(letters) == len(charged)
    assert sum(one.paid for one in standings(till.site.ledger)) == sum(charged.values())
