"""Taking a payment account away again: what was pretend closes, what is real is not cut off."""

import pytest
from sqlalchemy import update

from channel.errors import Conflict, Forbidden
from channel.members import Role
from channel.payments import queries
from channel.payments.connecting import disconnect, id_of
from channel.payments.tables import connections
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def take_away(till: Till) -> None:
    async with till.db.write() as tx:
        owner = await till.scene.by(tx, till.scene.owner)
        there = await queries.connection(tx, till.connection.id)
        await disconnect(tx, owner, till.scene.community, there)


async def make_real(till: Till) -> None:
    """As if the account had been connected with real money."""
    async with till.db.write() as tx:
        await tx.run(update(connections).values(live=True))


async def test_what_pretend_money_opened_closes_with_its_account(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    once = await till.price(gold, 900, interval="once")
    bob, eve = await till.scene.member("Bob"), await till.scene.member("Eve")
    given = await till.scene.member("Gil", tier=gold)
    await till.buy(bob, gold, price)
    await till.buy(eve, gold, once)
    await take_away(till)
    assert [await till.rank(one) for one in (bob, eve, given)] == [0, 0, 10]
    async with till.db.read() as tx:
        assert await queries.connected(tx, till.scene.community.id) == []


async def test_an_account_with_real_subscriptions_stays_until_the_last_one_has_ended(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    held = await till.buy(bob, gold, price)
    await make_real(till)
    with pytest.raises(Conflict) as refused:
        await take_away(till)
    assert refused.value.code == "still_running"
    assert await till.rank(bob) == 10
    async with till.db.write() as tx:
        await tx.run(update(connections).values(live=False))
    await till.counter.cancel(held, at_once=True)
    await make_real(till)
    await take_away(till)


async def test_an_account_at_which_somebody_pays_right_now_stays(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    order = await till.order(await till.scene.member("Bob"), gold, price)
    await make_real(till)
    with pytest.raises(Conflict) as refused:
        await take_away(till)
    assert refused.value.code == "still_paying"
    till.clock.now_ms = order.expires_at
    await take_away(till)


async def test_what_was_paid_once_with_real_money_stays_open(till: Till) -> None:
    gold, _ = await till.tier("Gold", 10)
    once = await till.price(gold, 900, interval="once")
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, once)
    await make_real(till)
    await take_away(till)
    assert await till.rank(bob) == 10


async def test_only_the_owner_takes_it_away(till: Till) -> None:
    ada = await till.scene.member("Ada", role=Role.ADMIN)
    async with till.db.write() as tx:
        admin = await till.scene.by(tx, ada)
        with pytest.raises(Forbidden):
            await disconnect(tx, admin, till.scene.community, till.connection)


async def test_the_address_is_known_beforehand_and_each_community_has_its_own(till: Till) -> None:
    here = till.scene.community.id
    assert till.connection.id == id_of(here, "sandbox")
    assert len({id_of(here, "sandbox"), id_of(here, "stripe"), id_of(till.scene.free.id, "sandbox")}) == 3
