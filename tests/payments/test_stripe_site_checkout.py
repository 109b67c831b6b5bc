"""What customers do in the checkout of our own Stripe: pay, fail, walk away, come with codes."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.payments.stripe_shop import DAY, HOUR, RETURN, Shop, error_of, open_shop
from tests.payments.stripe_site import standings


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


def test_a_checkout_paid_becomes_an_active_subscription(shop: Shop) -> None:
    about: Any = {"metadata": {"account": "a1"}}
    session = shop.checkout(
        shop.price(), client_reference_id="intent-1", metadata={"account": "a1"}, subscription_data=about
    )
    assert session.id.startswith("cs_test_")
    assert session.url.startswith("https://checkout.stripe.com/c/pay/cs_test_")
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 500)
    shop.hands.pay(session.id, email="ada@example.com")
    done = shop.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "customer"]})
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert (done.client_reference_id, done.customer.email) == ("intent-1", "ada@example.com")
    subscription = done.subscription
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", {"account": "a1"})
    item = subscription["items"].data[0]
    assert item.current_period_end - item.current_period_start == 31 * DAY
    assert not hasattr(subscription, "current_period_end")
    invoice = shop.latest(subscription.id)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == (
        "paid",
        500,
        "subscription_create",
    )
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata.to_dict() == {"account": "a1"}
    assert invoice.hosted_invoice_url.startswith("https://invoice.stripe.com/")
    assert shop.told()[-2:] == ["customer.subscription.updated", "checkout.session.completed"]


def test_the_way_from_a_charge_to_its_subscription_leads_over_invoice_payments(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price())
    charge = shop.api.charges.list().data[0]
    assert not hasattr(charge, "invoice")
    payments = shop.api.invoice_payments.list(
        {
            "payment": {"type": "payment_intent", "payment_intent": charge.payment_intent},
            "expand": ["data.invoice"],
        }
    )
    assert payments.data[0].invoice.parent.subscription_details.subscription == subscription.id


def test_a_declined_card_leaves_the_page_open_for_another(shop: Shop) -> None:
    session = shop.checkout(shop.price())
    assert shop.hands.decline(session.id)["status"] == "open"
    assert shop.told()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert shop.api.subscriptions.list({"status": "all"}).data == []
    shop.hands.pay(session.id)
    assert shop.api.checkout.sessions.retrieve(session.id).status == "complete"


def test_an_abandoned_checkout_expires_after_a_day_or_when_we_say_so(shop: Shop) -> None:
    price = shop.price()
    left, ended = shop.checkout(price), shop.checkout(price)
    assert shop.api.checkout.sessions.expire(ended.id).status == "expired"
    shop.site.advance(DAY)
    assert shop.api.checkout.sessions.retrieve(left.id).status == "expired"
    assert shop.told().count("checkout.session.expired") == 2
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status in"):
        shop.api.checkout.sessions.expire(left.id)
    assert standings(shop.site.ledger) == []


def test_walking_away_at_the_bank_leaves_an_incomplete_subscription_for_23_hours(shop: Shop) -> None:
    price = shop.price()
    left = shop.hands.leave_at_the_bank(shop.checkout(price).id)
    assert shop.status(left["id"]) == "incomplete"
    shop.site.advance(23 * HOUR)
    assert shop.status(left["id"]) == "incomplete_expired"
    assert shop.latest(left["id"]).status == "void"
    confirmed = shop.hands.leave_at_the_bank(shop.checkout(price).id)
    shop.hands.pay_invoice(confirmed["latest_invoice"])
    shop.site.advance(23 * HOUR)
    assert shop.status(confirmed["id"]) == "active"


def test_something_bought_once_needs_no_customer(shop: Shop) -> None:
    price = shop.price(2_000, None)
    session = shop.checkout(price, "payment", payment_intent_data={"metadata": {"account": "a1"}})
    done = shop.hands.pay(session.id)
    assert (done["payment_status"], done["customer"]) == ("paid", None)
    intent = shop.api.payment_intents.retrieve(
        done["payment_intent"], {"expand": ["latest_charge.balance_transaction"]}
    )
    assert (intent.status, intent.metadata.to_dict()) == ("succeeded", {"account": "a1"})
    assert intent.latest_charge.metadata.to_dict() == {"account": "a1"}
    assert (intent.latest_charge.balance_transaction.fee, intent.latest_charge.balance_transaction.net) == (
        55,
        1_945,
    )
    kept = shop.hands.pay(
        shop.checkout(price, "payment", customer_creation="always").id, email="eve@example.com"
    )
    assert shop.api.customers.retrieve(kept["customer"]).email == "eve@example.com"


def test_something_bought_once_can_leave_an_invoice(shop: Shop) -> None:
    about: Any = {"enabled": True, "invoice_data": {"metadata": {"account": "a1"}, "description": "For ever"}}
    session = shop.checkout(
        shop.price(2_000, None),
        "payment",
        invoice_creation=about,
        customer_creation="always",
        metadata={"account": "a1"},
    )
    done = shop.hands.pay(session.id)
    invoice = shop.api.invoices.retrieve(done["invoice"])
    assert (invoice.status, invoice.amount_paid, invoice.description) == ("paid", 2_000, "For ever")
    assert (invoice.parent, invoice.metadata.to_dict()) == (None, {"account": "a1"})
    assert (
        shop.api.invoice_payments.list({"invoice": invoice.id}).data[0].payment.payment_intent
        == done["payment_intent"]
    )


def test_pay_what_you_want_is_for_single_payments_within_its_bounds(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Tip"})
    bounds: Any = {"enabled": True, "minimum": 200, "maximum": 10_000, "preset": 500}
    values: Any = {"product": product.id, "currency": "eur", "custom_unit_amount": bounds}
    with pytest.raises(stripe.InvalidRequestError, match="not supported for recurring"):
        shop.api.prices.create({**values, "recurring": {"interval": "month"}})
    price = shop.api.prices.create(values)
    assert (price.unit_amount, price.custom_unit_amount.minimum) == (None, 200)
    session = shop.checkout(price.id, "payment")
    with pytest.raises(Exception, match="outside of what this price allows"):
        shop.hands.pay(session.id, amount=100)
    assert shop.hands.pay(session.id, amount=777)["amount_total"] == 777
    assert standings(shop.site.ledger)[0].paid == 777


def test_a_price_of_its_own_is_made_on_the_spot_and_not_listed(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Gold"}).id
    own: Any = {"currency": "eur", "product": product, "unit_amount": 750, "recurring": {"interval": "month"}}
    session = shop.api.checkout.sessions.create(
        {"mode": "subscription", "line_items": [{"price_data": own, "quantity": 1}], **RETURN}
    )
    price = shop.subscription(shop.hands.pay(session.id)["subscription"])["items"].data[0].price
    assert (price.unit_amount, price.active, price.product) == (750, False, product)
    assert shop.api.prices.list({"product": product}).data == []
    assert shop.api.prices.retrieve(price.id).id == price.id


def test_a_bank_debit_arrives_or_comes_back_days_later(shop: Shop) -> None:
    price = shop.price(2_000, None)
    for arrives in (True, False):
        done = shop.hands.pay(shop.checkout(price, "payment").id, slowly=True)
        assert (done["status"], done["payment_status"]) == ("complete", "unpaid")
        shop.site.advance(3 * DAY)
        (shop.hands.settle if arrives else shop.hands.bounce)(done["payment_intent"])
        assert shop.api.checkout.sessions.retrieve(done["id"]).payment_status == (
            "paid" if arrives else "unpaid"
        )
        kind = "succeeded" if arrives else "failed"
        assert shop.told()[-1] == f"checkout.session.async_payment_{kind}"
    assert [standing.status for standing in standings(shop.site.ledger)] == ["paid", "unpaid"]


def test_a_subscription_by_bank_debit_is_active_before_it_is_paid(shop: Shop) -> None:
    done = shop.hands.pay(shop.checkout(shop.price()).id, slowly=True)
    assert (shop.status(done["subscription"]), shop.latest(done["subscription"]).status) == ("active", "open")
    assert standings(shop.site.ledger)[0].paid_until is None
    payment = shop.api.invoice_payments.list({"invoice": done["invoice"]}).data[0].payment.payment_intent
    shop.hands.bounce(str(payment))
    assert shop.status(done["subscription"]) == "past_due"
    assert shop.told()[-1] == "checkout.session.async_payment_failed"


# --- trials ---


def test_a_trial_is_free_until_it_ends(shop: Shop) -> None:
    session = shop.checkout(shop.price(), subscription_data={"trial_period_days": 7})
    assert session.amount_total == 0
    done = shop.hands.pay(session.id)
    assert done["payment_status"] == "no_payment_required"
    subscription = shop.subscription(done["subscription"])
    assert (subscription.status, subscription.trial_end - subscription.trial_start) == ("trialing", 7 * DAY)
    assert shop.latest(subscription.id).amount_paid == 0
    shop.site.advance(4 * DAY)
    assert shop.told()[-1] == "customer.subscription.trial_will_end"
    shop.site.advance(3 * DAY)
    assert (shop.status(subscription.id), shop.latest(subscription.id).status) == ("active", "draft")
    shop.site.advance(HOUR)
    assert (shop.latest(subscription.id).status, shop.latest(subscription.id).amount_paid) == ("paid", 500)


@pytest.mark.parametrize(
    ("behaviour", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")]
)
def test_a_trial_without_a_card_ends_as_was_asked(shop: Shop, behaviour: Any, status: str) -> None:
    about: Any = {
        "trial_period_days": 7, "trial_settings": {"end_behavior": {"missing_payment_method": behaviour}},
    }  # fmt: skip
    session = shop.checkout(shop.price(), subscription_data=about, payment_method_collection="if_required")
    subscription = shop.hands.pay(session.id)["subscription"]
    assert shop.subscription(subscription).default_payment_method is None
    shop.site.advance(7 * DAY + HOUR)
    assert shop.status(subscription) == status


def test_a_card_declined_for_a_trial_starts_none(shop: Shop) -> None:
    session = shop.checkout(shop.price(), subscription_data={"trial_period_days": 7})
    assert shop.hands.decline(session.id)["status"] == "open"
    assert shop.api.subscriptions.list({"status": "all"}).data == []


# --- coupons ---


@pytest.mark.parametrize(
    ("coupon", "paid"),
    [
        ({"percent_off": 50, "duration": "once"}, [250, 500, 500]),
        ({"percent_off": 20, "duration": "repeating", "duration_in_months": 2}, [400, 400, 500]),
        ({"amount_off": 100, "currency": "eur", "duration": "forever"}, [400, 400, 400]),
        ({"percent_off": 100, "duration": "once"}, [0, 500, 500]),
    ],
)
def test_a_coupon_takes_off_as_long_as_it_lasts(shop: Shop, coupon: Any, paid: list[int]) -> None:
    made = shop.api.coupons.create(coupon)
    subscription = shop.subscribed(shop.price(), discounts=[{"coupon": made.id}])
    shop.site.advance(65 * DAY)
    invoices = shop.api.invoices.list({"subscription": subscription.id}).data
    assert [invoice.amount_paid for invoice in invoices][::-1] == paid
    assert sum(part.amount for part in invoices[-1].total_discount_amounts) == 500 - paid[0]
    assert shop.api.coupons.retrieve(made.id).times_redeemed == 1
    forever = coupon["duration"] == "forever"
    discounts = shop.api.subscriptions.retrieve(subscription.id).discounts
    assert len(discounts) == (1 if forever else 0)


def test_a_promotion_code_is_typed_into_the_page(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 40, "duration": "once"})
    promotion: Any = {
        "promotion": {"type": "coupon", "coupon": coupon.id},
        "code": "NORD",
        "max_redemptions": 1,
    }
    code = shop.api.promotion_codes.create(promotion)
    price = shop.price()
    session = shop.checkout(price, allow_promotion_codes=True)
    done = shop.hands.pay(session.id, code="nord")
    assert (done["amount_total"], done["total_details"]["amount_discount"]) == (300, 200)
    used = shop.api.promotion_codes.retrieve(code.id)
    assert (used.times_redeemed, used.active) == (1, False)
    with pytest.raises(Exception, match="This code is invalid"):
        shop.hands.pay(shop.checkout(price, allow_promotion_codes=True).id, code="NORD")
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        shop.checkout(price, discounts=[{"promotion_code": code.id}])


def test_a_code_for_newcomers_is_refused_to_who_has_paid_before(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 40, "duration": "once"})
    promotion: Any = {
        "promotion": {"type": "coupon", "coupon": coupon.id}, "restrictions": {"first_time_transaction": True},
    }  # fmt: skip
    code = shop.api.promotion_codes.create(promotion).id
    customer = shop.subscribed(shop.price()).customer
    with pytest.raises(stripe.InvalidRequestError, match="prior transactions"):
        shop.checkout(shop.price(), customer=customer, discounts=[{"promotion_code": code}])
    assert shop.checkout(shop.price(), discounts=[{"promotion_code": code}]).amount_total == 300


def test_a_coupon_ends_by_its_date_or_its_count(shop: Shop) -> None:
    price = shop.price()
    dated = shop.api.coupons.create({"percent_off": 10, "redeem_by": shop.site.ledger.now + DAY})
    counted = shop.api.coupons.create({"percent_off": 10, "max_redemptions": 1})
    shop.subscribed(price, discounts=[{"coupon": counted.id}])
    shop.site.advance(DAY)
    for coupon in (dated, counted):
        assert not shop.api.coupons.retrieve(coupon.id).valid
        with pytest.raises(stripe.InvalidRequestError) as raised:
            shop.checkout(price, discounts=[{"coupon": coupon.id}])
        assert error_of(raised.value)["code"] == "coupon_expired"


# --- several of something ---


def test_a_second_subscription_of_the_same_person_stands_beside_the_first(shop: Shop) -> None:
    first = shop.subscribed(shop.price())
    second = shop.subscribed(shop.price(900, "year"), customer=first.customer)
    assert second.customer == first.customer
    listed = shop.api.subscriptions.list({"customer": first.customer, "status": "all"})
    assert [subscription.id for subscription in listed.data] == [second.id, first.id]
    assert len(standings(shop.site.ledger, customer=first.customer)) == 2
    for subscription, paid in ((first, 500), (second, 900)):
        (invoice,) = shop.api.invoices.list({"subscription": subscription.id}).data
        assert invoice.amount_paid == paid


def test_one_customer_has_one_currency(shop: Shop) -> None:
    customer = shop.subscribed(shop.price()).customer
    with pytest.raises(stripe.InvalidRequestError, match="cannot combine currencies on a single customer"):
        shop.checkout(shop.price(600, currency="usd"), customer=customer)
    assert shop.checkout(shop.price(600, currency="usd")).currency == "usd"


def test_tax_is_added_or_contained(shop: Shop) -> None:
    shop.site.account.policy.tax_percent = 19
    for behaviour, total in (("exclusive", 1_190), ("inclusive", 1_000)):
        price = shop.price(1_000, tax_behavior=behaviour)
        session = shop.checkout(price, automatic_tax={"enabled": True}, tax_id_collection={"enabled": True})
        assert (session.amount_total, session.tax_id_collection.enabled) == (total, True)
        invoice = shop.latest(shop.hands.pay(session.id)["subscription"])
        assert (invoice.amount_paid, invoice.automatic_tax.status) == (total, "complete")
        assert [tax.amount for tax in invoice.total_taxes] == [190 if behaviour == "exclusive" else 160]
    shop.site.account.policy.tax_ready = False
    with pytest.raises(stripe.InvalidRequestError, match="head office address"):
        shop.checkout(shop.price(), automatic_tax={"enabled": True})
