"""Which letters a purchase asks for in its life: each once, whatever is told how often, and some planned ahead."""

import asyncio
from collections import Counter as Tally

import msgspec
import pytest
from sqlalchemy import select

from channel.events import LetterDue, LetterPlanned
from channel.outbox import events, jobs
from channel.payments import Counter, Holding
from channel.payments.model import DAY_MS
from channel.payments.periods import after
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def due(till: Till) -> Tally[str]:
    """The letters that were asked for so far, by name."""
    async with till.db.read() as tx:
        rows = await tx.all(select(events.c.data).where(events.c.kind == LetterDue.kind))
    return Tally(msgspec.json.decode(data, type=LetterDue).letter for (data,) in rows)


async def planned(till: Till) -> list[tuple[str, int, int]]:
    """What is planned: the letter, when it is looked at, and what it tells ahead of."""
    async with till.db.read() as tx:
        rows = await tx.all(
            select(jobs.c.data, jobs.c.due_at)
            .where(jobs.c.kind == LetterPlanned.kind)
            .order_by(jobs.c.due_at)
        )
    told = [(msgspec.json.decode(row.data, type=LetterPlanned), row.due_at) for row in rows]
    return [(one.letter, due_at, one.for_at) for one, due_at in told]


async def hinted(till: Till, holding: Holding, times: int = 3) -> None:
    """The same is told several times at once; what comes to nothing because another was faster is tried again."""
    nodes = [
        till.counter,
        Counter(till.db, {"sandbox": till.sandbox}, till.counter.seal, "http://other.test"),
    ]
    asked = (nodes[n % 2].refresh(till.connection.id, holding.external_id) for n in range(times))
    await asyncio.gather(*asked, return_exceptions=True)
    await till.fetch(holding.external_id)


async def test_who_buys_is_welcomed_and_gets_a_receipt_once(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    once = await till.price(gold, 900, interval="once", days=30)
    bob, eve = [await till.scene.member(name) for name in ("Bob", "Eve")]
    holding = await till.buy(bob, gold, price)
    await hinted(till, holding)
    assert await due(till) == {"receipt": 1, "welcome": 1}
    await hinted(till, await till.buy(eve, gold, once))
    assert await due(till) == {"receipt": 2, "welcome": 2}


async def test_each_charge_has_one_receipt_however_often_it_is_told(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    holding = await till.buy(await till.scene.member("Bob"), gold, price)
    till.clock.now_ms = after(till.clock.now_ms, "month", 3)
    await hinted(till, holding, times=5)
    assert (await due(till))["receipt"] == 4


async def test_whoever_cancels_is_told_each_time_and_once_more_when_it_ends(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    holding = await till.counter.cancel(await till.buy(await till.scene.member("Bob"), gold, price))
    await hinted(till, holding)
    assert (await due(till))["cancelled"] == 1
    await till.counter.cancel(await till.counter.resume(holding))
    assert (await due(till))["cancelled"] == 2
    till.clock.now_ms = holding.period_end or 0
    await hinted(till, holding)
    found = await due(till)
    assert (found["cancelled"], found["ended"]) == (2, 1)
    till.clock.forward(DAY_MS)
    await hinted(till, holding)
    assert (await due(till))["ended"] == 1


async def test_what_ended_before_we_heard_of_it_is_told_as_ended_only(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    holding = await till.buy(await till.scene.member("Bob"), gold, price)
    await till.sandbox.cancel(till.connection, holding.external_id, at_once=False, key="k")
    till.clock.forward(40 * DAY_MS)
    await hinted(till, holding)
    found = await due(till)
    assert (found["cancelled"], found["ended"], found["receipt"]) == (0, 1, 1)


async def test_a_gift_or_a_tip_is_neither_welcomed_nor_ended(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    once = await till.price(gold, 900, interval="once", days=30)
    await till.buy(await till.scene.member("Bob"), gold, once, kind="gift")
    await till.buy(await till.scene.member("Eve"), gold, once, kind="tip")
    assert await due(till) == {"receipt": 2}
    assert price.recurs


async def test_the_end_of_a_trial_is_planned_three_days_ahead(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    holding = await till.buy(await till.scene.member("Bob"), gold, price, trial_days=7)
    await hinted(till, holding)
    ends = till.clock.now_ms + 7 * DAY_MS
    assert await planned(till) == [("trial_ending", ends - 3 * DAY_MS, ends)]
    assert await due(till) == {"welcome": 1}, "nothing was paid"


async def test_a_trial_of_two_days_is_told_of_at_once(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    await till.buy(await till.scene.member("Bob"), gold, price, trial_days=2)
    now = till.clock.now_ms
    assert await planned(till) == [("trial_ending", now, now + 2 * DAY_MS)]


@pytest.mark.parametrize(("interval", "told"), [("month", False), ("quarter", True), ("year", True)])
async def test_a_renewal_that_one_may_have_forgotten_is_planned_a_fortnight_ahead(
    till: Till, interval: str, told: bool
) -> None:
    gold, _ = await till.tier("Gold", 10)
    price = await till.price(gold, 5000, interval=interval)
    holding = await till.buy(await till.scene.member("Bob"), gold, price)
    await hinted(till, holding)
    first = holding.period_end or 0
    expected = [("renewal_ahead", first - 14 * DAY_MS, first)] if told else []
    assert await planned(till) == expected
    till.clock.now_ms = first
    second = (await till.fetch(holding.external_id)).period_end or 0
    expected += [("renewal_ahead", second - 14 * DAY_MS, second)] if told else []
    assert await planned(till) == expected


async def test_a_trial_of_a_yearly_pass_is_told_of_as_a_trial_and_then_as_a_year(till: Till) -> None:
    gold, _ = await till.tier("Gold", 10)
    price = await till.price(gold, 5000, interval="year")
    holding = await till.buy(await till.scene.member("Bob"), gold, price, trial_days=30)
    ends = till.clock.now_ms + 30 * DAY_MS
    assert [(letter, for_at) for letter, _, for_at in await planned(till)] == [("trial_ending", ends)]
    till.clock.now_ms = ends
    renews = (await till.fetch(holding.external_id)).period_end
    assert [(letter, for_at) for letter, _, for_at in await planned(till)] == [
        ("trial_ending", ends),
        ("renewal_ahead", renews),
    ]


async def test_who_switches_to_a_year_is_told_ahead_of_that_year(till: Till) -> None:
    gold, monthly = await till.tier("Gold", 10)
    yearly = await till.price(gold, 5000, interval="year")
    holding = await till.buy(await till.scene.member("Bob"), gold, monthly)
    assert await planned(till) == []
    switched = await till.counter.switch(holding, yearly, yearly.amount)
    assert [for_at for _, _, for_at in await planned(till)] == [switched.period_end]
