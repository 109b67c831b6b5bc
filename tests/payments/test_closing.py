"""A community that closes, and those who pay in it."""

import pytest

from channel.errors import Conflict, Forbidden, Invalid
from channel.events import CommunityDeleted
from channel.members import governing
from channel.payments import Status, closing
from channel.payments.closing import Ending, parse_ending
from channel.payments.model import DAY_MS
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def close(till: Till, ending: Ending) -> None:
    async with till.db.write() as tx:
        by = await till.scene.by(tx, till.scene.owner)
        await governing.close(tx, by, till.scene.community)
        await closing.end_all(tx, by, till.scene.community, ending)
    await till.work()


async def test_those_who_are_kept_pay_on(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    await close(till, "keep")
    assert [(one.status, one.cancelling) for one in await till.held(bob)] == [(Status.ACTIVE, False)]


async def test_those_who_are_ended_read_to_the_end_of_what_they_paid(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    await close(till, "end")
    assert [one.cancelling for one in await till.held(bob)] == [True]
    assert await till.rank(bob) == 10
    till.clock.forward(31 * DAY_MS)
    assert await till.rank(bob) == 0


async def test_those_who_are_paid_back_get_the_share_that_is_left(till: Till) -> None:
    gold, price = await till.tier("Gold", 10, 3100)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    till.clock.forward(21 * DAY_MS)  # of the 31 of January
    await close(till, "refund")
    [ended] = await till.held(bob)
    assert ended.status is Status.ENDED
    async with till.db.read() as tx:
        from channel.payments.books import read

        found = await read(tx, till.connection, holding.external_id)
    assert found is not None
    assert [charge.refunded for charge in found.book.charges] == [1000]
    assert await till.rank(bob) == 0


async def test_a_community_goes_for_good_only_when_nobody_is_charged_any_more(till: Till) -> None:
    from channel.chores import janitor

    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    async with till.db.write() as tx:
        by = await till.scene.by(tx, till.scene.owner)
        await governing.delete_community(tx, by, till.scene.community, typed_handle="anna")
    till.clock.forward(15 * DAY_MS)
    gone = CommunityDeleted(
        account_id=till.scene.owner.id, community_id=till.scene.community.id, purge_at=till.clock.now_ms
    )
    with pytest.raises(Conflict):
        await janitor(till.db)(gone)
    async with till.db.write() as tx:
        by = await till.scene.by(tx, till.scene.owner)
        await closing.end_all(tx, by, till.scene.community, "end")
    await till.work()
    await janitor(till.db)(gone)
    assert await till.held(bob) == []


async def test_only_the_owner_says_what_becomes_of_them(till: Till) -> None:
    bob = await till.scene.member("Bob")
    with pytest.raises(Forbidden):
        async with till.db.write() as tx:
            await closing.end_all(tx, await till.scene.by(tx, bob), till.scene.community, "refund")
    assert parse_ending("") == "keep"
    assert parse_ending("", least="end") == "end"
    with pytest.raises(Invalid):
        parse_ending("keep", least="end")
