"""What every provider must do. Each behaviour is tried on every adapter that says it can do it.

This is the guide to another adapter: write its hands (see ground.py) in providers/, and make all of this pass.
"""

from collections.abc import AsyncIterator, Awaitable

import pytest

from channel.errors import Conflict, Forbidden, Unavailable
from channel.payments.model import DAY_MS, RUNS, Status
from channel.payments.periods import after
from channel.payments.provider import Discount
from channel.storage import Database
from tests.conftest import Clock
from tests.contract import ground as grounds
from tests.contract.ground import Ground, Way, charges, refused
from tests.contract.providers import WAYS

EVERY = grounds.able(WAYS)


def able(*wanted: str):  # type: ignore[no-untyped-def]
    return grounds.able(WAYS, *wanted)


@pytest.fixture
async def ground(way: Way, db: Database, clock: Clock) -> AsyncIterator[Ground]:
    made = await way.opened(db, clock)
    with made.ends:
        yield made


@EVERY
async def test_what_is_ordered_and_not_paid_opens_nothing(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    checkout = await ground.checkout(order)
    assert checkout.url.startswith("http")
    for reference in (checkout.external_id, "nothing", order.id):
        assert refused(await ground.provider.fetch(ground.connection, reference))


@able("subscriptions")
async def test_what_is_paid_is_held_with_all_that_we_go_by(ground: Ground) -> None:
    price = await ground.price(700)
    order = await ground.order(price)
    checkout = await ground.checkout(order)
    before = ground.clock.now_ms
    await ground.hands.pay(checkout)
    held = await ground.held(checkout.external_id)
    assert (held.order_id, held.account_id, held.price_id) == (order.id, order.account_id, price.id)
    assert (held.amount, held.currency, held.interval) == (700, "EUR", "month")
    assert (held.status, held.live, held.cancelling) == (Status.ACTIVE, ground.connection.live, False)
    assert held.period_start is not None
    assert held.period_end == after(held.period_start, "month", 1)
    assert before - 1_000 < held.period_start <= ground.clock.now_ms, "some count whole seconds"
    (charge,) = charges(held)
    assert (charge.amount, charge.currency) == (700, "EUR")
    assert held.facts == (charge,)
    assert await ground.held(held.external_id) == held, "by its own name, too"


@EVERY
async def test_a_checkout_that_is_repeated_is_one_purchase(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    first, again = await ground.checkout(order), await ground.checkout(order)
    assert first == again
    await ground.hands.pay(first)
    held = await ground.held(first.external_id)
    assert len(charges(held)) == 1
    assert (await ground.checkout(order)).external_id == first.external_id
    assert len(charges(await ground.now(held))) == 1


@EVERY
async def test_facts_keep_their_names(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    again = await ground.now(held)
    assert again.facts == held.facts
    await ground.hands.keep_paying(held)
    later = await ground.now(held)
    assert later.facts[: len(held.facts)] == held.facts
    names = [(fact.kind, fact.external_id) for fact in later.facts]
    assert len(set(names)) == len(names)


@EVERY
async def test_what_two_people_buy_is_kept_apart(ground: Ground) -> None:
    price = await ground.price()
    first, second = await ground.buy(price), await ground.buy(price)
    assert first.external_id != second.external_id
    assert first.account_id != second.account_id
    assert {fact.external_id for fact in first.facts}.isdisjoint(fact.external_id for fact in second.facts)


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


@able("purchases")
async def test_what_is_paid_once_is_charged_once(ground: Ground) -> None:
    price = await ground.price(900, interval="once", days=30)
    held = await ground.buy(price)
    assert (held.status, held.interval, held.price_id) == (Status.ACTIVE, "once", price.id)
    assert [charge.amount for charge in charges(held)] == [900]
    await ground.hands.wait(400 * DAY_MS)
    assert len(charges(await ground.now(held))) == 1


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


@able("declines")
async def test_a_card_that_is_declined_at_the_checkout_has_bought_nothing(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    checkout = await ground.checkout(order)
    await ground.hands.decline(checkout)
    assert refused(await ground.provider.fetch(ground.connection, checkout.external_id))
    await ground.hands.pay(checkout)
    held = await ground.held(checkout.external_id)
    assert held.status is Status.ACTIVE
    assert charges(held, "failed") == [], "nothing that was bought has failed"


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


@EVERY
async def test_what_changed_is_found_without_being_told(ground: Ground) -> None:
    price = await ground.price()
    held = await ground.buy(price)
    await ground.hands.wait(DAY_MS)
    since = ground.clock.now_ms
    order = await ground.order(price)
    checkout = await ground.checkout(order)
    await ground.hands.pay(checkout)
    assert order.id in await _orders(ground, since)
    assert held.period_end is not None
    await ground.hands.fail_to_pay(held)
    assert held.order_id in await _orders(ground, held.period_end - 1)


async def _orders(ground: Ground, since: int) -> set[str | None]:
    """The orders of all that changed."""
    found = [
        await ground.provider.fetch(ground.connection, reference)
        for reference in await ground.provider.recent(ground.connection, since)
    ]
    return {held.order_id for held in found if held is not None}


@EVERY
async def test_nobody_pays_at_a_checkout_that_is_closed(ground: Ground) -> None:
    checkout = await ground.checkout(await ground.order(await ground.price()))
    for _ in range(2):
        await ground.provider.close_checkout(ground.connection, checkout.external_id)
    with pytest.raises(Conflict):
        await ground.hands.pay(checkout)
    assert refused(await ground.provider.fetch(ground.connection, checkout.external_id))


@EVERY
async def test_closing_a_checkout_that_was_paid_takes_nothing_back(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.close_checkout(ground.connection, held.checkout_id or held.external_id)
    assert (await ground.now(held)).status in RUNS


@EVERY
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\x00", b'{"id": "evt_1", "type": "charge.succeeded"}'])
async def test_what_anybody_could_have_sent_is_refused(ground: Ground, body: bytes) -> None:
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}, {"authorization": "Bearer x"}):
        with pytest.raises(Forbidden):
            ground.provider.read_hint(ground.connection, body, headers, ground.clock.now_ms)


@able("messages")
async def test_an_authentic_message_leads_to_the_purchase(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    body, headers = ground.hands.message(held.external_id)
    hints = ground.provider.read_hint(ground.connection, body, headers, ground.clock.now_ms)
    (reference,) = {hint.reference for hint in hints}
    assert (await ground.held(reference)).external_id == held.external_id
    for changed, later_ms in ((body + b" ", 0), (body, DAY_MS), (body, -DAY_MS)):
        with pytest.raises(Forbidden):
            ground.provider.read_hint(ground.connection, changed, headers, ground.clock.now_ms + later_ms)


@able("network")
async def test_one_that_cannot_be_reached_says_so(ground: Ground) -> None:
    price = await ground.price()
    held = await ground.buy(price)
    order = await ground.order(price)
    provider, connection = ground.provider, ground.connection
    await ground.hands.go_away()
    calls: list[Awaitable[object]] = [
        provider.probe(connection, "https://channel.test/api/hooks/x/y"),
        provider.fetch(connection, held.external_id),
        provider.recent(connection, 0),
        provider.cancel(connection, held.external_id, at_once=True, key="cancel"),
        provider.refund(connection, charges(held)[0].external_id, None, key="refund"),
        ground.checkout(order),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            await call
    await ground.hands.come_back()
    assert (await ground.now(held)).status is Status.ACTIVE


@EVERY
async def test_it_says_how_the_connection_stands(ground: Ground) -> None:
    probe = await ground.provider.probe(ground.connection, "https://channel.test/api/hooks/x/y")
    assert probe.live is ground.connection.live
    assert all(problem.endswith(".") for problem in probe.problems)
