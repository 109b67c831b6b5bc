"""Buying through Stripe: what the checkout asks for, what is held of it, and what it opens."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from channel.errors import Conflict
from channel.members.tables import unlocks
from channel.payments import vouchers
from channel.payments.model import DAY_MS, Details, Status
from channel.payments.periods import after
from channel.payments.provider import Discount, Purchase
from channel.payments.tables import coupons, ledger, price_links
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.stripe_till import URL, StripeTill, open_stripe_till
from tests.posts.writing import post as write_post

HOUR_MS = 3_600_000


@pytest.fixture
async def till(db: Database, clock: Clock) -> AsyncIterator[StripeTill]:
    async with open_stripe_till(db, clock) as opened:
        yield opened


async def test_what_is_paid_opens_and_what_is_only_begun_does_not(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    assert await till.rank(bob) == 0
    assert await till.counter.refresh(till.connection.id, order.external_id or "") is None

    holding = await till.pay(order)
    assert (holding.status, holding.amount, holding.monthly) == (Status.ACTIVE, 500, 500)
    assert holding.period_end == after(till.clock.now_ms, "month", 1)
    assert (await till.rank(bob), (await till.stored(order)).state) == (10, "paid")


async def test_the_order_is_written_onto_everything_that_comes_of_it(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    holding = await till.pay(order)
    marks = {
        "channel_order": order.id, "channel_account": bob.id, "channel_community": till.scene.community.id,
    }  # fmt: skip
    session = till.hands.look(order.external_id or "")
    assert session["metadata"] == till.subscription(holding)["metadata"] == marks
    assert session["client_reference_id"] == order.id
    assert session["success_url"] == f"{URL}/pay/{order.id}"
    assert session["expires_at"] * 1000 == order.expires_at
    assert session["locale"] == "en"

    tip = await till.pay(await till.wish(bob, key="t", kind="tip", amount=300, currency="EUR", title="A tip"))
    [charge] = [one for one in till.charges() if one["amount"] == 300]
    intent = till.hands.look(str(charge["payment_intent"]))
    assert intent["metadata"]["channel_order"] == tip.order_id


async def test_many_who_buy_the_same_make_one_price_at_stripe(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    people = [await till.scene.member(f"P{n}") for n in range(4)]
    await asyncio.gather(*(till.order(one, gold, price) for one in people))
    await till.order(people[0], gold, price, key="again")
    assert len(till.hands.all("price")) == len(till.hands.all("product")) == 1
    async with till.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(price_links)) == 1
    [product] = till.hands.all("product")
    assert (product["name"], product["active"]) == ("Gold", True)


async def test_a_price_that_we_forgot_is_found_again_at_stripe(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.order(bob, gold, price)
    async with till.db.write() as tx:
        await tx.run(price_links.delete())
    holding = await till.buy(bob, gold, price, key="again")
    assert (len(till.hands.all("price")), holding.price_id) == (1, price.id)


async def test_whoever_pays_what_they_want_has_a_price_of_their_own(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 300, open=True)
    bob, eve = await till.scene.member("Bob"), await till.scene.member("Eve")
    modest = await till.buy(bob, gold, price)
    rich = await till.buy(eve, gold, price, amount=2_000)
    assert (modest.amount, rich.amount) == (300, 2_000)
    assert modest.price_id == rich.price_id == price.id
    assert [charge["amount"] for charge in till.charges()] == [300, 2_000]


@pytest.mark.parametrize(("interval", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
async def test_it_is_charged_again_after_the_interval(till: StripeTill, interval: str, months: int) -> None:
    gold, price = await till.tier("Gold", 10, 1_200, interval=interval)
    bob = await till.scene.member("Bob")
    start = till.clock.now_ms
    holding = await till.buy(bob, gold, price)
    assert (holding.interval, holding.monthly) == (interval, 1_200 // months)
    assert holding.period_end == after(start, "month", months)
    till.forward(holding.period_end - start + 2 * HOUR_MS)
    assert len(await till.facts(holding.external_id, "charge")) == 2


async def test_a_trial_asks_for_a_card_and_charges_at_its_end(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price, trial_days=7)
    assert till.hands.look(order.external_id or "")["payment_method_collection"] == "always"
    holding = await till.pay(order)
    assert (holding.status, holding.monthly, await till.rank(bob)) == (Status.TRIAL, 0, 10)
    assert holding.trial_end == till.clock.now_ms + 7 * DAY_MS
    assert await till.facts(holding.external_id, "charge") == []
    till.forward(7 * DAY_MS + 2 * HOUR_MS)
    holding = await till.fetch(holding.external_id)
    assert (holding.status, holding.monthly) == (Status.ACTIVE, 500)
    assert len(await till.facts(holding.external_id, "charge")) == 1


async def test_what_is_paid_once_lasts_its_days(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 2_500, interval="once", days=30)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    assert (holding.interval, holding.monthly, holding.price_id) == ("once", 0, price.id)
    assert holding.access_until == till.clock.now_ms + 30 * DAY_MS
    till.forward(30 * DAY_MS)
    assert await till.rank(bob) == 0


async def test_what_is_paid_once_for_life_never_ends(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 25_000, interval="once")
    bob = await till.scene.member("Bob")
    await till.buy(bob, gold, price)
    till.forward(3_000 * DAY_MS)
    assert await till.rank(bob) == 10


async def test_a_bought_gift_is_made_when_it_is_paid(till: StripeTill) -> None:
    gold, _ = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    given = {"kind": "gift", "amount": 1_500, "currency": "EUR", "tier": gold, "days": 90, "title": "Gold"}
    order = await till.wish(bob, details=Details(to_name="Eve"), **given)
    async with till.db.read() as tx:
        assert await vouchers.of_order(tx, order.id) is None
    holding = await till.pay(order)
    async with till.db.read() as tx:
        made = await vouchers.of_order(tx, order.id)
    assert made is not None
    assert (made.state, made.days) == ("open", 90)
    [charge] = await till.facts(holding.external_id, "charge")
    await till.counter.refund(holding, charge.external_id, None, "form")
    async with till.db.read() as tx:
        made = await vouchers.of_order(tx, order.id)
    assert made is not None
    assert made.state == "revoked"


async def test_a_single_post_opens_and_closes_with_its_money(till: StripeTill) -> None:
    bob = await till.scene.member("Bob")
    post = await write_post(till.scene, "Secret")
    given = {"kind": "unlock", "amount": 300, "currency": "EUR", "post_id": post.id, "title": "A post"}
    holding = await till.pay(await till.wish(bob, **given))

    async def opened() -> bool:
        async with till.db.read() as tx:
            return bool(await tx.all(select(unlocks.c.post_id).where(unlocks.c.revoked_at.is_(None))))

    assert await opened()
    [charge] = await till.facts(holding.external_id, "charge")
    till.hands.dispute(charge.external_id)
    await till.fetch(holding.external_id)
    assert not await opened()


async def test_a_tip_opens_nothing_and_stands_in_the_ledger(till: StripeTill) -> None:
    bob = await till.scene.member("Bob")
    holding = await till.pay(await till.wish(bob, kind="tip", amount=300, currency="EUR", title="A tip"))
    assert (holding.status, holding.customer[:4], await till.rank(bob)) == (Status.ACTIVE, "cus_", 0)
    async with till.db.read() as tx:
        rows = await tx.all(select(ledger.c.kind, ledger.c.amount, ledger.c.link))
    [(kind, amount, link)] = [tuple(row) for row in rows]
    assert (kind, amount) == ("charge", 300)
    assert link.startswith("https://pay.stripe.com/receipts/")


OFF = Discount(code="SPRING", percent=20, amount=0, currency=None, periods=1)


async def coupon(till: StripeTill, discount: Discount) -> dict[str, object]:
    """What an order with a coupon is given."""
    async with till.db.write() as tx:
        row = {
            "id": discount.code, "community_id": till.scene.community.id, "code": discount.code, "label": "",
            "kind": "percent", "value": 20, "currency": None, "periods": discount.periods, "tier_id": None,
            "max_uses": None, "uses": 0, "state": "open", "retention": False, "expires_at": None, "created_at": 0,
        }  # fmt: skip
        await tx.run(coupons.insert().values(**row))
    return {"coupon_id": discount.code, "discount": discount}


@pytest.mark.parametrize(
    ("periods", "trial_days", "charged", "amount"),
    [
        (1, 0, [400, 500, 500, 500], 500),
        (2, 0, [400, 400, 500, 500], 500),
        (None, 0, [400, 400, 400, 400], 400),
        (1, 10, [400, 500, 500, 500], 500),
        (2, 10, [400, 400, 500, 500], 500),
        (2, 45, [400, 400, 500, 500], 500),
    ],
)
async def test_a_coupon_takes_off_as_many_charges_as_it_says(
    till: StripeTill, periods: int | None, trial_days: int, charged: list[int], amount: int
) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    discount = Discount(code="SPRING", percent=20, amount=0, currency=None, periods=periods)
    terms = await coupon(till, discount)
    holding = await till.buy(bob, gold, price, trial_days=trial_days, **terms)
    till.forward((trial_days + 3 * 31 + 5) * DAY_MS)
    assert [fact.amount for fact in await till.facts(holding.external_id, "charge")][:4] == charged
    assert (await till.held(holding.external_id)).amount == amount


async def test_the_same_terms_are_one_coupon_at_stripe(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    quarterly = await till.price(gold, 1_200, interval="quarter")
    bob, eve = await till.scene.member("Bob"), await till.scene.member("Eve")
    terms = await coupon(till, OFF)
    await till.buy(bob, gold, price, **terms)
    await till.buy(eve, gold, quarterly, **terms)
    [made] = till.hands.all("coupon")
    assert (made["name"], made["percent_off"], made["times_redeemed"]) == ("SPRING", 20, 2)


async def test_an_amount_off_counts_for_what_is_paid_once(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 2_500, interval="once")
    bob = await till.scene.member("Bob")
    terms = await coupon(till, Discount(code="FIVE", percent=0, amount=500, currency="EUR", periods=None))
    holding = await till.buy(bob, gold, price, **terms)
    assert [fact.amount for fact in await till.facts(holding.external_id, "charge")] == [2_000]
    assert holding.amount == 2_000


async def test_all_off_opens_without_a_charge(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 2_500, interval="once")
    bob = await till.scene.member("Bob")
    terms = await coupon(till, Discount(code="FREE", percent=100, amount=0, currency=None, periods=None))
    holding = await till.buy(bob, gold, price, **terms)
    assert (holding.status, holding.amount, await till.rank(bob)) == (Status.ACTIVE, 0, 10)


async def test_taxes_and_invoices_are_asked_for_when_the_creator_wants_them(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    plain = till.hands.look((await till.order(bob, gold, price)).external_id or "")
    assert (plain["automatic_tax"]["enabled"], plain.get("tax_id_collection")) == (False, None)
    tip = {"kind": "tip", "amount": 300, "currency": "EUR", "title": "A tip"}
    plain = till.hands.look((await till.wish(bob, key="tip", **tip)).external_id or "")
    assert plain["invoice_creation"]["enabled"] is False

    till.site.account.policy.tax_percent = 19
    await till.reconnect(tax=True, invoices=True)
    order = await till.order(bob, gold, price, key="taxed")
    taxed = till.hands.look(order.external_id or "")
    assert taxed["automatic_tax"]["enabled"]
    assert taxed["tax_id_collection"]["enabled"]
    await till.pay(order)
    tipped = await till.pay(await till.wish(bob, key="tax", **tip))
    [charge] = await till.facts(tipped.external_id, "charge")
    assert charge.link.startswith("https://invoice.stripe.com/")


async def test_who_bought_before_is_the_same_customer(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    first = await till.pay(await till.wish(bob, kind="tip", amount=300, currency="EUR", title="A tip"))
    second = await till.buy(bob, gold, price, key="two")
    assert first.customer == second.customer
    assert len(till.hands.all("customer")) == 1


async def test_who_is_no_customer_any_more_becomes_one_again(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    first = await till.buy(bob, gold, price)
    till.hands.delete_customer(first.customer)
    second = await till.buy(bob, gold, price, key="two")
    assert first.customer != second.customer
    assert (await till.fetch(first.external_id)).status is Status.ENDED
    assert await till.rank(bob) == 10


async def test_another_currency_is_another_customer(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    francs = await till.price(gold, 600, currency="CHF")
    bob = await till.scene.member("Bob")
    first = await till.buy(bob, gold, price)
    second = await till.buy(bob, gold, francs, key="two")
    assert (second.currency, first.customer == second.customer) == ("CHF", False)


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"), [("JPY", 500, 500), ("ISK", 500, 50_000), ("KWD", 5_120, 5_120)]
)
async def test_currencies_without_hundredths(till: StripeTill, currency: str, ours: int, theirs: int) -> None:
    gold, price = await till.tier("Gold", 10, ours, currency=currency)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    assert [charge["amount"] for charge in till.charges()] == [theirs]
    assert (holding.amount, holding.currency) == (ours, currency)
    assert [fact.amount for fact in await till.facts(holding.external_id, "charge")] == [ours]


async def test_a_declined_card_leaves_the_checkout_open(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    till.hands.decline(order.external_id or "")
    assert (await till.counter.look(order)).state == "open"
    holding = await till.pay(order)
    assert [fact.kind for fact in (await till.held(holding.external_id)).facts] == ["charge"]


async def test_a_checkout_that_is_given_up_is_closed_at_stripe(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    await till.stripe.close_checkout(till.connection, order.external_id or "")
    assert till.hands.look(order.external_id or "")["status"] == "expired"
    await till.stripe.close_checkout(till.connection, order.external_id or "")
    await till.stripe.close_checkout(till.connection, "cs_test_never_made")
    till.forward(2 * HOUR_MS)
    await till.work()
    assert (await till.stored(order)).state == "abandoned"

    paid = await till.order(bob, gold, price, key="two")
    await till.pay(paid)
    await till.stripe.close_checkout(till.connection, paid.external_id or "")
    assert await till.rank(bob) == 10


async def test_an_order_that_is_nearly_over_opens_no_checkout(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    order = await till.order(await till.scene.member("Bob"), gold, price)
    purchase = Purchase(
        order=order, title="Gold", language="de", email=None, customer=None, discount=None, success_url=URL,
        cancel_url=URL,
    )  # fmt: skip
    till.forward(31 * 60_000)
    with pytest.raises(Conflict, match="over"):
        await till.stripe.checkout(till.connection, purchase, "late")


async def test_a_bank_debit_opens_when_it_arrives(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 2_500, interval="once")
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    holding = await till.pay(order, slowly=True)
    assert (holding.status, await till.rank(bob)) == (Status.PENDING, 0)
    till.forward(2 * HOUR_MS)
    await till.work()
    assert (await till.stored(order)).state == "abandoned", "nothing came in its time"
    [intent] = till.hands.all("payment_intent")
    till.hands.settle(intent["id"])
    assert (await till.fetch(holding.external_id)).status is Status.ACTIVE
    assert (await till.rank(bob), (await till.stored(order)).state) == (10, "paid")


async def test_a_bank_debit_that_bounces_was_never_paid(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10, 2_500, interval="once")
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    holding = await till.pay(order, slowly=True)
    [intent] = till.hands.all("payment_intent")
    till.hands.bounce(intent["id"])
    assert (await till.fetch(holding.external_id)).status is Status.ENDED
    assert (await till.stored(order)).state == "open"


async def test_who_walks_away_at_the_bank_has_nothing(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    begun = till.hands.leave_at_the_bank(order.external_id or "")
    holding = await till.fetch(begun["id"])
    assert (holding.status, await till.rank(bob)) == (Status.PENDING, 0)
    till.forward(25 * HOUR_MS)
    assert (await till.fetch(begun["id"])).status is Status.ENDED
    await till.work()
    assert (await till.stored(order)).state == "abandoned"
    assert await till.facts(begun["id"], "failed") == []
