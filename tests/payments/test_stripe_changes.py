"""What becomes of a subscription at Stripe: failed, switched, cancelled, paused, paid back, contested."""

from collections.abc import AsyncIterator

import pytest

from channel import tiers
from channel.errors import Conflict, Invalid, NotFound
from channel.payments.model import DAY_MS, Holding, Status
from channel.payments.periods import after
from channel.payments.provider import Discount
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.stripe_till import StripeTill, open_stripe_till

HOUR_MS = 3_600_000


@pytest.fixture
async def till(db: Database, clock: Clock) -> AsyncIterator[StripeTill]:
    async with open_stripe_till(db, clock) as opened:
        yield opened


async def subscribed(till: StripeTill, **more: object) -> Holding:
    """Bob has Gold (5 € a month)."""
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    return await till.buy(bob, gold, price, **more)


async def bobs_rank(till: StripeTill) -> int:
    return await till.rank(till.scene.people["Bob"])


async def test_a_failed_payment_is_told_with_the_invoice_and_leaves_days_of_grace(till: StripeTill) -> None:
    holding = await subscribed(till)
    due = holding.period_end or 0
    till.hands.card(holding.customer, "declines")
    till.forward(due - till.clock.now_ms + 2 * HOUR_MS)
    failing = await till.fetch(holding.external_id)
    assert failing.status is Status.PAST_DUE
    assert failing.past_due_since == due + HOUR_MS, "when Stripe asked for it"
    [failed] = await till.facts(holding.external_id, "failed")
    assert (failed.amount, failed.link[:27]) == (500, "https://invoice.stripe.com/")
    assert await bobs_rank(till) == 10
    till.forward(7 * DAY_MS)
    assert await bobs_rank(till) == 0, "before anybody told us"

    till.hands.card(holding.customer, "works")
    till.forward(DAY_MS + HOUR_MS)  # Stripe tries again
    paid = await till.fetch(holding.external_id)
    assert (paid.status, paid.past_due_since, await bobs_rank(till)) == (Status.ACTIVE, None, 10)
    assert await till.facts(holding.external_id, "failed") == []


async def test_every_attempt_that_failed_is_a_fact_of_its_own(till: StripeTill) -> None:
    holding = await subscribed(till)
    till.hands.card(holding.customer, "declines")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 4 * DAY_MS)
    failed = await till.facts(holding.external_id, "failed")
    assert len({fact.external_id for fact in failed}) == len(failed) == 2


async def test_an_invoice_paid_on_its_own_page_brings_it_back(till: StripeTill) -> None:
    holding = await subscribed(till)
    till.hands.card(holding.customer, "declines")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 2 * HOUR_MS)
    assert (await till.fetch(holding.external_id)).status is Status.PAST_DUE
    till.hands.pay_invoice(str(till.subscription(holding)["latest_invoice"]))
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE


async def test_what_stripe_gives_up_trying_ends(till: StripeTill) -> None:
    holding = await subscribed(till)
    till.hands.card(holding.customer, "declines")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 30 * DAY_MS)
    ended = await till.fetch(holding.external_id)
    assert (ended.status, ended.monthly, await bobs_rank(till)) == (Status.ENDED, 0, 0)
    assert ended.ended_at is not None


async def test_what_stripe_leaves_unpaid_opens_nothing_and_can_come_back(till: StripeTill) -> None:
    till.site.account.policy.after_retries = "unpaid"
    holding = await subscribed(till)
    till.hands.card(holding.customer, "declines")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 70 * DAY_MS)
    assert till.subscription(holding)["status"] == "unpaid"
    left = await till.fetch(holding.external_id)
    assert (left.status, await bobs_rank(till)) == (Status.PAST_DUE, 0)
    assert left.runs, "so that it is ended when they leave"
    await till.counter.cancel(left)
    assert till.subscription(holding)["status"] == "canceled"


async def test_a_cancelled_one_goes_on_to_the_end_of_what_is_paid(till: StripeTill) -> None:
    holding = await till.counter.cancel(await subscribed(till))
    assert (holding.status, holding.cancelling, holding.monthly) == (Status.ACTIVE, True, 0)
    assert holding.access_until == holding.period_end == after(till.clock.now_ms, "month", 1)
    assert (await till.counter.cancel(holding)).cancelling, "twice is once"
    till.forward(holding.period_end - till.clock.now_ms)
    assert await bobs_rank(till) == 0
    ended = await till.fetch(holding.external_id)
    assert (ended.status, ended.cancelling) == (Status.ENDED, False)
    assert (await till.counter.cancel(ended)).status is Status.ENDED
    with pytest.raises(Conflict, match="ended"):
        await till.counter.resume(ended)


async def test_one_word_takes_a_cancellation_back(till: StripeTill) -> None:
    holding = await till.counter.cancel(await subscribed(till))
    till.forward(DAY_MS)
    back = await till.counter.resume(holding)
    assert (back.cancelling, back.monthly) == (False, 500)
    till.forward(40 * DAY_MS)
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE


async def test_what_is_cancelled_at_once_ends_at_once(till: StripeTill) -> None:
    holding = await till.counter.cancel(await subscribed(till), at_once=True)
    assert (holding.status, await bobs_rank(till)) == (Status.ENDED, 0)
    await till.stripe.cancel(till.connection, holding.external_id, at_once=True, key="again")


async def test_who_cancels_what_is_not_paid_is_charged_no_more(till: StripeTill) -> None:
    holding = await subscribed(till)
    till.hands.card(holding.customer, "declines")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 2 * HOUR_MS)
    ended = await till.counter.cancel(await till.fetch(holding.external_id))
    assert ended.status is Status.ENDED
    till.hands.card(holding.customer, "works")
    till.forward(20 * DAY_MS)
    assert len(till.charges()) == 1


async def test_an_end_set_in_stripes_own_pages_counts(till: StripeTill) -> None:
    holding = await subscribed(till)
    [item] = till.subscription(holding)["items"]["data"]  # type: ignore[index]
    later = item["current_period_end"] + 5 * 86_400
    till.hands.end_at(holding.external_id, later)
    assert not (await till.fetch(holding.external_id)).cancelling, "it is charged once more before"
    sooner = item["current_period_end"] - 5 * 86_400
    till.hands.end_at(holding.external_id, sooner)
    stopping = await till.fetch(holding.external_id)
    assert (stopping.cancelling, stopping.access_until) == (True, sooner * 1000)
    back = await till.counter.resume(stopping)
    assert (back.cancelling, till.subscription(holding)["cancel_at"]) == (False, None)


async def test_a_paused_one_opens_to_the_end_of_what_is_paid(till: StripeTill) -> None:
    holding = await subscribed(till)
    paid = holding.period_end or 0
    paused = await till.counter.pause(holding)
    assert (paused.status, paused.monthly, paused.access_until) == (Status.PAUSED, 0, paid)
    till.forward(paid - till.clock.now_ms + 2 * HOUR_MS)
    still = await till.fetch(holding.external_id)
    assert (still.status, still.access_until, await bobs_rank(till)) == (Status.PAUSED, paid, 0)
    till.forward(60 * DAY_MS)
    assert (await till.fetch(holding.external_id)).access_until == paid
    assert len(till.charges()) == 1


async def test_who_resumes_in_time_pays_nothing_anew(till: StripeTill) -> None:
    holding = await till.counter.pause(await subscribed(till))
    till.forward(DAY_MS)
    back = await till.counter.resume(holding)
    assert (back.status, back.period_end, len(till.charges())) == (Status.ACTIVE, holding.period_end, 1)


async def test_nobody_gets_a_month_for_nothing_by_a_pause(till: StripeTill) -> None:
    holding = await till.counter.pause(await subscribed(till))
    till.forward((holding.period_end or 0) - till.clock.now_ms + DAY_MS)
    back = await till.counter.resume(holding)
    assert (back.status, len(till.charges())) == (Status.ACTIVE, 2)
    assert back.period_end == after(till.clock.now_ms, "month", 1)
    assert await bobs_rank(till) == 10


async def test_who_cannot_pay_stays_paused(till: StripeTill) -> None:
    holding = await till.counter.pause(await subscribed(till))
    till.forward((holding.period_end or 0) - till.clock.now_ms + DAY_MS)
    till.hands.card(holding.customer, "declines")
    with pytest.raises(Invalid, match="declined"):
        await till.counter.resume(holding)
    assert (await till.fetch(holding.external_id)).status is Status.PAUSED
    assert await bobs_rank(till) == 0


async def test_one_that_stripe_paused_itself_is_resumed(till: StripeTill) -> None:
    holding = await subscribed(till)
    till.hands.pause(holding.external_id)
    paused = await till.fetch(holding.external_id)
    assert paused.status is Status.PAUSED
    assert (await till.counter.resume(paused)).status is Status.ACTIVE


async def test_a_switch_costs_what_its_preview_said(till: StripeTill) -> None:
    holding = await subscribed(till)
    top, price = await till.tier("Top", 20, 900)
    till.forward(15 * DAY_MS)
    preview = await till.counter.preview(holding, price, 900)
    assert (preview.currency, preview.next, preview.next_at) == ("EUR", 900, holding.period_end)
    assert 150 < preview.now < 250, "half of the difference"
    switched = await till.counter.switch(holding, price, 900)
    assert (switched.tier_id, switched.amount, switched.period_end) == (top.id, 900, holding.period_end)
    assert [charge["amount"] for charge in till.charges()] == [500, preview.now]
    assert await bobs_rank(till) == 20
    same = await till.counter.preview(switched, price, 900)
    assert (same.now, same.next) == (0, 900)
    await till.counter.switch(switched, price, 900)
    assert len(till.charges()) == 2, "to what one has costs nothing"


async def test_a_switch_down_leaves_a_credit(till: StripeTill) -> None:
    holding = await subscribed(till)
    less, price = await till.tier("Less", 5, 200)
    till.forward(15 * DAY_MS)
    preview = await till.counter.preview(holding, price, 200)
    assert -200 < preview.now < -100
    switched = await till.counter.switch(holding, price, 200)
    assert (switched.status, switched.tier_id) == (Status.ACTIVE, less.id)
    assert (len(till.charges()), await bobs_rank(till)) == (1, 5)


async def test_another_interval_begins_at_once(till: StripeTill) -> None:
    holding = await subscribed(till)
    async with till.db.read() as tx:
        gold = await tiers.one(tx, till.scene.community.id, holding.tier_id or "")
    yearly = await till.price(gold, 5_000, interval="year")
    till.forward(15 * DAY_MS)
    preview = await till.counter.preview(holding, yearly, 5_000)
    assert preview.next_at == after(till.clock.now_ms, "year", 1)
    assert 4_700 < preview.now < 4_800
    switched = await till.counter.switch(holding, yearly, 5_000, prorate=False)
    assert (switched.interval, switched.period_end) == ("year", preview.next_at)
    assert [charge["amount"] for charge in till.charges()] == [500, preview.now], "what was paid is counted"


async def test_a_switch_from_the_next_period_on_costs_nothing_now(till: StripeTill) -> None:
    holding = await subscribed(till)
    _, price = await till.tier("Top", 20, 900)
    await till.counter.switch(holding, price, 900, prorate=False)
    assert len(till.charges()) == 1
    till.forward((holding.period_end or 0) - till.clock.now_ms + 2 * HOUR_MS)
    assert [charge["amount"] for charge in till.charges()] == [500, 900]


async def test_a_switch_in_a_trial_costs_nothing_yet(till: StripeTill) -> None:
    holding = await subscribed(till, trial_days=7)
    _, price = await till.tier("Top", 20, 900)
    preview = await till.counter.preview(holding, price, 900)
    assert (preview.now, preview.next, preview.next_at) == (0, 900, holding.trial_end)
    assert (await till.counter.switch(holding, price, 900)).status is Status.TRIAL
    assert till.charges() == []


async def test_a_switch_that_cannot_be_paid_changes_nothing(till: StripeTill) -> None:
    holding = await subscribed(till)
    _, price = await till.tier("Top", 20, 900)
    till.hands.card(holding.customer, "declines")
    with pytest.raises(Invalid, match="declined"):
        await till.counter.switch(holding, price, 900)
    same = await till.fetch(holding.external_id)
    assert (same.status, same.amount, await bobs_rank(till)) == (Status.ACTIVE, 500, 10)


async def test_what_is_paused_is_not_switched_for_nothing(till: StripeTill) -> None:
    holding = await till.counter.pause(await subscribed(till))
    _, price = await till.tier("Top", 20, 900)
    for act in (till.counter.preview(holding, price, 900), till.counter.switch(holding, price, 900)):
        with pytest.raises(Conflict, match="paused"):
            await act
    assert (await bobs_rank(till), len(till.charges())) == (10, 1)


async def test_a_switch_to_another_currency_is_refused_by_name(till: StripeTill) -> None:
    holding = await subscribed(till)
    _, price = await till.tier("Top", 20, 900, currency="CHF")
    with pytest.raises(Invalid) as refused:
        await till.counter.switch(holding, price, 900)
    assert set(refused.value.fields) == {"currency"}


async def test_an_offer_to_stay_counts_from_the_next_charge_and_only_once(till: StripeTill) -> None:
    holding = await subscribed(till)
    half = Discount(code="STAY", percent=50, amount=0, currency=None, periods=2)
    till.forward(20 * DAY_MS)
    for _ in range(2):
        holding = await till.counter.discount(await till.fetch(holding.external_id), half)
        till.forward(HOUR_MS)
    till.forward(90 * DAY_MS)
    charged = [fact.amount for fact in await till.facts(holding.external_id, "charge")]
    assert charged == [500, 250, 250, 500]


async def test_a_discount_is_added_to_what_there_is(till: StripeTill) -> None:
    holding = await subscribed(till)
    forever = Discount(code="FRIEND", percent=20, amount=0, currency=None, periods=None)
    once = Discount(code="STAY", percent=0, amount=100, currency="EUR", periods=1)
    holding = await till.counter.discount(holding, forever)
    assert holding.amount == 400
    holding = await till.counter.discount(holding, once)
    till.forward((holding.period_end or 0) - till.clock.now_ms + 2 * HOUR_MS)
    charged = [fact.amount for fact in await till.facts(holding.external_id, "charge")]
    assert charged == [500, 300]


async def test_what_is_paid_back_closes_and_a_part_does_not(till: StripeTill) -> None:
    holding = await subscribed(till)
    [charge] = await till.facts(holding.external_id, "charge")
    part = await till.counter.refund(holding, charge.external_id, 200, "one")
    assert (part.status, await bobs_rank(till)) == (Status.ACTIVE, 10)
    again = await till.counter.refund(part, charge.external_id, 200, "one")
    assert [fact.amount for fact in await till.facts(again.external_id, "refund")] == [200], "pressed twice"
    with pytest.raises(Conflict, match="not that much"):
        await till.counter.refund(again, charge.external_id, 400, "too much")
    whole = await till.counter.refund(again, charge.external_id, None, "two")
    assert (whole.status, await bobs_rank(till)) == (Status.REFUNDED, 0)
    assert whole.runs, "Stripe would charge again"
    with pytest.raises(Conflict, match="nothing left"):
        await till.counter.refund(whole, charge.external_id, None, "three")
    till.forward((holding.period_end or 0) - till.clock.now_ms + 2 * HOUR_MS)
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE, "the next period is paid"


async def test_a_refund_of_the_past_takes_nothing_away(till: StripeTill) -> None:
    holding = await subscribed(till)
    [first] = await till.facts(holding.external_id, "charge")
    till.forward(32 * DAY_MS)
    back = await till.counter.refund(holding, first.external_id, None, "form")
    assert (back.status, await bobs_rank(till)) == (Status.ACTIVE, 10)


async def test_the_difference_of_a_switch_can_be_paid_back(till: StripeTill) -> None:
    holding = await subscribed(till)
    _, price = await till.tier("Top", 20, 900)
    till.forward(15 * DAY_MS)
    switched = await till.counter.switch(holding, price, 900)
    _, difference = await till.facts(holding.external_id, "charge")
    back = await till.counter.refund(switched, difference.external_id, None, "form")
    assert back.status is Status.ACTIVE, "the period itself is still paid"


async def test_a_dispute_closes_until_it_is_won(till: StripeTill) -> None:
    holding = await subscribed(till)
    [charge] = await till.facts(holding.external_id, "charge")
    opened = till.hands.dispute(charge.external_id)
    contested = await till.fetch(holding.external_id)
    assert (contested.status, await bobs_rank(till)) == (Status.DISPUTED, 0)
    assert [fact.amount for fact in await till.facts(holding.external_id, "dispute")] == [500]
    with pytest.raises(Conflict, match="nothing left"):
        await till.counter.refund(contested, charge.external_id, None, "form")
    till.forward(DAY_MS)
    till.hands.decide(opened["id"], won=True)
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE
    [won] = await till.facts(holding.external_id, "dispute_won")
    assert (won.amount, won.at, await bobs_rank(till)) == (500, till.clock.now_ms, 10)


async def test_a_dispute_that_is_lost_stays_closed(till: StripeTill) -> None:
    holding = await subscribed(till)
    [charge] = await till.facts(holding.external_id, "charge")
    till.hands.decide(till.hands.dispute(charge.external_id)["id"], won=False)
    assert (await till.fetch(holding.external_id)).status is Status.DISPUTED
    assert await till.facts(holding.external_id, "dispute_won") == []


async def test_an_inquiry_is_no_dispute(till: StripeTill) -> None:
    holding = await subscribed(till)
    [charge] = await till.facts(holding.external_id, "charge")
    opened = till.hands.dispute(charge.external_id)
    till.site.ledger.tables["dispute"][opened["id"]]["status"] = "warning_needs_response"
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE
    assert await till.facts(holding.external_id, "dispute") == []


async def test_the_portal_is_stripes_own_page(till: StripeTill) -> None:
    holding = await subscribed(till)
    assert (await till.counter.portal(holding, "/account")).startswith("https://billing.stripe.com/")
    till.site.account.policy.portal_ready = False
    with pytest.raises(Conflict, match="not set up") as refused:
        await till.counter.portal(holding, "/account")
    assert refused.value.code == "no_portal"
    till.hands.delete_customer(holding.customer)
    with pytest.raises(Conflict, match="nothing to look after"):
        await till.counter.portal(holding, "/account")


async def test_what_is_not_there_cannot_be_changed(till: StripeTill) -> None:
    with pytest.raises(NotFound):
        await till.stripe.pause(till.connection, "sub_never_was", key="k")
    await till.stripe.cancel(till.connection, "cs_test_paid_once", at_once=True, key="k")
