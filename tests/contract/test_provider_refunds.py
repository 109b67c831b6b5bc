"""What every provider must do with money that goes back: refunds and disputes."""

import pytest

from channel.errors import Conflict
from channel.payments.model import Status
from tests.contract.ground import Ground, charges
from tests.contract.providers import able


@able("refunds")
async def test_a_refund_is_told_and_closes_what_it_was_paid_for(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    (charge,) = charges(held)
    for _ in range(2):
        await ground.provider.refund(ground.connection, charge.external_id, None, key="all of it")
    back = await ground.now(held)
    assert back.status is Status.REFUNDED
    assert [fact.amount for fact in charges(back, "refund")] == [500]
    assert charges(back) == [charge]
    with pytest.raises(Conflict):
        await ground.provider.refund(ground.connection, charge.external_id, 1, key="more")


@able("refunds")
async def test_parts_that_are_paid_back_are_facts_of_their_own(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    (charge,) = charges(held)
    for _ in range(2):
        await ground.provider.refund(ground.connection, charge.external_id, 200, key="a part")
    first = await ground.now(held)
    assert (first.status, [fact.amount for fact in charges(first, "refund")]) == (Status.ACTIVE, [200])
    with pytest.raises(Conflict):
        await ground.provider.refund(ground.connection, charge.external_id, 301, key="too much")
    await ground.hands.wait(1000)
    await ground.provider.refund(ground.connection, charge.external_id, 100, key="another part")
    second = await ground.now(held)
    assert [fact.amount for fact in charges(second, "refund")] == [200, 100]
    assert charges(first, "refund")[0] in second.facts
    await ground.provider.refund(ground.connection, charge.external_id, None, key="the rest")
    third = await ground.now(held)
    assert sum(fact.amount for fact in charges(third, "refund")) == 500
    assert third.status is Status.REFUNDED


@able("refunds", "subscriptions")
async def test_a_refund_of_a_period_that_is_over_closes_nothing(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.hands.keep_paying(held)
    first = charges(await ground.now(held))[0]
    await ground.provider.refund(ground.connection, first.external_id, None, key="the first")
    assert (await ground.now(held)).status is Status.ACTIVE


@able("disputes")
async def test_a_dispute_closes_until_it_is_won(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    (charge,) = charges(held)
    await ground.hands.dispute(charge)
    contested = await ground.now(held)
    assert contested.status is Status.DISPUTED
    assert [fact.amount for fact in charges(contested, "dispute")] == [500]
    await ground.hands.win(charge)
    won = await ground.now(held)
    assert won.status is Status.ACTIVE
    assert [fact.amount for fact in charges(won, "dispute_won")] == [500]
    assert len(charges(won, "dispute")) == 1
