"""What a provider's own pages can do to a purchase that we know: it is followed all the same."""

from dataclasses import replace

import pytest

from channel.payments import queries, sync
from channel.payments.model import Fact, Held, Holding, Order, Status
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> Till:
    return await open_till(db, clock)


async def apply(till: Till, held: Held) -> Holding | None:
    async with till.db.write() as tx:
        asked = await sync.number(tx, till.connection)
        return await sync.apply(tx, till.connection, held, asked, seal=till.counter.seal)


async def stored(till: Till, order: Order) -> Order:
    async with till.db.read() as tx:
        return await queries.order(tx, order.id)


async def test_a_price_that_we_never_offered_opens_nothing_and_closes_what_was_open(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    holding = await till.pay(order)
    held = await till.sandbox.fetch(till.connection, holding.external_id)
    assert held is not None
    foreign = replace(held, price_id=None)

    assert await apply(till, replace(foreign, external_id="another")) is None, "one that we did not know"
    assert await till.rank(bob) == 10
    assert await apply(till, foreign) is not None
    assert await till.rank(bob) == 0
    assert await apply(till, held) is not None
    assert await till.rank(bob) == 10, "the premise: it opens with our price"


async def test_what_lost_its_marks_is_still_the_purchase_that_we_know(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    held = await till.sandbox.fetch(till.connection, holding.external_id)
    assert held is not None
    bare = replace(held, order_id=None, account_id=None)

    assert await apply(till, replace(bare, external_id="another")) is None, "one that we did not know"
    ended = await apply(till, replace(bare, status=Status.ENDED))
    assert ended is not None
    assert (ended.status, await till.rank(bob)) == (Status.ENDED, 0)


async def test_what_ends_without_ever_being_paid_is_no_paid_order(till: Till) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    held = Held(
        external_id="debit", order_id=order.id, account_id=bob.id, customer="", price_id=price.id,
        status=Status.ENDED, amount=500, currency="EUR", interval="month", live=False, created_at=till.clock.now_ms,
    )  # fmt: skip

    assert await apply(till, held) is None, "seen only when it was over"
    assert await apply(till, replace(held, status=Status.PENDING)) is not None
    bounced = await apply(till, held)
    assert bounced is not None
    assert (bounced.status, (await stored(till, order)).state) == (Status.ENDED, "open")

    paid = (Fact("charge", "ch", 500, "EUR", till.clock.now_ms),)
    assert await apply(till, replace(held, facts=paid)) is not None
    assert (await stored(till, order)).state == "paid"
