"""T16 with Stripe, on two nodes: messages lost, doubled and shuffled between them, or all of them lost."""

import asyncio
import contextlib
import os
import random
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx2
import pytest
from sqlalchemy import select

from channel.accounts import Account
from channel.errors import ChannelError
from channel.events import LetterDue
from channel.outbox import events
from channel.payments import Counter, Holding, hear, hearing
from channel.payments.model import DAY_MS
from channel.payments.stripe import Stripe
from channel.payments.tables import ledger
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database
from channel.tiers import Tier
from channel.tiers.model import Price
from tests.conftest import Clock
from tests.payments.stripe_site.delivery import HOSTILE, LOST, Deliverer, Plan
from tests.payments.stripe_site.oracle import Standing, standings
from tests.payments.stripe_till import StripeTill, open_stripe_till

PEOPLE = int(os.environ.get("CHANNEL_STRIPE_HISTORIES", "15"))
ROUNDS = 7
GRACE_MS = 7 * DAY_MS


class _ToTheNodes(httpx2.AsyncBaseTransport):
    """Takes deliveries as the route does, at one of the nodes; some of them die before they have answered."""

    def __init__(
        self, till: StripeTill, nodes: list[tuple[Database, Counter]], chance: random.Random
    ) -> None:
        self._till, self._nodes, self._chance = till, nodes, chance

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        db, counter = self._chance.choice(self._nodes)
        work = asyncio.ensure_future(
            hear(db, counter, self._till.connection, await request.aread(), dict(request.headers))
        )
        if self._chance.random() < 0.1:
            asyncio.get_running_loop().call_later(self._chance.random() * 0.01, work.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await work
            return httpx2.Response(200)
        raise httpx2.ReadError("the node died")


@dataclass
class World:
    till: StripeTill
    chance: random.Random
    deliverer: Deliverer
    offers: list[tuple[Tier, Price]] = field(default_factory=list)
    acts: Tally[str] = field(default_factory=Tally)
    keys: int = 0


async def subscribe(world: World, person: Account) -> None:
    tier, price = world.chance.choice(world.offers)
    world.keys += 1
    trial = world.chance.choice((0, 0, 7))
    order = await world.till.order(person, tier, price, key=f"k{world.keys}", trial_days=trial)
    match world.chance.random():
        case roll if roll < 0.8 and order.external_id:
            world.till.hands.pay(order.external_id)
        case roll if roll < 0.9 and order.external_id:
            world.till.hands.decline(order.external_id)


def _at_stripe(act: Callable[[World, Holding], object]) -> Callable[[World, Account], object]:
    """Something happens at Stripe, and nobody of ours is asked."""

    async def do(world: World, person: Account) -> None:
        holding = await _one_of(world, person)
        if holding is not None:
            # What is not possible at the moment is refused by Stripe's own rules.
            with contextlib.suppress(Exception):
                await asyncio.to_thread(act, world, holding)

    return do


async def _one_of(world: World, person: Account) -> Holding | None:
    from channel.payments import queries

    async with world.till.db.read() as tx:
        mine = await queries.holdings_of(tx, person.id)
    return world.chance.choice(mine) if mine else None


def _charge_of(world: World, holding: Holding) -> str:
    subscription = world.till.hands.look(holding.external_id)
    return str(world.till.hands.charge_of(str(subscription["latest_invoice"]))["id"])


async def _ours(world: World, person: Account) -> None:
    """By our own pages: cancel at the end, at once, or come back."""
    holding = await _one_of(world, person)
    if holding is None:
        return
    match world.chance.randrange(3):
        case 0:
            await world.till.counter.cancel(holding)
        case 1:
            await world.till.counter.cancel(holding, at_once=True)
        case _:
            await world.till.counter.resume(holding)


async def _switch(world: World, person: Account) -> None:
    holding = await _one_of(world, person)
    if holding is not None:
        _, price = world.chance.choice(world.offers)
        await world.till.counter.switch(holding, price, price.amount, prorate=world.chance.random() < 0.5)


ACTS = (
    ("subscribe", 8, subscribe),
    ("ours", 4, _ours),
    ("switch", 3, _switch),
    ("card fails", 3, _at_stripe(lambda world, one: world.till.hands.card(one.customer, "declines"))),
    ("new card", 2, _at_stripe(lambda world, one: world.till.hands.new_card(one.external_id))),
    ("ends there", 2, _at_stripe(lambda world, one: world.till.hands.cancel_now(one.external_id))),
    ("refund", 2, _at_stripe(lambda world, one: world.till.hands.refund(_charge_of(world, one)))),
    ("contest", 2, _at_stripe(lambda world, one: world.till.hands.dispute(_charge_of(world, one)))),
    ("customer goes", 1, _at_stripe(lambda world, one: world.till.hands.delete_customer(one.customer))),
)


async def _live(world: World, person: Account) -> None:
    [(name, _, act)] = world.chance.choices(ACTS, [weight for _, weight, _ in ACTS])
    world.acts[name] += 1
    with contextlib.suppress(ChannelError):
        await act(world, person)  # type: ignore[misc, operator]


def _rank(world: World, one: Standing, past_due_since: int | None) -> int:
    """What Stripe's ledger entitles to: told again by other means than the server's."""
    now_s = world.till.clock.now_ms // 1000
    held = {"active", "trialing", "past_due"}
    if one.kind != "subscription" or one.status not in held or one.disputed:
        return 0
    if one.status == "active" and (one.paid_until or 0) <= now_s and not one.collection_paused:
        return 0  # what was paid for the present went back
    if one.status == "past_due" and past_due_since is not None and now_s * 1000 >= past_due_since + GRACE_MS:
        return 0
    if one.collection_paused and (one.period_end or 0) <= now_s:
        return 0
    return max((tier.rank for tier, price in world.offers if _is(world, one, price)), default=0)


def _is(world: World, one: Standing, price: Price) -> bool:
    return world.till.site.ledger.tables["price"][one.price]["metadata"].get("channel_price") == price.id


@pytest.fixture
async def world(settings: Settings, db: Database, clock: Clock) -> AsyncIterator[World]:
    async with contextlib.AsyncExitStack() as stack:
        till = await stack.enter_async_context(open_stripe_till(db, clock))
        other = db
        if not settings.on_sqlite:
            other = await open_database(settings, clock=clock)
            stack.push_async_callback(other.close)
        second = Counter(other, {"stripe": Stripe(other, till.site.address)}, till.counter.seal, "http://x")
        chance = random.Random(1616)
        nodes = _ToTheNodes(till, [(db, till.counter), (other, second)], chance)
        client = await stack.enter_async_context(httpx2.AsyncClient(transport=nodes))
        deliverer = Deliverer(till.site.ledger, client, seed=16)
        made = World(till, chance, deliverer)
        for name, rank, amount in (("Silver", 10, 300), ("Gold", 20, 500)):
            tier = await till.scene.tier(name, rank)
            for interval, times in (("month", 1), ("year", 10)):
                made.offers.append((tier, await till.price(tier, amount * times, interval=interval)))
        yield made


async def _through(world: World, plan: Plan) -> list[Account]:
    people = [await world.till.scene.member(f"P{number}") for number in range(PEOPLE)]
    for _ in range(ROUNDS):
        for person in people:
            await _live(world, person)
        await world.deliverer.deliver(plan)
        await world.till.work()
        world.till.forward(world.chance.randint(1, 20) * DAY_MS)
    for _ in range(3):
        async with world.till.db.write() as tx:
            await hearing.sweep(tx)
        await world.till.work()
        world.till.forward(hearing.RECONCILE_MS)
    return people


@pytest.mark.parametrize("plan", [HOSTILE, LOST], ids=["hostile", "lost"])
async def test_everybody_has_what_stripe_holds(world: World, plan: Plan) -> None:
    people = await _through(world, plan)
    wrong = {}
    for person in people:
        theirs = standings(world.till.site.ledger, metadata={"channel_account": person.id})
        since = await _since(world, person)
        should = max((_rank(world, one, since.get(one.id)) for one in theirs), default=0)
        if (rank := await world.till.rank(person)) != should:
            wrong[person.name] = (
                rank,
                should,
                [(one.status, one.paid, one.refunded, one.disputed) for one in theirs],
            )
    assert wrong == {}
    await _written_once(world)
    assert len(world.acts) == len(ACTS), "the premise: everything happened"


async def _since(world: World, person: Account) -> dict[str, int | None]:
    from channel.payments import queries

    async with world.till.db.read() as tx:
        return {one.external_id: one.past_due_since for one in await queries.holdings_of(tx, person.id)}


async def _written_once(world: World) -> None:
    """Every charge that Stripe made is in the ledger once, and has one receipt."""
    made = {str(one["id"]) for one in world.till.charges() if one["amount"]}
    async with world.till.db.read() as tx:
        rows = await tx.all(
            select(ledger.c.external_id).where(ledger.c.kind == "charge", ledger.c.amount > 0)
        )
        told = await tx.all(select(events.c.data).where(events.c.kind == LetterDue.kind))
    written = [row.external_id for row in rows]
    assert sorted(written) == sorted(made)
    receipts = Tally(data for (data,) in told if '"letter":"receipt"' in data)
    assert set(receipts.values()) <= {1}
    assert len(receipts) == len(made)
