"""When Stripe is away, slow, or refuses: each in its words, nothing half-done, and no word of Stripe's own."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channel.errors import ChannelError, Conflict, Forbidden, Invalid, Unavailable
from channel.payments import queries
from channel.payments.model import Connection, Keys, Status
from channel.payments.stripe import line
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.stripe_till import StripeTill, open_stripe_till


@pytest.fixture
async def till(db: Database, clock: Clock) -> AsyncIterator[StripeTill]:
    async with open_stripe_till(db, clock) as opened:
        yield opened


def with_key(till: StripeTill, key: str) -> Connection:
    return replace(till.connection, keys=Keys(key, till.connection.keys.webhook))


async def test_a_server_that_nobody_connected_does_not_load_the_library() -> None:
    code = "import sys, channel.app; print('stripe' in sys.modules, 'requests' in sys.modules)"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("kind", ["error", "rate", "hang", "refused"])
async def test_when_stripe_is_away_nothing_is_begun(
    till: StripeTill, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "READ_S", 0.2)
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    trouble = till.site.refusing() if kind == "refused" else till.site.trouble(kind)
    with trouble, pytest.raises(Unavailable, match="Try again"):
        await till.order(bob, gold, price)
    assert till.hands.all("checkout.session") == []
    holding = await till.buy(bob, gold, price, key="later")
    assert (holding.status, await till.rank(bob)) == (Status.ACTIVE, 10)


async def test_what_is_held_stays_as_it_is_while_stripe_is_away(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    with till.site.trouble("error"):
        for act in (
            till.counter.refresh(till.connection.id, holding.external_id),
            till.counter.cancel(holding),
            till.counter.pause(holding),
            till.counter.stop_all(bob.id),
            till.counter.portal(holding, "/"),
        ):
            with pytest.raises(Unavailable):
                await act
    assert (await till.rank(bob), till.subscription(holding)["status"]) == (10, "active")


async def test_an_answer_that_got_lost_is_asked_for_again_and_the_work_is_done_once(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    with till.site.trouble("lost", verb="post", path="/v1/prices", times=1):
        with till.site.trouble("lost", verb="post", path="/v1/checkout", times=1):
            holding = await till.buy(bob, gold, price)
    assert len(till.hands.all("price")) == len(till.hands.all("checkout.session")) == 1
    [charge] = await till.facts(holding.external_id, "charge")
    with till.site.trouble("lost", verb="post", path="/v1/refunds", times=1):
        await till.counter.refund(holding, charge.external_id, 200, "form")
    assert [fact.amount for fact in await till.facts(holding.external_id, "refund")] == [200]


async def test_the_same_key_is_the_same_act(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    [charge] = await till.facts(holding.external_id, "charge")
    await asyncio.gather(
        *(till.stripe.refund(till.connection, charge.external_id, 200, key="k") for _ in range(4))
    )
    assert [fact.amount for fact in await till.facts(holding.external_id, "refund")] == [200]
    with pytest.raises(Conflict, match="other details"):
        await till.stripe.refund(till.connection, charge.external_id, 100, key="k")


async def test_only_a_few_threads_wait_for_stripe(till: StripeTill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "READ_S", 0.3)
    with till.site.trouble("hang"):
        waiting = [
            asyncio.ensure_future(till.stripe.fetch(till.connection, f"sub_never{n}")) for n in range(12)
        ]
        await asyncio.sleep(0.1)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 0.1) == "free"
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_key_that_was_revoked_is_told_to_the_creator(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    till.site.account.revoke(till.connection.keys.api)
    with pytest.raises(Forbidden, match="does not accept the secret key") as refused:
        await till.order(bob, gold, price)
    assert refused.value.code == "provider_key"
    async with till.db.read() as tx:
        stored = await queries.connection(tx, till.connection.id)
    assert stored.problem == refused.value.detail


@pytest.mark.parametrize(
    "key", ["", "sk_test_", "pk_test_51abcdefghijk", "sk_test_51abc\ndefghijklm", "whsec_abcdefgh"]
)
async def test_what_is_no_key_is_not_sent_anywhere(till: StripeTill, key: str) -> None:
    heard = len(till.site.heard)
    with pytest.raises(Forbidden) as refused:
        await till.stripe.fetch(with_key(till, key), "sub_never_was")
    assert (refused.value.code, len(till.site.heard)) == ("provider_key", heard)


async def test_a_permission_that_is_missing_is_named_as_stripe_names_it(till: StripeTill) -> None:
    connection = with_key(till, till.site.account.restricted_key("subscription_read"))
    with pytest.raises(Forbidden, match="“Charges and Refunds: read”") as refused:
        await till.stripe.fetch(connection, "ch_never_was")
    assert refused.value.code == "provider_key"
    with pytest.raises(Forbidden, match="“Customer portal: write”"):
        await till.stripe.portal(connection, "cus_1", "http://channel.test/")


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        (30, "EUR", "amount"),
        (99_999_999, "ISK", "amount"),
        (5_121, "KWD", "amount"),
        (500, "IQD", "currency"),
    ],
)
async def test_an_amount_or_a_currency_that_stripe_does_not_take_is_named(
    till: StripeTill, amount: int, currency: str, field: str
) -> None:
    bob = await till.scene.member("Bob")
    with pytest.raises(Invalid) as refused:
        await till.wish(bob, kind="tip", amount=amount, currency=currency, title="A tip")
    assert set(refused.value.fields) == {field}


async def test_a_price_that_was_archived_at_stripe_is_named(till: StripeTill) -> None:
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    await till.order(bob, gold, price)
    [there] = till.hands.all("price")
    till.site.ledger.tables["price"][there["id"]]["active"] = False
    with pytest.raises(Invalid, match="archived"):
        await till.order(bob, gold, price, key="two")


async def test_taxes_that_are_not_set_up_are_named(till: StripeTill) -> None:
    till.site.account.policy.tax_ready = False
    await till.reconnect(tax=True)
    gold, price = await till.tier("Gold", 10)
    with pytest.raises(Invalid) as refused:
        await till.order(await till.scene.member("Bob"), gold, price)
    assert set(refused.value.fields) == {"tax"}


async def test_no_word_of_stripes_own_and_no_key_leaves(
    till: StripeTill, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    holding = await till.buy(bob, gold, price)
    weak = with_key(till, till.site.account.restricted_key("customer_read"))
    told: list[str] = []
    for connection in (till.connection, weak):
        for act in (
            till.stripe.pause(connection, "sub_never_was", key="k"),
            till.stripe.refund(connection, "ch_never_was", 9_999, key="k"),
            till.stripe.cancel(connection, "sub_never_was", at_once=True, key="k"),
            till.stripe.portal(connection, "cus_never", "not an address"),
        ):
            with pytest.raises(ChannelError) as refused:
                await act
            told.append(f"{refused.value!r} {refused.value.__cause__!r} {refused.value.facts}")
            assert refused.value.__suppress_context__
    said = "\n".join([*told, *(record.getMessage() for record in caplog.records)])
    secret = till.connection.keys.api
    for hidden in (
        secret,
        secret[-4:],
        weak.keys.api[-4:],
        "No such",
        "ada@example.com",
        "4242",
        holding.customer,
    ):
        assert hidden not in said, hidden
    assert secret not in repr(till.connection)
