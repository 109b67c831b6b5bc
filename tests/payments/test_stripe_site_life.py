"""What becomes of subscriptions at our own Stripe as time, banks and people have their way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.payments.stripe_shop import DAY, HOUR, Shop, error_of, open_shop
from tests.payments.stripe_site import standings


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


def end_of(shop: Shop, subscription: str) -> int:
    return int(shop.subscription(subscription)["items"].data[0].current_period_end)


def to_the_end(shop: Shop, subscription: str, more: int = 0) -> None:
    shop.site.ledger.advance_to(end_of(shop, subscription) + more)


@pytest.mark.parametrize(
    ("interval", "count", "days"),
    [
        ("month", 1, ["08-31", "09-30", "10-31"]),
        ("month", 3, ["10-31", "01-31", "04-30"]),
        ("year", 1, ["07-31"] * 3),
    ],
)
def test_periods_end_by_the_calendar(shop: Shop, interval: str, count: int, days: list[str]) -> None:
    subscription = shop.subscribed(shop.price(500, interval, count)).id
    ends = []
    for _ in days:
        ends.append(datetime.fromtimestamp(end_of(shop, subscription), UTC).strftime("%m-%d"))
        to_the_end(shop, subscription)
    assert ends == days


def test_a_renewal_is_a_draft_for_an_hour_and_then_charged(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    first = end_of(shop, subscription)
    to_the_end(shop, subscription)
    assert (shop.latest(subscription).status, shop.status(subscription)) == ("draft", "active")
    assert end_of(shop, subscription) > first
    assert standings(shop.site.ledger)[0].paid_until == first
    shop.site.advance(HOUR)
    assert (shop.latest(subscription).status, shop.latest(subscription).billing_reason) == (
        "paid",
        "subscription_cycle",
    )
    assert standings(shop.site.ledger)[0].paid_until == end_of(shop, subscription)


@pytest.mark.parametrize("after", ["cancel", "unpaid", "past_due"])
def test_a_failing_card_is_tried_again_and_then_given_up(shop: Shop, after: str) -> None:
    shop.site.account.policy.after_retries = after
    subscription = shop.subscribed(shop.price())
    shop.hands.card(subscription.customer, "declines")
    to_the_end(shop, subscription.id, HOUR)
    assert shop.status(subscription.id) == "past_due"
    assert shop.api.customers.retrieve(subscription.customer).delinquent
    invoice = shop.latest(subscription.id)
    assert (invoice.status, invoice.attempt_count, invoice.next_payment_attempt) == (
        "open",
        1,
        shop.site.ledger.now + 3 * DAY,
    )
    shop.site.advance(15 * DAY)
    final = shop.subscription(subscription.id)
    assert final.status == {"cancel": "canceled"}.get(after, after)
    if after == "cancel":
        assert final.cancellation_details.reason == "payment_failed"
    assert shop.latest(subscription.id).attempt_count == 4


def test_a_card_that_works_again_brings_it_back(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price())
    shop.hands.card(subscription.customer, "declines")
    to_the_end(shop, subscription.id, HOUR)
    with pytest.raises(stripe.CardError, match="declined"):
        shop.api.invoices.pay(shop.latest(subscription.id).id)
    shop.hands.new_card(subscription.id)
    shop.site.advance(15 * DAY)
    assert (shop.status(subscription.id), shop.latest(subscription.id).status) == ("active", "paid")


@pytest.mark.parametrize("after", ["unpaid", "past_due"])
def test_paying_the_invoice_by_hand_brings_it_back(shop: Shop, after: str) -> None:
    shop.site.account.policy.after_retries = after
    subscription = shop.subscribed(shop.price())
    shop.hands.card(subscription.customer, "declines")
    to_the_end(shop, subscription.id, 16 * DAY)
    assert shop.status(subscription.id) == after
    shop.hands.pay_invoice(shop.latest(subscription.id).id)
    assert shop.status(subscription.id) == "active"


# --- ending ---


def test_cancelled_at_the_periods_end_it_lasts_till_then_and_may_return(shop: Shop) -> None:
    price = shop.price()
    subscription = shop.subscribed(price).id
    details: Any = {"feedback": "too_expensive"}
    asked: Any = {"cancel_at_period_end": True, "cancellation_details": details}
    ending = shop.api.subscriptions.update(subscription, asked)
    assert (ending.status, ending.cancel_at, ending.cancel_at_period_end) == (
        "active",
        end_of(shop, subscription),
        True,
    )
    back = shop.hands.return_before_the_end(subscription)
    assert (back["cancel_at"], back["canceled_at"]) == (None, None)
    to_the_end(shop, subscription, HOUR)
    assert shop.status(subscription) == "active"
    shop.hands.cancel_at_period_end(subscription, feedback="unused")
    to_the_end(shop, subscription, -1)
    assert shop.status(subscription) == "active"
    shop.site.advance(1)
    over = shop.subscription(subscription)
    assert (over.status, over.ended_at, over.cancellation_details.feedback) == (
        "canceled",
        shop.site.ledger.now,
        "unused",
    )
    assert shop.told()[-1] == "customer.subscription.deleted"
    assert shop.api.subscriptions.list({"price": price}).data == []
    assert [s.id for s in shop.api.subscriptions.list({"status": "ended"}).data] == [subscription]


def test_cancelled_at_a_moment_it_ends_then(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    moment = shop.site.ledger.now + 5 * DAY
    shop.api.subscriptions.update(subscription, {"cancel_at": moment})
    shop.site.advance(5 * DAY - 1)
    assert shop.status(subscription) == "active"
    shop.site.advance(1)
    assert shop.status(subscription) == "canceled"


def test_cancelled_at_once_it_is_over_and_cannot_be_changed(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    assert shop.api.subscriptions.cancel(subscription).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.api.subscriptions.cancel(subscription)
    with pytest.raises(stripe.InvalidRequestError, match="A canceled subscription can only update"):
        shop.api.subscriptions.update(subscription, {"cancel_at_period_end": False})
    assert shop.api.subscriptions.update(subscription, {"metadata": {"a": "b"}}).metadata["a"] == "b"


def test_deleting_a_customer_ends_all_of_theirs(shop: Shop) -> None:
    first = shop.subscribed(shop.price())
    second = shop.subscribed(shop.price(900), customer=first.customer)
    shop.api.customers.delete(first.customer)
    assert [shop.status(s) for s in (first.id, second.id)] == ["canceled", "canceled"]
    assert shop.told()[-3:] == ["customer.subscription.deleted"] * 2 + ["customer.deleted"]
    assert shop.api.customers.retrieve(first.customer).deleted
    assert shop.api.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        shop.checkout(shop.price(), customer=first.customer)
    assert all(standing.customer_deleted for standing in standings(shop.site.ledger))
    shop.site.advance(40 * DAY)


# --- pausing ---


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_pausing_collection_stops_the_money_and_not_the_status(
    shop: Shop, behaviour: Any, status: str
) -> None:
    subscription = shop.subscribed(shop.price()).id
    until = end_of(shop, subscription) + 40 * DAY
    shop.api.subscriptions.update(
        subscription, {"pause_collection": {"behavior": behaviour, "resumes_at": until}}
    )
    to_the_end(shop, subscription, 2 * HOUR)
    assert (shop.status(subscription), shop.latest(subscription).status) == ("active", status)
    assert standings(shop.site.ledger)[0].collection_paused
    shop.site.ledger.advance_to(until)
    assert shop.subscription(subscription).pause_collection is None
    to_the_end(shop, subscription, 2 * HOUR)
    assert shop.latest(subscription).status == "paid"


def test_a_paused_subscription_makes_no_invoices_until_it_is_resumed(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price(3_100)).id
    shop.site.advance(10 * DAY)
    paused = shop.api.subscriptions.pause(subscription)
    assert (paused.status, paused.status_details.paused.subscription.type) == ("paused", "pause_requested")
    assert shop.told()[-1] == "customer.subscription.paused"
    shop.site.advance(100 * DAY)
    assert len(shop.api.invoices.list().data) == 1
    resumed = shop.api.subscriptions.resume(subscription)
    assert resumed.status == "active"
    invoice = shop.latest(subscription)
    assert (invoice.status, invoice.amount_paid) == ("paid", 3_100 - 2_100)  # less the 21 days not used
    assert "customer.subscription.resumed" in shop.told()


# --- switching ---

HALF = 31 * DAY // 2


def switched(shop: Shop, old: str, new: str, **asked: Any) -> tuple[str, int]:
    """Half a month in, preview the switch and make it; answers the subscription and what the preview said."""
    subscription = shop.subscribed(old).id
    shop.site.advance(HALF)
    change: Any = {"items": [{"id": shop.item(subscription), "price": new}], **asked}
    preview = shop.api.invoices.create_preview({"subscription": subscription, "subscription_details": change})
    assert preview.id.startswith("upcoming_in_")
    shop.switch(subscription, new, **asked)
    return subscription, preview.amount_due


def test_a_dearer_price_is_charged_for_the_rest_at_once_or_with_the_next_invoice(shop: Shop) -> None:
    old, new = shop.price(1_000), shop.price(2_000, name="Silver")
    subscription, due = switched(shop, old, new, proration_behavior="always_invoice")
    invoice = shop.latest(subscription)
    assert (due, invoice.amount_paid, invoice.billing_reason) == (500, 500, "subscription_update")
    assert [line.amount for line in invoice.lines.data] == [-500, 1_000]
    assert all(line.parent.subscription_item_details.proration for line in invoice.lines.data)
    later, due = switched(shop, old, new)
    assert shop.latest(later).billing_reason == "subscription_create"
    to_the_end(shop, later, HOUR)
    assert (due, shop.latest(later).amount_paid) == (2_500, 2_500)
    none, due = switched(shop, old, new, proration_behavior="none")
    to_the_end(shop, none, HOUR)
    assert (due, shop.latest(none).amount_paid) == (2_000, 2_000)


def test_a_cheaper_price_leaves_a_credit_for_later_and_no_refund(shop: Shop) -> None:
    old, new = shop.price(2_000), shop.price(1_000, name="Silver")
    subscription, due = switched(shop, old, new, proration_behavior="always_invoice")
    invoice = shop.latest(subscription)
    assert (due, invoice.total, invoice.amount_due, invoice.status) == (0, -500, 0, "paid")
    assert shop.api.customers.retrieve(str(invoice.customer)).balance == -500
    to_the_end(shop, subscription, HOUR)
    assert shop.latest(subscription).amount_paid == 500
    assert shop.api.customers.retrieve(str(invoice.customer)).balance == 0


def test_another_interval_begins_a_new_period_at_once(shop: Shop) -> None:
    subscription, due = switched(shop, shop.price(1_000), shop.price(10_000, "year", name="Year"))
    assert (due, shop.latest(subscription).amount_paid) == (9_500, 9_500)
    now = shop.site.ledger.now
    assert end_of(shop, subscription) - now == 365 * DAY
    assert standings(shop.site.ledger)[0].paid_until == now + 365 * DAY


def test_a_discount_is_not_credited_as_if_it_had_been_paid(shop: Shop) -> None:
    half = shop.api.coupons.create({"percent_off": 50, "duration": "once"})
    subscription = shop.subscribed(shop.price(1_000), discounts=[{"coupon": half.id}]).id
    shop.site.advance(HALF)
    shop.switch(subscription, shop.price(2_000, name="Silver"), proration_behavior="always_invoice")
    lines = shop.latest(subscription).lines.data
    assert [(line.amount, line.discountable) for line in lines] == [(-250, False), (1_000, True)]


def test_switching_in_a_trial_costs_nothing_and_keeps_its_end(shop: Shop) -> None:
    session = shop.checkout(shop.price(), subscription_data={"trial_period_days": 14})
    subscription = shop.hands.pay(session.id)["subscription"]
    shop.switch(subscription, shop.price(10_000, "year", name="Year"), proration_behavior="always_invoice")
    assert (shop.status(subscription), shop.latest(subscription).amount_paid) == ("trialing", 0)
    to_the_end(shop, subscription, HOUR)
    assert shop.latest(subscription).amount_paid == 10_000


def test_a_switch_that_cannot_be_paid_fails_or_falls_behind_as_asked(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price(1_000))
    shop.hands.card(subscription.customer, "declines")
    dear = shop.price(2_000, name="Silver")
    shop.site.advance(DAY)
    with pytest.raises(stripe.CardError) as raised:
        shop.switch(
            subscription.id, dear, proration_behavior="always_invoice", payment_behavior="error_if_incomplete"
        )
    assert error_of(raised.value)["decline_code"] == "generic_decline"
    assert shop.subscription(subscription.id)["items"].data[0].price.unit_amount == 1_000
    assert shop.switch(subscription.id, dear, proration_behavior="always_invoice").status == "past_due"


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (lambda shop: shop.price(600, currency="usd"), "doesn't match the expected currency"),
        (lambda shop: shop.price(600, None), "only accepts prices with `type=recurring`"),
        (lambda shop: "price_none", "No such price"),
        (lambda shop: shop.api.prices.update(shop.price(), {"active": False}).id, "inactive"),
    ],
)
def test_prices_that_do_not_fit_are_refused(shop: Shop, price: Any, message: str) -> None:
    subscription = shop.subscribed(shop.price()).id
    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.switch(subscription, price(shop))


def test_a_retention_coupon_counts_from_the_next_invoice(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    coupon = shop.api.coupons.create({"percent_off": 40, "duration": "once"})
    shop.api.subscriptions.update(subscription, {"discounts": [{"coupon": coupon.id}]})
    to_the_end(shop, subscription, HOUR)
    assert shop.latest(subscription).amount_paid == 300
    to_the_end(shop, subscription, HOUR)
    assert shop.latest(subscription).amount_paid == 500


def test_there_is_nothing_to_preview_of_what_is_ending(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    assert shop.api.invoices.create_preview({"subscription": subscription}).amount_due == 500
    shop.hands.cancel_at_period_end(subscription)
    with pytest.raises(stripe.InvalidRequestError) as raised:
        shop.api.invoices.create_preview({"subscription": subscription})
    assert error_of(raised.value)["code"] == "invoice_upcoming_none"
