"""Money that goes back, the portal, and books that stay in order whatever happens."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.payments.stripe_shop import DAY, Shop, error_of, open_shop
from tests.payments.stripe_site import StripeSite, standings
from tests.payments.stripe_site.shapes import complaints


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


# --- money back ---


def test_a_charge_is_refunded_in_parts_and_not_beyond(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price())
    charge = shop.hands.charge_of(subscription.latest_invoice)["id"]
    shop.api.refunds.create({"charge": charge, "amount": 200, "metadata": {"account": "a1"}})
    assert not shop.api.charges.retrieve(charge).refunded
    with pytest.raises(stripe.InvalidRequestError, match=r"Refund amount \(4.00 eur\) is greater"):
        shop.api.refunds.create({"charge": charge, "amount": 400})
    shop.hands.refund(charge)
    with pytest.raises(stripe.InvalidRequestError) as raised:
        shop.api.refunds.create({"payment_intent": shop.hands.look(charge)["payment_intent"]})
    assert error_of(raised.value)["code"] == "charge_already_refunded"
    whole = shop.api.charges.retrieve(charge, {"expand": ["refunds"]})
    assert (whole.refunded, whole.amount_refunded, [r.amount for r in whole.refunds.data]) == (
        True,
        500,
        [300, 200],
    )
    assert (shop.status(subscription.id), shop.latest(subscription.id).status) == ("active", "paid")
    standing = standings(shop.site.ledger)[0]
    assert (standing.paid, standing.refunded, standing.paid_until) == (500, 500, None)


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_and_gives_it_back_only_if_won(shop: Shop, won: bool) -> None:
    subscription = shop.subscribed(shop.price())
    charge = shop.hands.charge_of(subscription.latest_invoice)["id"]
    dispute = shop.hands.dispute(charge)["id"]
    assert shop.api.charges.retrieve(charge).disputed
    assert standings(shop.site.ledger)[0].disputed
    with pytest.raises(stripe.InvalidRequestError) as raised:
        shop.api.refunds.create({"charge": charge})
    assert error_of(raised.value)["code"] == "charge_disputed"
    shop.hands.decide(dispute, won=won)
    assert shop.api.disputes.list({"charge": charge}).data[0].status == ("won" if won else "lost")
    back = ["charge.dispute.funds_reinstated"] if won else []
    assert shop.told()[-3:][-len(back) - 1 :] == [*back, "charge.dispute.closed"]
    assert (standings(shop.site.ledger)[0].paid_until is not None) == won
    assert shop.status(subscription.id) == "active"


def test_a_dispute_may_end_the_subscription_by_the_accounts_rule(shop: Shop) -> None:
    shop.site.account.policy.on_dispute = "cancel"
    subscription = shop.subscribed(shop.price())
    shop.hands.dispute(shop.hands.charge_of(subscription.latest_invoice)["id"])
    over = shop.subscription(subscription.id)
    assert (over.status, over.cancellation_details.reason) == ("canceled", "payment_disputed")


def test_the_balance_counts_what_came_in_less_fees_and_what_went_back(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price(10_000))
    shop.hands.refund(shop.hands.charge_of(subscription.latest_invoice)["id"], 1_000)
    assert shop.api.balance.retrieve().pending[0].amount == 10_000 - 175 - 1_000
    assert [entry.type for entry in shop.api.balance_transactions.list().data] == ["refund", "charge"]


# --- the portal ---


def test_the_portal_opens_for_a_customer_when_it_is_set_up(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price())
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}}
    values: Any = {
        "customer": subscription.customer,
        "return_url": "https://channel.test/me",
        "flow_data": flow,
    }
    session = shop.api.billing_portal.sessions.create(values)
    assert session.url.startswith("https://billing.stripe.com/p/session/test_")
    assert session.flow.subscription_cancel.subscription == subscription.id
    shop.site.account.policy.portal_ready = False
    with pytest.raises(stripe.InvalidRequestError, match="default configuration has not been created"):
        shop.api.billing_portal.sessions.create({"customer": subscription.customer})


# --- what is not ours ---


def test_the_owner_can_sell_other_things_beside_us(shop: Shop) -> None:
    foreign = shop.hands.foreign_subscription(shop.hands.foreign_price()["id"])
    assert (foreign["status"], foreign["metadata"]) == ("active", {})
    ours = shop.subscribed(shop.price(), subscription_data={"metadata": {"account": "a1"}})
    assert [standing.id for standing in standings(shop.site.ledger, metadata={"account": "a1"})] == [ours.id]


# --- anything goes ---


def turn(site: StripeSite, dice: random.Random, prices: list[str]) -> None:
    """One thing that people or time do to a subscription, if it can be done to it now."""
    hands, ledger = site.hands, site.ledger
    alive = [s for s in hands.all("subscription") if s["status"] in ("active", "past_due", "trialing")]
    if not alive or dice.random() < 0.15:
        hands.foreign_subscription(dice.choice(prices), dice.choice([s["customer"] for s in alive] or [None]))
        return
    subscription = dice.choice(alive)
    charges = hands.all(
        "charge", customer=subscription["customer"], status="succeeded", disputed=False, refunded=False
    )
    disputes = hands.all("dispute", status="needs_response")
    acts: list[Any] = [
        lambda: hands.switch(
            subscription["id"],
            dice.choice(prices),
            behaviour=dice.choice(["none", "always_invoice", "create_prorations"]),
        ),
        lambda: hands.cancel_at_period_end(subscription["id"]),
        lambda: hands.return_before_the_end(subscription["id"]),
        lambda: hands.cancel_now(subscription["id"]),
        lambda: hands.pause_collection(
            subscription["id"], dice.choice(["void", "keep_as_draft", "mark_uncollectible"])
        ),
        lambda: hands.resume_collection(subscription["id"]),
        lambda: hands.card(subscription["customer"], dice.choice(["works", "declines"])),
        lambda: hands.new_card(subscription["id"]),
        lambda: hands.delete_customer(subscription["customer"]),
        lambda: charges and hands.refund(dice.choice(charges)["id"], dice.choice([None, 1, 100])),
        lambda: charges and hands.dispute(dice.choice(charges)["id"]),
        lambda: disputes and hands.decide(dice.choice(disputes)["id"], won=dice.random() < 0.5),
        *[lambda: ledger.advance(dice.randint(1, 40 * DAY))] * 6,
    ]
    dice.choice(acts)()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_books_are_in_order(seed: int) -> None:
    dice = random.Random(seed)
    with StripeSite(now=1_800_000_000, seed=seed) as site:
        site.account.policy.after_retries = dice.choice(["cancel", "unpaid", "past_due"])
        every = ("month", "year")
        prices = [
            site.hands.foreign_price(dice.randint(100, 5_000), interval=dice.choice(every))["id"]
            for _ in range(4)
        ]
        for _ in range(60):
            turn(site, dice, prices)
        site.ledger.advance(400 * DAY)
        things = [thing for rows in site.ledger.tables.values() for thing in rows.values()]
        assert [word for thing in things for word in complaints(thing)] == []
        came_in = sum(entry["amount"] for entry in site.hands.all("balance_transaction", type="charge"))
        assert came_in == sum(invoice["amount_paid"] for invoice in site.hands.all("invoice")) > 0
        for standing in standings(site.ledger):
            assert standing.refunded <= standing.paid
            assert (standing.status == "canceled") == (standing.ended_at is not None)
            assert standing.status == "canceled" or (standing.period_end or 0) > site.ledger.now
