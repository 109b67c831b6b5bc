"""A new price for those who pay an old one."""

import pytest

from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Invalid
from channel.payments import Holding, raising
from channel.payments.model import DAY_MS
from channel.payments.raising import PriceChange
from channel.storage import Database
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
