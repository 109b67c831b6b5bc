"""What the next payment comes to."""

import pytest

from channel.payments import coupons, receipts
from channel.payments.coupons import as_discount
from channel.payments.periods import after
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


@pytest.mark.parametrize(
    ("periods", "comes_to"), [(None, [250, 250, 250]), (2, [250, 500, 500]), (1, [500, 500, 500])]
)
async def test_a_coupon_is_taken_off_once_and_for_as_long_as_it_holds(
    till: Till, periods: int | None, comes_to: list[int]
) -> None:
    gold, price = await till.tier("Gold", 10, 500)
    scene = till.scene
    async with till.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        half = await coupons.create(
            tx, owner, scene.community, code="HALF", kind="percent", value=50, periods=periods
        )
    bob = await scene.member("Bob")
    about = {"coupon_id": half.id, "discount": as_discount(half)}
    holding = await till.buy(bob, gold, price, **about)
    told = []
    for _ in comes_to:
        async with till.db.read() as tx:
            told.append(await receipts.next_amount(tx, holding))
        till.clock.now_ms = after(till.clock.now_ms, "month", 1)
        holding = await till.fetch(holding.external_id)
        async with till.db.read() as tx:
            assert (await receipts.payments_of(tx, holding))[0].amount == told[-1], "it came to what was told"
    assert told == comes_to
