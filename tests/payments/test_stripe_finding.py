"""Whatever reference Stripe gives, it leads to the purchase; and what nobody told is found by looking."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from channel.payments import hearing
from channel.payments.model import DAY_MS, Holding, Status
from channel.payments.stripe import adapter
from channel.payments.tables import holdings, ledger
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.stripe_site import Hands
from tests.payments.stripe_till import StripeTill, open_stripe_till

HOUR_MS = 3_600_000


@pytest.fixture
async def till(db: Database, clock: Clock) -> AsyncIterator[StripeTill]:
    async with open_stripe_till(db, clock) as opened:
        yield opened


async def bobs(till: StripeTill) -> Holding:
    gold, price = await till.tier("Gold", 10)
    return await till.buy(await till.scene.member("Bob"), gold, price)


async def test_every_reference_to_a_subscription_finds_it(till: StripeTill) -> None:
    holding = await bobs(till)
    [charge] = till.charges()
    [dispute] = [till.hands.dispute(str(charge["id"]))]
    till.hands.decide(dispute["id"], won=True)
    back = till.hands.refund(str(charge["id"]), 100)
    invoice = str(till.subscription(holding)["latest_invoice"])
    [session] = till.hands.all("checkout.session")
    names = [
        session["id"], holding.external_id, charge["payment_intent"], charge["id"], invoice, dispute["id"], back["id"],
    ]  # fmt: skip
    told = {(await till.held(str(name))).external_id for name in names}
    assert told == {holding.external_id}
    assert len({str(name).partition("_")[0] for name in names}) == 7


async def test_every_reference_to_what_was_paid_once_finds_it(till: StripeTill) -> None:
    await till.reconnect(invoices=True)
    bob = await till.scene.member("Bob")
    holding = await till.pay(await till.wish(bob, kind="tip", amount=300, currency="EUR", title="A tip"))
    [charge] = till.charges()
    [invoice] = till.hands.all("invoice")
    back = till.hands.refund(str(charge["id"]), 100)
    names = [holding.external_id, charge["payment_intent"], charge["id"], invoice["id"], back["id"]]
    assert {(await till.held(str(name))).external_id for name in names} == {holding.external_id}
    assert holding.external_id.startswith("cs_")


@pytest.mark.parametrize(
    "reference",
    ["", "sub_never_was", "cs_test_never", "pi_never", "in_never", "ch_never", "xx_never_was", "sub_../x", "sub_a/b", "x" * 400],
)  # fmt: skip
async def test_what_leads_nowhere_is_nothing(till: StripeTill, reference: str) -> None:
    assert await till.stripe.fetch(till.connection, reference) is None


async def test_what_others_sell_in_the_same_account_is_not_ours(till: StripeTill) -> None:
    await bobs(till)
    foreign = till.hands.foreign_subscription(till.hands.foreign_price()["id"])
    assert await till.stripe.fetch(till.connection, foreign["id"]) is None
    [_, charge] = till.charges()
    assert await till.stripe.fetch(till.connection, str(charge["id"])) is None


async def test_a_foreign_price_with_our_marks_makes_no_member(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    eve = await till.scene.member("Eve")
    order = await till.order(eve, gold, price)
    marks = {"channel_order": order.id, "channel_account": eve.id}
    cheap = till.hands.foreign_subscription(till.hands.foreign_price(1)["id"], metadata=marks)
    held = await till.held(cheap["id"])
    assert (held.order_id, held.price_id) == (order.id, None)
    assert await till.counter.refresh(till.connection.id, cheap["id"]) is None
    assert await till.rank(eve) == 0


async def test_a_switch_to_a_foreign_price_closes_and_back_opens(till: StripeTill) -> None:
    holding = await bobs(till)
    bob = till.scene.people["Bob"]
    [ours] = till.hands.all("price")
    till.hands.switch(holding.external_id, till.hands.foreign_price(1)["id"])
    assert (await till.fetch(holding.external_id)).price_id is None
    assert await till.rank(bob) == 0
    till.hands.switch(holding.external_id, ours["id"])
    await till.fetch(holding.external_id)
    assert await till.rank(bob) == 10


async def test_a_switch_in_stripes_own_pages_moves_the_tier(till: StripeTill) -> None:
    holding = await bobs(till)
    top, price = await till.tier("Top", 20, 900)
    await till.order(await till.scene.member("Eve"), top, price)
    [theirs] = till.hands.all("price", unit_amount=900)
    till.hands.switch(holding.external_id, theirs["id"])
    assert (await till.fetch(holding.external_id)).tier_id == top.id
    assert await till.rank(till.scene.people["Bob"]) == 20


async def test_the_other_mode_is_told_apart(db: Database, clock: Clock) -> None:
    async with open_stripe_till(db, clock, live=True) as till:
        gold, price = await till.tier("Gold", 10)
        order = await till.order(await till.scene.member("Bob"), gold, price)
        Hands(till.site.account.live).pay(order.external_id or "")
        held = await till.held(order.external_id or "")
        assert held.live
        foreign = till.hands.foreign_subscription(till.hands.foreign_price()["id"])
        assert await till.stripe.fetch(till.connection, foreign["id"]) is None, "it is in test mode"


async def told(till: StripeTill, since: int = 0) -> list[str]:
    return list(await till.stripe.recent(till.connection, since))


async def test_what_changed_is_listed_oldest_first_and_once(till: StripeTill) -> None:
    start = till.clock.now_ms
    first = await bobs(till)
    till.forward(HOUR_MS)
    tip = await till.wish(
        await till.scene.member("Eve"), kind="tip", amount=300, currency="EUR", title="A tip"
    )
    till.hands.pay(tip.external_id or "")
    assert await told(till, start) == [first.external_id, tip.external_id]
    assert await told(till, till.clock.now_ms) == [tip.external_id]
    assert await told(till, till.clock.now_ms + 1_000) == []


async def test_of_very_many_the_newest_are_listed(till: StripeTill, monkeypatch: pytest.MonkeyPatch) -> None:
    await bobs(till)
    bob = till.scene.people["Bob"]
    monkeypatch.setattr(adapter, "MAX_EVENTS", 150)
    orders = [
        await till.wish(bob, key=f"t{n}", kind="tip", amount=300, currency="EUR", title="A tip")
        for n in range(151)
    ]
    for order in orders:
        till.hands.pay(order.external_id or "")
    assert await told(till) == [order.external_id for order in orders[1:]]


async def test_what_nobody_told_is_found_within_the_hour(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    till.hands.pay(order.external_id or "")
    async with till.db.write() as tx:
        await hearing.sweep(tx)
    await till.work()
    assert await till.rank(bob) == 10

    [charge] = till.charges()
    till.hands.refund(str(charge["id"]))
    till.forward(hearing.RECONCILE_MS)
    async with till.db.write() as tx:
        await hearing.sweep(tx)
    await till.work()
    assert await till.rank(bob) == 0


async def test_money_is_written_once_however_often_it_is_looked_at(till: StripeTill) -> None:
    holding = await bobs(till)
    till.forward(32 * DAY_MS)
    [second, *_] = reversed(till.charges())
    till.hands.refund(str(second["id"]), 100)
    for reference in (
        holding.external_id,
        str(second["id"]),
        str(second["payment_intent"]),
        holding.external_id,
    ):
        await till.fetch(reference)
    async with till.db.read() as tx:
        money = ledger.c.kind.in_(("charge", "refund", "dispute", "dispute_won", "failed"))
        rows = await tx.all(select(ledger.c.kind, ledger.c.amount).where(money).order_by(ledger.c.at))
        assert await tx.value(select(func.count()).select_from(holdings)) == 1
    assert [tuple(row) for row in rows] == [("charge", 500), ("charge", 500), ("refund", -100)]


async def test_two_subscriptions_of_one_person_keep_their_money_apart(till: StripeTill) -> None:
    first = await bobs(till)
    top, price = await till.tier("Top", 20, 900)
    second = await till.buy(till.scene.people["Bob"], top, price, key="two")
    assert first.customer == second.customer
    assert [fact.amount for fact in await till.facts(first.external_id, "charge")] == [500]
    assert [fact.amount for fact in await till.facts(second.external_id, "charge")] == [900]
    [charge] = await till.facts(second.external_id, "charge")
    till.hands.refund(charge.external_id)
    assert (await till.fetch(first.external_id)).status is Status.ACTIVE
    assert (await till.fetch(second.external_id)).status is Status.REFUNDED
    assert await till.rank(till.scene.people["Bob"]) == 10
