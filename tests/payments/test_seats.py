"""Seats, and who waits for one."""

import asyncio

import pytest
from sqlalchemy import select

from channel.errors import Conflict
from channel.events import LetterDue
from channel.outbox import events
from channel.payments import seats
from channel.payments.model import DAY_MS
from channel.storage import Database
from channel.tiers import Tier, update_fields
from channel.tiers.model import Price
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def small(till: Till, capacity: int) -> tuple[Tier, Price]:
    gold, price = await till.tier("Gold", 10)
    async with till.db.write() as tx:
        return await update_fields(tx, gold, capacity=capacity), price


async def letters(till: Till, letter: str) -> list[str]:
    """Whom this letter is due to, in order."""
    async with till.db.read() as tx:
        rows = await tx.all(
            select(events.c.stream, events.c.data)
            .where(events.c.kind == LetterDue.kind)
            .order_by(events.c.at, events.c.stream)
        )
    return [row.stream.partition(":")[2] for row in rows if f'"letter":"{letter}"' in row.data]


async def waits(till: Till, name: str, tier: Tier) -> None:
    async with till.db.write() as tx:
        await seats.wait(tx, await till.scene.by(tx, till.scene.people[name]), tier)


async def swept(till: Till) -> None:
    async with till.db.write() as tx:
        await seats.sweep(tx)


async def test_a_free_seat_is_kept_for_whoever_waited_longest(till: Till) -> None:
    gold, price = await small(till, 1)
    bob, eve, dan = [await till.scene.member(name) for name in ("Bob", "Eve", "Dan")]
    holding = await till.buy(bob, gold, price)
    for name in ("Eve", "Dan", "Eve"):
        await waits(till, name, gold)
        till.clock.forward(1)
    await swept(till)
    assert await letters(till, "seat_free") == [], "nothing is free yet"
    await till.counter.cancel(holding, at_once=True)
    await swept(till)
    assert await letters(till, "seat_free") == [eve.id]
    with pytest.raises(Conflict) as refused:
        await till.order(dan, gold, price)
    assert refused.value.code == "tier_full"
    await till.buy(eve, gold, price)
    assert await till.rank(eve) == 10


async def test_a_kept_seat_that_is_not_taken_goes_to_the_next(till: Till) -> None:
    gold, price = await small(till, 1)
    bob, _, dan = [await till.scene.member(name) for name in ("Bob", "Eve", "Dan")]
    holding = await till.buy(bob, gold, price)
    for name in ("Eve", "Dan"):
        await waits(till, name, gold)
        till.clock.forward(1)
    await till.counter.cancel(holding, at_once=True)
    await swept(till)
    till.clock.forward(2 * DAY_MS)
    await swept(till)
    assert (await letters(till, "seat_free"))[-1] == dan.id
    await till.buy(dan, gold, price)
    assert await till.rank(dan) == 10


async def test_one_waits_only_for_what_is_full(till: Till) -> None:
    gold, _ = await small(till, 1)
    await till.scene.member("Bob")
    with pytest.raises(Conflict) as refused:
        await waits(till, "Bob", gold)
    assert refused.value.code == "seats_free"


async def test_an_abandoned_checkout_gives_its_seat_back(till: Till) -> None:
    gold, price = await small(till, 1)
    bob, eve = [await till.scene.member(name) for name in ("Bob", "Eve")]
    await till.order(bob, gold, price)
    with pytest.raises(Conflict):
        await till.order(eve, gold, price)
    till.clock.forward(61 * 60 * 1000)
    await till.work()
    assert (await till.buy(eve, gold, price)).status == "active"


async def test_who_switches_takes_a_seat_and_two_do_not_take_the_same(till: Till) -> None:
    _gold, price = await small(till, 1)
    silver, less = await till.tier("Silver", 5, 200)
    bob, eve = [await till.scene.member(name) for name in ("Bob", "Eve")]
    held = [await till.buy(one, silver, less) for one in (bob, eve)]
    done = await asyncio.gather(
        *(till.counter.switch(one, price, price.amount) for one in held), return_exceptions=True
    )
    refused = [one for one in done if isinstance(one, Conflict)]
    assert [one.code for one in refused] == ["tier_full"]
    assert sorted([await till.rank(one) for one in (bob, eve)]) == [5, 10]


async def test_a_seat_kept_for_a_switch_that_came_to_nothing_is_free_again(till: Till) -> None:
    gold, price = await small(till, 1)
    silver, less = await till.tier("Silver", 5, 200)
    bob, eve = [await till.scene.member(name) for name in ("Bob", "Eve")]
    held = await till.buy(bob, silver, less)
    async with till.db.write() as tx:
        assert await seats.hold(tx, gold, bob.id)
    with pytest.raises(Conflict):
        await till.order(eve, gold, price)
    till.clock.forward(seats.SWITCH_MS)
    await swept(till)
    await till.buy(eve, gold, price, key="later")
    with pytest.raises(Conflict):
        await till.counter.switch(held, price, price.amount)
    assert await till.rank(bob) == 5
