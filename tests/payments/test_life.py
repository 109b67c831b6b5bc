"""The life of a purchase, from the first order to the end, with the pretend provider."""

import asyncio

import pytest

from channel.errors import Conflict
from channel.members import actions, joining
from channel.payments import Connection, Counter
from channel.payments.model import DAY_MS, Held, Status
from channel.payments.periods import after
from channel.payments.sandbox import Sandbox
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import URL, Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def test_what_is_paid_for_opens_and_what_is_only_ordered_does_not(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    assert await till.rank(bob) == 0
    assert await till.counter.refresh(till.connection.id, order.external_id or "") is None
    holding = await till.pay(order)
    assert (holding.status, holding.monthly, await till.rank(bob)) == (Status.ACTIVE, 500, 10)


async def test_a_cancelled_subscription_opens_to_the_end_of_what_is_paid(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.counter.cancel(await till.buy(bob, gold, price), reason="too expensive")
    assert holding.cancelling
    assert holding.period_end == after(till.clock.now_ms, "month", 1)
    till.clock.forward(holding.period_end - till.clock.now_ms - 1)
    assert await till.rank(bob) == 10
    till.clock.forward(1)
    assert await till.rank(bob) == 0, "before any job has run"
    await till.work()
    assert (await till.scene.standing(bob)).tier_id == till.scene.free.id


async def test_who_cancels_can_return_with_one_word(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.counter.cancel(await till.buy(bob, gold, price))
    till.clock.forward(DAY_MS)
    assert not (await till.counter.resume(holding)).cancelling
    till.clock.forward(40 * DAY_MS)
    await till.work()
    assert await till.rank(bob) == 10


async def test_who_changes_their_mind_twice_within_a_moment_gets_what_they_said_last(till: Till) -> None:
    gold, monthly = await till.tier("Gold", 10)
    yearly = await till.price(gold, 5000, interval="year")
    holding, now = await till.buy(await till.scene.member("Bob"), gold, monthly), till.clock.now_ms
    for price in (yearly, monthly, yearly):
        holding = await till.counter.switch(holding, price, price.amount)
    assert till.clock.now_ms == now, "on a clock that stood still"
    assert holding.price_id == yearly.id


async def test_a_failed_payment_leaves_days_of_grace(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    await till.world(holding.external_id, lambda book: setattr(book, "failing", True))
    till.clock.now_ms = after(till.clock.now_ms, "month", 1)
    assert (await till.fetch(holding.external_id)).status is Status.PAST_DUE
    assert await till.rank(bob) == 10
    till.clock.forward(7 * DAY_MS)
    assert await till.rank(bob) == 0
    await till.world(holding.external_id, lambda book: setattr(book, "failing", False))
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE
    assert await till.rank(bob) == 10


async def test_of_two_subscriptions_the_higher_counts_until_it_ends(till: Till) -> None:
    gold, gold_price = await till.tier("Gold", 10)
    top, top_price = await till.tier("Top", 20, 900)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, gold_price, key="one")
    second = await till.buy(bob, top, top_price, key="two")
    assert await till.rank(bob) == 20
    await till.counter.cancel(second, at_once=True)
    assert await till.rank(bob) == 10


async def test_a_refund_closes_at_once(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    refunded = await till.counter.refund(holding, f"{holding.external_id}.1", None, "form")
    assert refunded.status is Status.REFUNDED
    assert await till.rank(bob) == 0


async def test_whoever_is_banned_pays_no_more(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    async with till.db.write() as tx:
        await actions.ban(tx, await till.scene.by(tx, till.scene.owner), till.scene.community, bob.id)
    await till.work()
    assert [one.status for one in await till.held(bob)] == [Status.ENDED]


async def test_whoever_leaves_and_returns_has_what_is_paid(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    async with till.db.write() as tx:
        await joining.leave(tx, bob.id, till.scene.community)
    await till.work()
    assert [one.cancelling for one in await till.held(bob)] == [True]
    async with till.db.write() as tx:
        await joining.join(tx, bob, till.scene.community)
    assert await till.rank(bob) == 10


async def test_the_last_seat_goes_to_one_of_many(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    async with till.db.write() as tx:
        from channel.tiers import update_fields

        gold = await update_fields(tx, gold, capacity=3)
    people = [await till.scene.member(f"P{n}") for n in range(8)]
    orders = await asyncio.gather(*(till.order(one, gold, price) for one in people), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in orders) == 5


async def test_a_trial_is_given_once(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    first = await till.buy(bob, gold, price, key="one", trial_days=7)
    assert first.status is Status.TRIAL
    assert (await till.order(bob, gold, price, key="two", trial_days=7)).trial_days == 0


async def test_what_was_not_told_is_found_by_looking(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    await till.sandbox.pay(till.connection, order.external_id or "")
    async with till.db.write() as tx:
        from channel.payments import hearing

        await hearing.sweep(tx)
    await till.work()
    assert await till.rank(bob) == 10


class _Late(Sandbox):
    """Its answers are made at once, and arrive when they are let go."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, URL)
        self.made, self.let_go = asyncio.Event(), asyncio.Event()

    async def fetch(self, connection: Connection, reference: str) -> Held | None:
        answer = await super().fetch(connection, reference)
        self.made.set()
        await self.let_go.wait()
        return answer


async def test_an_answer_that_was_asked_for_earlier_changes_nothing(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    late = _Late(till.db)
    elsewhere = Counter(till.db, {"sandbox": late}, till.counter.seal, URL)
    slow = asyncio.create_task(elsewhere.refresh(till.connection.id, holding.external_id))
    await late.made.wait()
    await till.counter.cancel(holding, at_once=True)
    assert await till.rank(bob) == 0
    late.let_go.set()
    assert (await slow) == (await till.held(bob))[0]
    assert await till.rank(bob) == 0
