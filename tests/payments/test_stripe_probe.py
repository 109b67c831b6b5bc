"""The live check of a connection: what is wrong with key, account, mode and webhook, each with its remedy."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from channel.errors import Unavailable
from channel.payments.model import Connection, Keys
from channel.payments.provider import Probe
from channel.payments.stripe.hints import TYPES
from channel.payments.stripe.probing import TRIES
from channel.payments.stripe.refusals import PERMISSIONS
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.stripe_till import StripeTill, open_stripe_till

GUIDE = Path(__file__).parents[2] / "docs" / "payments" / "stripe.md"
ALL = ("accounts_kyc_basic_read", "webhook_read", *(permission for permission, _ in TRIES))


@pytest.fixture
async def till(db: Database, clock: Clock) -> AsyncIterator[StripeTill]:
    async with open_stripe_till(db, clock) as opened:
        yield opened


async def probe(till: StripeTill, key: str | None = None, **changed: object) -> Probe:
    keys = till.connection.keys if key is None else Keys(key, till.connection.keys.webhook)
    connection: Connection = replace(till.connection, **({"keys": keys} | changed))  # type: ignore[arg-type]
    return await till.stripe.probe(connection, till.counter.hook_url(till.connection))


async def test_all_is_well(till: StripeTill) -> None:
    found = await probe(till)
    assert found == Probe(account=till.site.account.id, name="Studio Nord", live=False)


async def test_a_restricted_key_with_all_that_we_need_is_enough_for_everything(till: StripeTill) -> None:
    key = till.site.account.restricted_key(*ALL)
    assert (await probe(till, key)).problems == ()
    till.connection = replace(till.connection, keys=Keys(key, till.connection.keys.webhook))
    gold, price = await till.tier("Gold", 10)
    bob = await till.scene.member("Bob")
    order = await till.order(bob, gold, price)
    till.hands.pay(order.external_id or "")
    held = await till.stripe.fetch(till.connection, order.external_id or "")
    assert held is not None


@pytest.mark.parametrize("lacking", ALL)
async def test_each_permission_that_a_restricted_key_lacks_is_named(till: StripeTill, lacking: str) -> None:
    what, _, right = lacking.rpartition("_")
    others = {
        one for one in ALL if not one.startswith(f"{what}_") or (right == "write" and one == f"{what}_read")
    }
    [problem] = (await probe(till, till.site.account.restricted_key(*others))).problems
    assert problem.startswith("The restricted key lacks permissions.")
    assert f"{PERMISSIONS[what]}: {right}" in problem


async def test_looking_at_what_a_key_may_do_changes_nothing(till: StripeTill) -> None:
    before = len(till.site.ledger.events)
    await probe(till, till.site.account.restricted_key(*ALL))
    assert len(till.site.ledger.events) == before
    for kind in ("checkout.session", "product", "price", "coupon", "refund", "customer"):
        assert till.hands.all(kind) == []


async def test_the_account_is_known_even_where_the_key_may_not_ask_for_it(till: StripeTill) -> None:
    key = till.site.account.restricted_key(*(one for one in ALL if not one.startswith("accounts_")))
    found = await probe(till, key)
    assert (found.account, found.name) == (till.site.account.id, "")


@pytest.mark.parametrize(
    ("key", "words"),
    [("pk_live_51abcdefghijkl", "publishable key"), ("nonsense", "begins with sk_"), ("", "Copy it again")],
)
async def test_what_is_no_secret_key_is_told(till: StripeTill, key: str, words: str) -> None:
    [problem] = (await probe(till, key)).problems
    assert words in problem


async def test_a_key_that_stripe_does_not_know_is_told(till: StripeTill) -> None:
    [problem] = (await probe(till, "sk_live_51neverneverneverland")).problems
    assert "does not accept the secret key" in problem


async def test_an_account_that_may_not_charge_yet_is_told(till: StripeTill) -> None:
    till.site.account.charges_enabled = False
    [problem] = (await probe(till)).problems
    assert "Finish its set-up" in problem


async def test_another_account_or_mode_than_the_connected_one_is_told(till: StripeTill) -> None:
    other = till.site.open_account(name="Other")
    problems = (await probe(till, other.secret_key())).problems
    assert "another Stripe account" in problems[0]
    live = await probe(till, till.site.account.secret_key(livemode=True))
    assert live.live
    assert "other mode" in live.problems[0]
    fresh = await probe(till, till.site.account.secret_key(livemode=True), account="")
    assert not any("mode" in problem for problem in fresh.problems), "nothing is connected yet"


async def test_what_is_wrong_with_the_webhook_is_told(till: StripeTill) -> None:
    [hook] = till.site.ledger.tables["webhook_endpoint"].values()

    async def problem() -> str:
        [told] = (await probe(till)).problems
        return told

    hook["status"] = "disabled"
    assert "switched off" in await problem()
    hook |= {"status": "enabled", "enabled_events": [one for one in TYPES if one != "invoice.paid"]}
    assert (await problem()).endswith("add: invoice.paid.")
    hook |= {"enabled_events": ["*"], "api_version": "2020-08-27"}
    assert "2020-08-27" in await problem()
    hook |= {"api_version": None, "url": "https://elsewhere.test/"}
    assert till.counter.hook_url(till.connection) in await problem()


async def test_a_secret_that_is_none_is_told(till: StripeTill) -> None:
    [problem] = (await probe(till, keys=Keys(till.connection.keys.api, ("sk_test_mixed_up",)))).problems
    assert "whsec_" in problem


async def test_it_says_so_when_stripe_cannot_be_reached(till: StripeTill) -> None:
    with till.site.trouble("error"), pytest.raises(Unavailable):
        await probe(till)


def test_the_guide_names_every_event_and_permission() -> None:
    text = GUIDE.read_text("utf-8")
    assert set(re.findall(r"^- `([a-z_.]+)`$", text, re.MULTILINE)) == set(TYPES)
    named = set(re.findall(r"^\| ([^|]+?) +\| (Read|Write) +\|", text, re.MULTILINE))
    needed = {(PERMISSIONS[what], right.title()) for what, _, right in (one.rpartition("_") for one in ALL)}
    writes = {name for name, right in needed if right == "Write"}
    assert named == {(name, right) for name, right in needed if right == "Write" or name not in writes}
