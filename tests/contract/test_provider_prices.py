"""What every provider must do with a price that is not the usual one: discounts, and switches to another."""

import pytest

from channel.errors import Conflict
from channel.payments.model import DAY_MS
from channel.payments.provider import Discount
from tests.contract.ground import Ground, charges
from tests.contract.providers import able


@able("coupons", "subscriptions")
async def test_a_discount_lasts_its_periods(ground: Ground) -> None:
    discount = Discount(code="HALF", percent=50, amount=0, currency=None, periods=2)
    held = await ground.buy(await ground.price(500), discount=discount)
    assert held.amount == 500, "what it costs in the long run"
    for _ in range(2):
        await ground.hands.keep_paying(held)
        held = await ground.now(held)
    assert [charge.amount for charge in charges(held)] == [250, 250, 500]


@able("coupons", "subscriptions")
async def test_a_discount_for_ever_is_what_it_costs(ground: Ground) -> None:
    discount = Discount(code="FRIEND", percent=0, amount=200, currency="EUR", periods=None)
    held = await ground.buy(await ground.price(500), discount=discount)
    assert held.amount == 300
    await ground.hands.keep_paying(held)
    assert [charge.amount for charge in charges(await ground.now(held))] == [300, 300]


@able("coupons", "purchases")
async def test_a_discount_holds_for_what_is_paid_once(ground: Ground) -> None:
    discount = Discount(code="ONCE", percent=20, amount=0, currency=None, periods=1)
    held = await ground.buy(await ground.price(1000, interval="once"), discount=discount)
    assert [charge.amount for charge in charges(held)] == [800]


@able("coupons", "subscriptions")
async def test_a_running_subscription_can_cost_less_from_the_next_charge_on(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    discount = Discount(code="STAY", percent=40, amount=0, currency=None, periods=1)
    await ground.provider.discount(ground.connection, held.external_id, discount, key="stay")
    for _ in range(2):
        await ground.hands.keep_paying(held)
        held = await ground.now(held)
    assert [charge.amount for charge in charges(held)] == [500, 300, 500]


@able("switches")
async def test_a_switch_costs_what_its_preview_said(ground: Ground) -> None:
    cheap, dear = await ground.price(500), await ground.price(900)
    held = await ground.buy(cheap)
    await ground.hands.wait(10 * DAY_MS)
    seen = await ground.provider.preview(ground.connection, held.external_id, dear, 900)
    assert (seen.currency, seen.next, seen.next_at) == ("EUR", 900, held.period_end)
    assert await ground.now(held) == held, "looking changes nothing"
    for _ in range(2):
        await ground.provider.switch(
            ground.connection, held.external_id, dear, 900, prorate=True, key="switch"
        )
    switched = await ground.now(held)
    new = charges(switched)[1:]
    assert [charge.amount for charge in new if charge.amount] == ([seen.now] if seen.now > 0 else [])
    if seen.now > 0:
        assert (switched.price_id, switched.amount) == (dear.id, 900), "paid for, so given at once"
    await ground.hands.keep_paying(switched)
    later = await ground.now(held)
    assert (later.price_id, later.amount, charges(later)[-1].amount) == (dear.id, 900, 900)


@able("switches")
async def test_a_switch_without_proration_costs_nothing_now(ground: Ground) -> None:
    old, new = await ground.price(500), await ground.price(600)
    held = await ground.buy(old)
    await ground.hands.wait(10 * DAY_MS)
    await ground.provider.switch(ground.connection, held.external_id, new, 600, prorate=False, key="new")
    switched = await ground.now(held)
    assert [charge.amount for charge in charges(switched) if charge.amount] == [500]
    assert switched.period_end == held.period_end
    await ground.hands.keep_paying(switched)
    later = await ground.now(held)
    assert (later.price_id, later.amount, charges(later)[-1].amount) == (new.id, 600, 600)


@able("switches")
async def test_what_has_ended_cannot_be_switched(ground: Ground) -> None:
    price, other = await ground.price(500), await ground.price(900)
    held = await ground.buy(price)
    await ground.provider.cancel(ground.connection, held.external_id, at_once=True, key="cancel")
    with pytest.raises(Conflict):
        await ground.provider.switch(ground.connection, held.external_id, other, 900, prorate=True, key="s")
