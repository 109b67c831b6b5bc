"""What every provider must do with what runs on: periods, trials, pauses, arrears and the end of it."""

import pytest

from channel.errors import Conflict
from channel.payments.model import DAY_MS, Status
from channel.payments.periods import after
from tests.contract.ground import Ground, charges
from tests.contract.providers import able


@able("subscriptions")
async def test_a_period_that_follows_is_one_charge_more(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    for number in (2, 3):
        await ground.hands.keep_paying(held)
        later = await ground.now(held)
        assert [charge.amount for charge in charges(later)] == [500] * number
        assert (later.status, later.period_start) == (Status.ACTIVE, held.period_end)
        assert held.period_start is not None
        held = later


@able("subscriptions")
@pytest.mark.parametrize("interval", ["quarter", "year"])
async def test_periods_are_as_long_as_they_are_called(ground: Ground, interval: str) -> None:
    held = await ground.buy(await ground.price(interval=interval))
    assert held.period_start is not None
    assert held.period_end == after(held.period_start, interval, 1)  # type: ignore[arg-type]
    assert held.interval == interval


@able("subscriptions")
async def test_cancelled_it_goes_on_to_the_end_of_what_is_paid(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    for _ in range(2):
        await ground.provider.cancel(ground.connection, held.external_id, at_once=False, key="cancel")
    cancelled = await ground.now(held)
    assert (cancelled.status, cancelled.cancelling, cancelled.period_end) == (
        Status.ACTIVE, True, held.period_end,
    )  # fmt: skip
    assert held.period_end is not None
    await ground.hands.wait(held.period_end + 1 - ground.clock.now_ms)
    over = await ground.now(held)
    assert (over.status, over.ended_at) == (Status.ENDED, held.period_end)
    assert len(charges(over)) == 1


@able("subscriptions")
async def test_cancelled_at_once_it_is_over(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.cancel(ground.connection, held.external_id, at_once=True, key="cancel")
    over = await ground.now(held)
    assert over.status is Status.ENDED
    assert over.ended_at is not None
    await ground.provider.cancel(ground.connection, held.external_id, at_once=True, key="again")
    await ground.provider.cancel(ground.connection, held.external_id, at_once=False, key="once more")
    assert (await ground.now(held)).ended_at == over.ended_at
    await ground.hands.wait(70 * DAY_MS)
    assert len(charges(await ground.now(held))) == 1


@able("subscriptions")
async def test_a_cancellation_is_taken_back_until_it_has_taken_effect(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.cancel(ground.connection, held.external_id, at_once=False, key="cancel")
    await ground.hands.wait(DAY_MS)
    await ground.provider.resume(ground.connection, held.external_id, key="resume")
    assert not (await ground.now(held)).cancelling
    await ground.hands.keep_paying(held)
    assert len(charges(await ground.now(held))) == 2
    await ground.provider.cancel(ground.connection, held.external_id, at_once=True, key="now")
    with pytest.raises(Conflict):
        await ground.provider.resume(ground.connection, held.external_id, key="too late")


@able("pauses")
async def test_paused_it_charges_nothing_and_gives_no_more_than_is_paid(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.pause(ground.connection, held.external_id, key="pause")
    paused = await ground.now(held)
    assert (paused.status, paused.period_end) == (Status.PAUSED, held.period_end)
    await ground.hands.wait(100 * DAY_MS)
    later = await ground.now(held)
    assert (later.status, later.period_end) == (Status.PAUSED, held.period_end)
    assert len(charges(later)) == 1


@able("pauses")
async def test_after_a_pause_it_goes_on(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.pause(ground.connection, held.external_id, key="pause")
    await ground.hands.wait(100 * DAY_MS)
    await ground.provider.resume(ground.connection, held.external_id, key="resume")
    resumed = await ground.now(held)
    assert resumed.status is Status.ACTIVE
    await ground.hands.keep_paying(resumed)
    later = await ground.now(held)
    assert later.status is Status.ACTIVE
    assert 2 <= len(charges(later)) <= 3, "for what is used, and not for the pause"


@able("subscriptions")
async def test_what_is_not_paid_is_past_due_since_the_end_of_what_was(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.hands.fail_to_pay(held)
    late = await ground.now(held)
    assert late.status is Status.PAST_DUE
    assert held.period_end is not None and late.past_due_since is not None
    assert held.period_end <= late.past_due_since <= held.period_end + DAY_MS
    assert len(charges(late)) == 1
    await ground.hands.wait(2 * DAY_MS)
    assert (await ground.now(held)).past_due_since == late.past_due_since, "it does not move"
    await ground.hands.make_good(late)
    good = await ground.now(held)
    assert (good.status, good.past_due_since, len(charges(good))) == (Status.ACTIVE, None, 2)


@able("subscriptions")
async def test_what_is_never_paid_ends(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.hands.fail_to_pay(held)
    assert (await ground.now(held)).status is Status.PAST_DUE
    await ground.hands.wait(60 * DAY_MS)
    over = await ground.now(held)
    assert (over.status, len(charges(over))) == (Status.ENDED, 1)
    with pytest.raises(Conflict):
        await ground.provider.resume(ground.connection, held.external_id, key="resume")


@able("subscriptions")
async def test_cancelled_while_past_due_it_is_over(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.hands.fail_to_pay(held)
    await ground.now(held)
    await ground.provider.cancel(ground.connection, held.external_id, at_once=True, key="cancel")
    assert (await ground.now(held)).status is Status.ENDED


@able("renews", "subscriptions")
async def test_a_charge_that_fails_is_a_fact(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500))
    await ground.hands.fail_to_pay(held)
    failed = charges(await ground.now(held), "failed")
    assert [(fact.amount, fact.currency) for fact in failed][:1] == [(500, "EUR")]
    assert charges(await ground.now(held), "failed") == failed


@able("trials")
async def test_a_trial_costs_nothing_until_it_is_over(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500), trial_days=7)
    assert held.status is Status.TRIAL
    assert sum(charge.amount for charge in charges(held)) == 0
    assert held.trial_end is not None
    assert abs(held.trial_end - ground.clock.now_ms - 7 * DAY_MS) < DAY_MS
    await ground.hands.wait(held.trial_end + 1 - ground.clock.now_ms)
    paying = await ground.now(held)
    assert paying.status is Status.ACTIVE
    assert [charge.amount for charge in charges(paying) if charge.amount] == [500]
    assert paying.period_end == after(held.trial_end, "month", 1)


@able("trials")
async def test_a_trial_that_is_cancelled_is_never_charged(ground: Ground) -> None:
    held = await ground.buy(await ground.price(500), trial_days=7)
    await ground.provider.cancel(ground.connection, held.external_id, at_once=False, key="cancel")
    assert (await ground.now(held)).status is Status.TRIAL
    await ground.hands.wait(8 * DAY_MS)
    over = await ground.now(held)
    assert over.status is Status.ENDED
    assert sum(charge.amount for charge in charges(over)) == 0
