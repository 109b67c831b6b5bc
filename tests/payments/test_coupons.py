"""Codes: who makes them, what they take off, and that each person uses each of them once."""

import pytest

from channel.errors import Conflict, Forbidden, Invalid
from channel.members import Role
from channel.payments import coupons, queries
from channel.payments.coupons import Coupon
from channel.payments.model import DAY_MS
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def make(till: Till, code: str = "SUMMER", **more: object) -> Coupon:
    given = {"kind": "percent", "value": 50} | more
    async with till.db.write() as tx:
        by = await till.scene.by(tx, till.scene.owner)
        return await coupons.create(tx, by, till.scene.community, code=code, **given)  # type: ignore[arg-type]


async def find(till: Till, code: str, tier_id: str = "") -> Coupon:
    async with till.db.read() as tx:
        return await coupons.good(tx, till.scene.community.id, code, tier_id)


async def test_a_code_is_found_however_it_is_written(till: Till) -> None:
    made = await make(till)
    assert (await find(till, "  summer ")).id == made.id
    with pytest.raises(Invalid, match="no such code"):
        await find(till, "summer\x00")


async def test_a_code_that_is_off_late_used_up_or_of_another_tier_is_refused(till: Till) -> None:
    gold, _ = await till.tier("Gold", 10)
    off, late = await make(till, "OFF"), await make(till, "LATE", expires_at=till.clock.now_ms + DAY_MS)
    await make(till, "GOLD", tier_id=gold.id)
    async with till.db.write() as tx:
        await coupons.switch(
            tx, await till.scene.by(tx, till.scene.owner), till.scene.community, off.id, on=False
        )
    assert (await find(till, "LATE")).id == late.id
    till.clock.forward(DAY_MS)
    for code in ("OFF", "LATE", "GOLD"):
        with pytest.raises(Invalid):
            await find(till, code, "another")


async def test_of_many_only_as_many_get_it_as_there_are_uses(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    coupon = await make(till, max_uses=1)
    bob, cara = await till.scene.member("Bob"), await till.scene.member("Cara")
    await till.order(bob, gold, price, coupon_id=coupon.id)
    with pytest.raises(Conflict, match="not valid any more"):
        await till.order(cara, gold, price, coupon_id=coupon.id)


async def test_who_gives_up_a_payment_may_use_the_code_again(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    coupon = await make(till, max_uses=1)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price, key="one", coupon_id=coupon.id)
    assert (await till.counter.give_up(order)).state == "abandoned"
    assert (await till.order(bob, gold, price, key="two", coupon_id=coupon.id)).state == "open"


async def test_what_was_paid_a_moment_ago_is_not_given_up(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    await till.sandbox.pay(till.connection, order.external_id or "")
    assert (await till.counter.give_up(order)).state == "paid"
    assert await till.rank(bob) == 10


async def test_what_is_taken_off_is_rounded_so_that_nobody_pays_less_than_nothing(till: Till) -> None:
    half = await make(till, value=33)
    much = await make(till, "MUCH", kind="amount", value=900, currency="eur")
    free = await make(till, "DAYS", kind="trial", value=14)
    assert [coupons.reduced(one, 500) for one in (half, much, free, None)] == [335, 0, 500, 500]
    assert coupons.as_discount(free) is None
    told = coupons.as_discount(much)
    assert told is not None
    assert (told.percent, told.amount, told.currency) == (0, 900, "EUR")


async def test_only_who_handles_money_makes_codes_and_all_that_is_wrong_is_told_at_once(till: Till) -> None:
    editor = await till.scene.member("Ed", role=Role.EDITOR)
    async with till.db.write() as tx:
        by = await till.scene.by(tx, editor)
        with pytest.raises(Forbidden):
            await coupons.create(tx, by, till.scene.community, code="FREE", kind="percent", value=100)
    with pytest.raises(Invalid) as told:
        await make(till, "x", kind="nothing", value=0, periods=0, max_uses=0, expires_at=1)
    assert set(told.value.fields) == {"code", "kind", "periods", "max_uses", "expires_at"}


async def test_one_offer_is_made_to_who_leaves_and_to_each_once(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    await make(till, "FIRST", retention=True)
    second = await make(till, "SECOND", retention=True)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    async with till.db.write() as tx:
        offered = await coupons.on_leaving(tx, till.scene.community.id, gold.id, bob.id)
        assert offered is not None
        assert offered.id == second.id
        await coupons.use(tx, offered, bob.id, holding.order_id)
        assert await coupons.on_leaving(tx, till.scene.community.id, gold.id, bob.id) is None
    async with till.db.read() as tx:
        assert len(await queries.holdings_of(tx, bob.id)) == 1
