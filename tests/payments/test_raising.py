"""A new price for those who pay an old one."""

import pytest

from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Invalid
from channel.payments import Holding, payers, raising
from channel.payments.model import DAY_MS
from channel.payments.payers import Asked, OldPrice
from channel.payments.raising import PriceChange
from channel.storage import Database
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from tests.conftest import Clock
from tests.payments.test_seats import letters
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def announced(
    till: Till, old: Price, new: Price, *, by: Account | None = None, days: int = 40
) -> PriceChange:
    async with till.db.write() as tx:
        who = await till.scene.by(tx, by or till.scene.owner)
        at = tx.now + days * DAY_MS
        return await raising.announce(tx, who, till.scene.community, old, new, from_at=at)


async def says(till: Till, holding: Holding, change: PriceChange, agreed: bool) -> None:
    async with till.db.write() as tx:
        await raising.answer(tx, holding, change, agreed=agreed)


async def test_who_agrees_pays_more_and_who_does_not_goes_at_the_end_of_what_is_paid(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    yes, no, silent = [await till.scene.member(name) for name in ("Yes", "No", "Silent")]
    held = {one.id: await till.buy(one, gold, old) for one in (yes, no, silent)}
    new = await till.price(gold, 700)
    newcomer = await till.scene.member("New")
    assert (await till.buy(newcomer, gold, new)).amount == 700
    change = await announced(till, old, new)
    await till.work()
    assert set(await letters(till, "price_change")) == {yes.id, no.id, silent.id}
    await says(till, held[yes.id], change, True)
    await says(till, held[no.id], change, False)

    till.clock.forward(39 * DAY_MS)
    await till.work()
    assert [one.amount for one in await till.held(yes)] == [500], "not before the day"
    till.clock.forward(DAY_MS)
    await till.work()
    assert [(one.amount, one.cancelling) for one in await till.held(yes)] == [(700, False)]
    for person in (no, silent):
        assert [(one.amount, one.cancelling) for one in await till.held(person)] == [(500, True)]
        assert await till.rank(person) == 10
    till.clock.forward(31 * DAY_MS)
    await till.work()
    assert [await till.rank(one) for one in (yes, no, silent, newcomer)] == [10, 0, 0, 10]


async def test_an_answer_can_be_changed_until_the_day(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, old)
    change = await announced(till, old, await till.price(gold, 700))
    async with till.db.read() as tx:
        assert await raising.asked(tx, holding) == (change, None)
    await says(till, holding, change, True)
    await says(till, holding, change, False)
    async with till.db.read() as tx:
        assert await raising.asked(tx, holding) == (change, False)
    till.clock.forward(40 * DAY_MS)
    with pytest.raises(Conflict):
        await says(till, holding, change, True)


async def test_nobody_is_asked_without_notice_or_twice_or_by_who_may_not(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    new, bob = await till.price(gold, 700), await till.scene.member("Bob")
    with pytest.raises(Invalid) as refused:
        await announced(till, old, new, days=29)
    assert set(refused.value.fields) == {"from_at"}
    with pytest.raises(Forbidden):
        await announced(till, old, new, by=bob)
    yearly = await till.price(gold, 5000, interval="year")
    with pytest.raises(Invalid):
        await announced(till, old, yearly)
    await announced(till, old, new)
    with pytest.raises(Conflict):
        await announced(till, old, new)
    retired = await till.price(gold, 900)
    await till.price(gold, 1000)
    with pytest.raises(Invalid) as refused:
        await announced(till, new, await price_now(till, retired))
    assert set(refused.value.fields) == {"to_price_id"}


async def called_off(till: Till, change: PriceChange, *, by: Account | None = None) -> None:
    async with till.db.write() as tx:
        who = await till.scene.by(tx, by or till.scene.owner)
        await raising.call_off(tx, who, till.scene.community, change)


async def standing(till: Till, tier: Tier) -> list[OldPrice]:
    async with till.db.read() as tx:
        return await payers.old_prices(tx, tier, await prices.of_tier(tx, tier.id))


async def all_of(till: Till, tier: Tier) -> list[Asked]:
    async with till.db.read() as tx:
        return await payers.changes(tx, tier)


async def test_a_change_that_is_called_off_changes_nothing_and_who_was_asked_is_told(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    yes, silent, gone = [await till.scene.member(name) for name in ("Yes", "Silent", "Gone")]
    held = {one.id: await till.buy(one, gold, old) for one in (yes, silent, gone)}
    await till.counter.cancel(held[gone.id])
    change = await announced(till, old, await till.price(gold, 700))
    await till.work()
    await says(till, held[yes.id], change, True)
    with pytest.raises(Forbidden):
        await called_off(till, change, by=yes)
    await called_off(till, change)
    await till.work()
    assert sorted(await letters(till, "price_change_off")) == sorted([yes.id, silent.id])
    with pytest.raises(Conflict):
        await called_off(till, change)
    with pytest.raises(Conflict):
        await says(till, held[silent.id], await again(till, change), True)
    till.clock.forward(41 * DAY_MS)
    await till.work()
    for person in (yes, silent):
        assert [(one.amount, one.cancelling) for one in await till.held(person)] == [(500, False)]
    assert set(await letters(till, "price_change")) == {yes.id, silent.id}


async def again(till: Till, change: PriceChange) -> PriceChange:
    async with till.db.read() as tx:
        return await raising.one(tx, change.id)


async def test_after_it_was_called_off_they_can_be_asked_anew(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, old)
    new = await till.price(gold, 700)
    await called_off(till, await announced(till, old, new))
    change = await announced(till, old, new)
    async with till.db.read() as tx:
        assert await raising.asked(tx, holding) == (change, None)
    till.clock.forward(40 * DAY_MS)
    with pytest.raises(Conflict):
        await called_off(till, change)


async def test_who_comes_to_pay_the_old_price_after_they_were_asked_is_asked_as_well(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    late, early = await till.scene.member("Late"), await till.scene.member("Early")
    await till.buy(early, gold, old)
    order = await till.order(late, gold, old)
    await announced(till, old, await till.price(gold, 700))
    await till.work()
    assert await letters(till, "price_change") == [early.id]
    await till.pay(order)
    till.clock.forward(25 * DAY_MS)
    await till.work()
    assert await letters(till, "price_change") == [early.id, late.id], "nobody twice"


async def test_the_studio_is_told_who_still_pays_what_and_who_said_what(till: Till) -> None:
    gold, old = await till.tier("Gold", 10, 500)
    yes, no, silent, gone = [await till.scene.member(name) for name in ("Yes", "No", "Silent", "Gone")]
    held = {one.id: await till.buy(one, gold, old) for one in (yes, no, silent, gone)}
    assert await standing(till, gold) == [], "it is the price on offer"
    new = await till.price(gold, 700)
    await till.counter.cancel(held[gone.id])
    assert await standing(till, gold) == [OldPrice(await price_now(till, old), 3, new, None)]
    change = await announced(till, old, new)
    (row,) = await standing(till, gold)
    assert (row.running, row.running and row.running.silent) == (Asked(change, 3, 0, 0), 3)
    await till.work()
    await says(till, held[yes.id], change, True)
    await says(till, held[no.id], change, False)
    assert [one.running for one in await standing(till, gold)] == [Asked(change, 3, 1, 1)]
    till.clock.forward(40 * DAY_MS)
    await till.work()
    assert await standing(till, gold) == []
    assert await all_of(till, gold) == [Asked(await again(till, change), 3, 1, 1)], "what was said is kept"


async def price_now(till: Till, price: Price) -> Price:
    async with till.db.read() as tx:
        return await prices.one(tx, till.scene.community.id, price.id)
