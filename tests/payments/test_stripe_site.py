"""Our own Stripe refuses what Stripe refuses, in its words, and remembers what it was asked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.payments.stripe_shop import DAY, RETURN, Shop, error_of, open_shop
from tests.payments.stripe_site import StripeSite
from tests.payments.stripe_site.library import VERSION
from tests.payments.stripe_site.shapes import complaints

Ask = Callable[[Shop], Any]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


def checkout(**more: Any) -> Ask:
    def ask(shop: Shop) -> Any:
        values: Any = {
            "mode": "subscription",
            "line_items": [{"price": shop.price(), "quantity": 1}],
            **RETURN,
            **more,
        }
        return shop.api.checkout.sessions.create({k: v for k, v in values.items() if v is not None})

    return ask


def once(**more: Any) -> Ask:
    def ask(shop: Shop) -> Any:
        rows = [{"price": shop.price(300, None), "quantity": 1}]
        return checkout(**{"mode": "payment", "line_items": rows, **more})(shop)

    return ask


def create(service: str, **values: Any) -> Ask:
    return lambda shop: getattr(shop.api, service).create(values)


REFUSED: list[tuple[Ask, int, str | None, str | None]] = [
    (create("products", name="Gold", colour="red"), 400, "parameter_unknown", "colour"),
    (create("products"), 400, "parameter_missing", "name"),
    (create("products", name=""), 400, "parameter_invalid_empty", "name"),
    (
        create("prices", currency="eur", unit_amount=500, product="prod_none"),
        400,
        "resource_missing",
        "product",
    ),
    (
        create("prices", currency="eur", unit_amount="5.00", product="x"),
        400,
        "parameter_invalid_integer",
        "unit_amount",
    ),
    (create("coupons", percent_off=120), 400, None, "percent_off"),
    (create("coupons", amount_off=100), 400, "parameter_missing", "currency"),
    (create("refunds", charge="ch_none"), 404, "resource_missing", "charge"),
    (create("customers", metadata={"k" * 41: "v"}), 400, None, "metadata"),
    (
        create("webhook_endpoints", url="https://x.test", enabled_events=["member.paid"]),
        400,
        None,
        "enabled_events[0]",
    ),
    (lambda shop: shop.api.customers.retrieve("cus_none"), 404, "resource_missing", "id"),
    (lambda shop: shop.api.subscriptions.cancel("sub_none"), 404, "resource_missing", "id"),
    (lambda shop: shop.api.customers.list({"limit": 101}), 400, None, "limit"),
    (
        lambda shop: shop.api.customers.list({"starting_after": "cus_x"}),
        400,
        "resource_missing",
        "starting_after",
    ),
    (lambda shop: shop.api.customers.list({"expand": ["sources"]}), 400, None, "expand"),
    (
        checkout(subscription_data={"trial_days": 3}),
        400,
        "parameter_unknown",
        "subscription_data[trial_days]",
    ),
    (
        checkout(line_items=[{"price": "price_none", "quantity": 1}]),
        400,
        "resource_missing",
        "line_items[0][price]",
    ),
    (checkout(line_items=None), 400, "parameter_missing", "line_items"),
    (checkout(mode=None), 400, "parameter_missing", "mode"),
    (checkout(mode="abo"), 400, None, "mode"),
    (checkout(success_url=None), 400, "parameter_missing", "success_url"),
    (checkout(mode="payment"), 400, None, None),
    (checkout(payment_intent_data={"description": "x"}), 400, None, "payment_intent_data"),
    (checkout(customer="cus_none"), 400, "resource_missing", "customer"),
    (checkout(discounts=[{"coupon": "none"}]), 400, "resource_missing", "discounts[0][coupon]"),
    (checkout(expires_at=1), 400, None, "expires_at"),
    (checkout(subscription_data={"trial_period_days": 0}), 400, None, "subscription_data[trial_period_days]"),
    (once(mode="subscription"), 400, None, None),
    (once(subscription_data={"description": "x"}), 400, None, "subscription_data"),
    (lambda shop: shop.price(currency="xyz"), 400, None, "currency"),
    (lambda shop: shop.price(interval="year", count=4), 400, None, "recurring[interval_count]"),
    (
        lambda shop: once(line_items=[{"price": shop.price(49, None), "quantity": 1}])(shop),
        400,
        "amount_too_small",
        None,
    ),
]


@pytest.mark.parametrize(("ask", "status", "code", "param"), REFUSED)
def test_it_refuses_in_stripes_shape(
    shop: Shop, ask: Ask, status: int, code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        ask(shop)
    error = error_of(raised.value)
    assert (raised.value.http_status, error.get("code"), error.get("param")) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]


def test_what_the_library_knows_and_the_site_does_not_is_a_fault_of_the_test(shop: Shop) -> None:
    with pytest.raises(stripe.APIError, match="not spoken here: parameters tax"):
        shop.api.customers.create({"email": "ada@example.com", "tax": {"ip_address": "192.0.2.1"}})
    with pytest.raises(stripe.APIError, match="not spoken here"):
        shop.api.customers.search({"query": "email:'ada@example.com'"})
    assert len(shop.site.desk.faults) == 2
    shop.site.desk.faults.clear()


def test_leaving_the_site_raises_for_faults() -> None:
    with pytest.raises(AssertionError, match="not spoken"), open_shop() as shop:
        with pytest.raises(stripe.APIError):
            shop.api.invoices.create({})


def test_an_object_that_the_library_would_not_know_is_told() -> None:
    with open_shop() as shop:
        price = shop.hands.look(shop.price())
    assert complaints(price) == []
    assert complaints({**price, "tier": "gold"}) == ["price.tier: not a field of Price"]
    assert complaints({**price, "unit_amount": "5"}) == ["price.unit_amount: '5' is no int"]
    assert complaints({**price, "type": "monthly"}) != []
    del price["currency"]
    assert complaints(price) == ["price.currency: missing, but Price promises it"]


# --- keys ---


def test_only_its_own_keys_open_it(shop: Shop) -> None:
    for key in ("sk_test_51" + "x" * 97, "nonsense"):
        with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
            shop.client_for(key).v1.customers.list()
    shop.site.account.revoke(shop.key)
    with pytest.raises(stripe.AuthenticationError) as raised:
        shop.api.customers.list()
    assert error_of(raised.value)["code"] == "api_key_expired"
    assert shop.key not in str(raised.value)


def test_test_and_live_do_not_see_each_other(shop: Shop) -> None:
    live = shop.client_for(shop.site.account.secret_key(livemode=True)).v1
    here = shop.api.customers.create({"email": "ada@example.com"})
    there = live.customers.create({"email": "ada@example.com"})
    assert (here.livemode, there.livemode) == (False, True)
    assert (shop.api.balance.retrieve().livemode, live.balance.retrieve().livemode) == (False, True)
    assert [c.id for c in live.customers.list().data] == [there.id]
    with pytest.raises(stripe.InvalidRequestError, match="a similar object exists in test mode"):
        live.customers.retrieve(here.id)


def test_accounts_do_not_see_each_other(shop: Shop) -> None:
    other = shop.site.open_account(country="US", currency="usd")
    theirs = shop.client_for(other.secret_key()).v1
    customer = shop.api.customers.create({"email": "ada@example.com"})
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        theirs.customers.retrieve(customer.id)
    mine, others = shop.api.accounts.retrieve_current(), theirs.accounts.retrieve_current()
    assert (mine.country, mine.default_currency, mine.charges_enabled) == ("DE", "eur", True)
    assert (others.id, others.country, others.default_currency) == (other.id, "US", "usd")


def test_a_restricted_key_may_do_what_it_says_and_read_what_it_writes(shop: Shop) -> None:
    key = shop.site.account.restricted_key("customer_write", "subscription_read")
    api = shop.client_for(key).v1
    customer = api.customers.create({"email": "ada@example.com"})
    assert api.customers.retrieve(customer.id).email == "ada@example.com"
    with pytest.raises(stripe.PermissionError, match="Having the 'rak_plan_read' permission") as raised:
        api.prices.list()
    assert raised.value.http_status == 403
    subscription = shop.subscribed(shop.price())
    assert api.subscriptions.retrieve(subscription.id).status == "active"
    with pytest.raises(stripe.PermissionError, match="rak_invoice_read"):
        api.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    with pytest.raises(stripe.PermissionError, match="rak_subscription_write"):
        api.subscriptions.cancel(subscription.id)


def test_the_version_is_pinned_and_recorded(shop: Shop) -> None:
    shop.api.customers.list()
    assert shop.site.heard[-1].version == VERSION
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        shop.client_for(shop.key, stripe_version="2024-06-20").v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match="pins no API version"):
        shop.api.customers.list(options={"headers": {"Stripe-Version": ""}})


def test_a_key_does_not_reach_into_other_accounts(shop: Shop) -> None:
    with pytest.raises(stripe.PermissionError, match="does not have access to account 'acct_other'"):
        shop.client_for(shop.key, stripe_account="acct_other").v1.customers.list()


# --- idempotency ---


def test_the_same_key_does_the_work_once(shop: Shop) -> None:
    values: Any = {"email": "ada@example.com"}
    first = shop.api.customers.create(values, {"idempotency_key": "k1"})
    again = shop.api.customers.create(values, {"idempotency_key": "k1"})
    assert first.id == again.id
    assert [heard.replayed for heard in shop.site.heard] == [False, True]
    assert shop.told() == ["customer.created"]
    assert shop.site.ledger.events[0]["request"]["idempotency_key"] == "k1"


def test_the_same_key_for_something_else_is_refused(shop: Shop) -> None:
    shop.api.customers.create({"email": "ada@example.com"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with"):
        shop.api.customers.create({"email": "eve@example.com"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        shop.api.products.create({"name": "Gold"}, {"idempotency_key": "k1"})


def test_a_key_remembers_refused_work_but_not_refused_parameters(shop: Shop) -> None:
    price = shop.price(300, None)
    charge = shop.hands.look(shop.hands.pay(shop.checkout(price, "payment").id)["payment_intent"])[
        "latest_charge"
    ]
    with pytest.raises(stripe.InvalidRequestError, match="Refund amount"):
        shop.api.refunds.create({"charge": charge, "amount": 9_999}, {"idempotency_key": "work"})
    with pytest.raises(stripe.InvalidRequestError, match="Refund amount"):
        shop.api.refunds.create({"charge": charge, "amount": 9_999}, {"idempotency_key": "work"})
    assert shop.site.heard[-1].replayed
    unknown: Any = {"charge": charge, "why": "x"}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        shop.api.refunds.create(unknown, {"idempotency_key": "parameters"})
    assert shop.api.refunds.create({"charge": charge}, {"idempotency_key": "parameters"}).amount == 300


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.api.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    shop.site.advance(DAY)
    assert shop.api.customers.create({"name": "Ada"}, {"idempotency_key": "k1"}).id != first.id


def test_many_at_once_with_one_key_do_the_work_once(shop: Shop) -> None:
    charge = shop.hands.charge_of(shop.subscribed(shop.price()).latest_invoice)["id"]

    def refund(_: int) -> str:
        client = shop.client_for(shop.key)
        try:
            return str(client.v1.refunds.create({"charge": charge}, {"idempotency_key": "r1"}).id)
        finally:
            client._requestor._get_http_client().close()  # its session belongs to this thread

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(refund, range(16)))
    assert len(made) == 1
    assert shop.api.charges.retrieve(charge).amount_refunded == 500
    assert shop.told().count("refund.created") == 1


# --- lists and expansions ---


def test_lists_are_walked_page_by_page_newest_first(shop: Shop) -> None:
    made = [shop.api.customers.create({"email": f"{n}@example.com"}).id for n in range(25)]
    first = shop.api.customers.list()
    assert (len(first.data), first.has_more) == (10, True)
    walked = [customer.id for customer in shop.api.customers.list({"limit": 7}).auto_paging_iter()]
    assert walked == made[::-1]
    back = shop.api.customers.list({"ending_before": walked[20], "limit": 3})
    assert ([customer.id for customer in back.data], back.has_more) == (walked[17:20], True)
    top = shop.api.customers.list({"ending_before": walked[2]})
    assert ([customer.id for customer in top.data], top.has_more) == (walked[:2], False)


def test_lists_are_filtered_by_time(shop: Shop) -> None:
    shop.api.customers.create({"email": "early@example.com"})
    shop.site.advance(100)
    late = shop.api.customers.create({"email": "late@example.com"})
    assert [c.email for c in shop.api.customers.list({"created": {"gte": late.created}}).data] == [
        "late@example.com"
    ]
    assert [c.email for c in shop.api.customers.list({"created": {"lt": late.created}}).data] == [
        "early@example.com"
    ]
    assert len(shop.api.customers.list({"created": late.created}).data) == 1


def test_a_page_goes_on_although_its_cursor_no_longer_fits_the_filter(shop: Shop) -> None:
    price = shop.price()
    made = [shop.subscribed(price).id for _ in range(3)]
    page = shop.api.subscriptions.list({"status": "active", "limit": 1})
    shop.hands.cancel_now(made[2])
    rest = shop.api.subscriptions.list({"status": "active", "starting_after": page.data[0].id})
    assert [subscription.id for subscription in rest.data] == [made[1], made[0]]


def test_ids_are_expanded_on_request(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price())
    plain = shop.subscription(subscription.id)
    assert isinstance(plain.latest_invoice, str)
    assert isinstance(plain["items"].data[0].price.product, str)
    full = shop.api.subscriptions.retrieve(
        subscription.id, {"expand": ["latest_invoice.payments", "customer", "items.data.price.product"]}
    )
    assert full.latest_invoice.payments.data[0].payment.type == "payment_intent"
    assert full.customer.email == "ada@example.com"
    assert full["items"].data[0].price.product.name == "Gold"
    listed = shop.api.subscriptions.list({"expand": ["data.latest_invoice"]})
    assert listed.data[0].latest_invoice.status == "paid"


@pytest.mark.parametrize("path", ["latest_invoice", "data.status", "data.nonsense", "data.a.b.c.d"])
def test_what_cannot_be_expanded_is_refused(shop: Shop, path: str) -> None:
    shop.subscribed(shop.price())
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        shop.api.subscriptions.list({"expand": [path]})


def test_a_list_of_ids_is_expanded_too(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 20, "duration": "forever"})
    subscription = shop.subscribed(shop.price(), discounts=[{"coupon": coupon.id}])
    read = shop.api.subscriptions.retrieve(subscription.id, {"expand": ["discounts.source.coupon"]})
    assert [discount.source.coupon.percent_off for discount in read.discounts] == [20]


def test_a_lookup_key_belongs_to_one_price_that_may_give_it_away(shop: Shop) -> None:
    first = shop.price(lookup_key="gold")
    with pytest.raises(stripe.InvalidRequestError, match="lookup key"):
        shop.price(lookup_key="gold")
    second = shop.price(lookup_key="gold", transfer_lookup_key=True)
    assert [one.id for one in shop.api.prices.list({"lookup_keys": ["gold"]})] == [second]
    assert shop.api.prices.retrieve(first).lookup_key is None


def test_fields_are_absent_until_they_are_asked_for(shop: Shop) -> None:
    session = shop.checkout(shop.price())
    with pytest.raises(AttributeError):
        _ = session.line_items
    asked = shop.api.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert asked.line_items.data[0].amount_total == 500
    assert shop.api.checkout.sessions.line_items.list(session.id).data[0].price.unit_amount == 500


def test_metadata_is_merged_and_unset(shop: Shop) -> None:
    customer = shop.api.customers.create({"metadata": {"a": "1", "b": "2"}})
    shop.api.customers.update(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert shop.api.customers.retrieve(customer.id).metadata.to_dict() == {"a": "1", "c": "3"}
    shop.api.customers.update(customer.id, {"metadata": ""})
    assert shop.api.customers.retrieve(customer.id).metadata.to_dict() == {}


def test_two_sites_with_one_seed_tell_the_same_story() -> None:
    def story() -> list[str]:
        with StripeSite(now=1_800_000_000, seed=7) as site:
            site.hands.foreign_subscription(site.hands.foreign_price()["id"])
            site.advance(40 * DAY)
            return [f"{event['id']} {event['type']}" for event in site.ledger.events]

    assert story() == story() != []
