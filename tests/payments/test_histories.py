"""T16: whatever happens in whatever order, everybody has what the provider's books say, and is told everything once.

Many people live random lives at once in one community: they subscribe, try, switch, fail to pay, pause, cancel, return,
are paid back, contest, leave, are banned, delete their account. What the provider tells of it comes not at all, once or
three times, out of order, on two nodes at once, and some of the work is cut off in the middle.
"""

import asyncio
import contextlib
import os
import random
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from channel import members
from channel.accounts import Account
from channel.errors import ChannelError
from channel.events import LetterDue
from channel.members import State, actions, joining
from channel.outbox import events
from channel.payments import Counter, Holding, Status, hearing, queries
from channel.payments.books import Book
from channel.payments.model import DAY_MS
from channel.payments.sandbox import GIVES_UP_AFTER_MS, Sandbox, roll
from channel.payments.tables import ledger
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database
from channel.tiers import Tier
from channel.tiers.model import Price
from tests.conftest import Clock
from tests.payments.till import URL, Till, kept_books, open_till

PEOPLE = int(os.environ.get("CHANNEL_HISTORIES", "100"))
ROUNDS = 12
GRACE_MS = 7 * DAY_MS


@dataclass
class World:
    """The community, its tiers, and the two nodes that serve it."""

    till: Till
    nodes: list[Counter]
    chance: random.Random
    offers: list[tuple[Tier, Price]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    untold: list[str] = field(default_factory=list)
    acts: Tally[str] = field(default_factory=Tally)
    keys: int = 0

    def offer(self) -> tuple[Tier, Price]:
        return self.chance.choice(self.offers)


Act = Callable[[World, Account], Awaitable[None]]


async def subscribe(world: World, person: Account) -> None:
    tier, price = world.offer()
    world.keys += 1
    trial = world.chance.choice((0, 0, 7))
    order = await world.till.order(person, tier, price, key=f"k{world.keys}", trial_days=trial)
    if order.external_id is not None and world.chance.random() < 0.85:  # else they close the page
        await world.till.sandbox.pay(world.till.connection, order.external_id)
        world.untold.append(order.external_id)


async def _one_of(world: World, person: Account) -> Holding | None:
    there = await world.till.held(person)
    return world.chance.choice(there) if there else None


def _by_us(verb: Callable[[World, Holding], Awaitable[object]]) -> Act:
    async def act(world: World, person: Account) -> None:
        holding = await _one_of(world, person)
        if holding is not None:
            await verb(world, holding)

    return act


def _in_the_world(change: Callable[[World, Book], None]) -> Act:
    async def act(world: World, person: Account) -> None:
        holding = await _one_of(world, person)
        if holding is not None:
            await world.till.world(holding.external_id, lambda book: change(world, book))
            world.untold.append(holding.external_id)

    return act


async def _switch(world: World, holding: Holding) -> None:
    _, price = world.offer()
    await world.till.counter.switch(holding, price, price.amount, prorate=world.chance.random() < 0.5)


async def _pay_back(world: World, holding: Holding) -> None:
    charge = f"{holding.external_id}.{world.chance.randint(1, 3)}"
    amount = world.chance.choice((None, 100))
    await world.till.counter.refund(holding, charge, amount, str(world.chance.random()))


def _contest(world: World, book: Book) -> None:
    if book.charges:
        last = book.charges[-1]
        last.dispute, last.dispute_at = world.chance.choice(("open", "won", "lost")), world.till.clock.now_ms


def _fail(world: World, book: Book) -> None:
    book.failing = not book.failing


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
    ("subscribe", 10, subscribe),
    ("cancel", 4, _by_us(lambda world, one: world.till.counter.cancel(one))),
    ("cancel at once", 2, _by_us(lambda world, one: world.till.counter.cancel(one, at_once=True))),
    ("resume", 4, _by_us(lambda world, one: world.till.counter.resume(one))),
    ("pause", 2, _by_us(lambda world, one: world.till.counter.pause(one))),
    ("switch", 4, _by_us(_switch)),
    ("refund", 3, _by_us(_pay_back)),
    ("fail", 5, _in_the_world(_fail)),
    ("contest", 3, _in_the_world(_contest)),
    ("end there", 2, _in_the_world(lambda world, book: book.end(world.till.clock.now_ms))),
    ("leave", 2, leave),
    ("come back", 3, come_back),
    ("banned", 1, be_banned),
    ("deleted", 1, be_deleted),
)


async def _live(world: World, person: Account) -> None:
    """One thing happens to one person; what is not possible at the moment is refused in words."""
    [(name, _, act)] = world.chance.choices(ACTS, [weight for _, weight, _ in ACTS])
    world.acts[name] += 1
    with contextlib.suppress(ChannelError):
        await act(world, person)


async def _tell(world: World) -> None:
    """Messages about what happened: lost, doubled, out of order, at once on both nodes, some cut off half way."""
    told = [one for one in world.untold for _ in range(world.chance.choice((0, 0, 1, 2, 3)))]
    world.untold.clear()
    world.chance.shuffle(told)
    tasks = [
        asyncio.ensure_future(world.chance.choice(world.nodes).refresh(world.till.connection.id, one))
        for one in told
    ]
    for task in tasks:
        if world.chance.random() < 0.2:
            asyncio.get_running_loop().call_later(world.chance.random() * 0.02, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)


def _rank_by_the_book(world: World, book: Book, now: int) -> int:
    """What the purchase opens, told again by other means than the server's."""
    last = book.charges[-1] if book.charges else None
    present = [charge for charge in book.charges if last and charge.period_start == last.period_start]
    if book.state != "running" or any(charge.dispute in ("open", "lost") for charge in present):
        return 0
    paid = sum(charge.amount for charge in present)
    if paid and sum(charge.refunded for charge in present) >= paid:
        return 0
    if book.past_due_since is not None and now >= book.past_due_since + GRACE_MS:
        return 0
    if book.paused and (book.period_end is None or now >= book.period_end):
        return 0
    return next(tier.rank for tier, price in world.offers if price.id == book.price_id)


async def _should(world: World) -> dict[str, int]:
    """By account: the highest rank of all that the books say is paid for."""
    now = world.till.clock.now_ms
    async with world.till.db.read() as tx:
        books = await kept_books(tx, world.till.connection)
    ranks: dict[str, int] = {}
    for book in books:
        roll(book, now)
        ranks[book.account_id] = max(ranks.get(book.account_id, 0), _rank_by_the_book(world, book, now))
    return ranks


@pytest.fixture
async def nodes(settings: Settings, db: Database, clock: Clock) -> AsyncIterator[list[Database]]:
    """Two that work on the same data; on SQLite, which one process owns, they are the same one."""
    if settings.on_sqlite:
        yield [db, db]
        return
    other = await open_database(settings, clock=clock)
    yield [db, other]
    await other.close()


async def _made(db: Database, clock: Clock, nodes: list[Database], seed: int) -> World:
    till = await open_till(db, clock)
    counters = [Counter(node, {"sandbox": Sandbox(node, URL)}, till.counter.seal, URL) for node in nodes]
    world = World(till, counters, random.Random(seed))
    for name, rank, amount in (("Silver", 10, 300), ("Gold", 20, 500), ("Top", 30, 900)):
        tier = await till.scene.tier(name, rank)
        for interval, times in (("month", 1), ("year", 10)):
            world.offers.append((tier, await till.price(tier, amount * times, interval=interval)))
    return world


async def _agree(world: World) -> None:
    """The hourly look, and everything that follows from it."""
    for _ in range(3):
        async with world.till.db.write() as tx:
            await hearing.sweep(tx)
        await world.till.work()
        world.till.clock.forward(hearing.RECONCILE_MS)


async def test_everybody_has_what_the_books_say(db: Database, clock: Clock, nodes: list[Database]) -> None:
    world = await _made(db, clock, nodes, seed=16)
    people = [await world.till.scene.member(f"P{number}") for number in range(PEOPLE)]
    for _ in range(ROUNDS):
        for person in people:
            if person.id not in world.deleted:
                await _live(world, person)
        await _tell(world)
        await world.till.work()
        clock.forward(world.chance.randint(1, 15) * DAY_MS)
    await _agree(world)

    should, wrong = await _should(world), {}
    for person in people:
        async with db.read() as tx:
            standing = await members.queries.standing(tx, world.till.scene.community.id, person.id)
            rank = (await world.till.scene.by(tx, person)).rank
        assert standing is not None
        inside = standing.state in (State.ACTIVE, State.MUTED)
        if rank != (should.get(person.id, 0) if inside else -1):
            wrong[person.name] = (rank, should.get(person.id), standing.state)
    assert wrong == {}
    await _nobody_gone_is_charged(world, people)
    await _money_is_written_once(world)
    assert set(world.acts) == {name for name, _, _ in ACTS}, "the premise: everything happened"


async def _nobody_gone_is_charged(world: World, people: list[Account]) -> None:
    for person in people:
        async with world.till.db.read() as tx:
            standing = await members.queries.standing(tx, world.till.scene.community.id, person.id)
            running = await queries.running(tx, person.id)
        if standing is not None and standing.state in (State.LEFT, State.BANNED):
            assert running == [], person.name


async def _money_is_written_once(world: World) -> None:
    """The ledger has every charge of the books once, and each has one receipt."""
    async with world.till.db.read() as tx:
        books = await kept_books(tx, world.till.connection)
        rows = await tx.all(select(ledger.c.id, ledger.c.external_id, ledger.c.amount, ledger.c.kind))
        told = await tx.all(select(events.c.data).where(events.c.kind == LetterDue.kind))
    charged = {charge.id: charge.amount for book in books for charge in book.charges}
    written = {row.external_id: row.amount for row in rows if row.kind == "charge"}
    assert written == charged
    letters = Tally(data for (data,) in told if '"letter":"receipt"' in data)
    assert set(letters.values()) <= {1}
    assert len(letters) == sum(amount > 0 for amount in charged.values())
    assert sum(row.kind == "started" for row in rows) == sum(book.anchor > 0 for book in books)


async def test_recurring_revenue_is_what_runs(db: Database, clock: Clock, nodes: list[Database]) -> None:
    world = await _made(db, clock, nodes, seed=17)
    people = [await world.till.scene.member(f"P{number}") for number in range(20)]
    for _ in range(6):
        for person in people:
            await _live(world, person)
        clock.forward(world.chance.randint(1, 15) * DAY_MS)
    await _agree(world)
    async with db.read() as tx:
        monthly = sum(row.monthly for row in await tx.all(select(ledger.c.monthly)))
        held = [one for person in people for one in await queries.holdings_of(tx, person.id)]
    assert monthly == sum(one.monthly for one in held)
    assert all(one.monthly == 0 for one in held if one.status is Status.ENDED)
    assert GIVES_UP_AFTER_MS > GRACE_MS
