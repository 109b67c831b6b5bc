"""Payment accounts: connected by the owner, looked at before they are stored, never shown again."""

import re
from pathlib import Path

import pytest

from channel.members import Role
from channel.payments import Connection, Seal, queries
from channel.payments.provider import Probe
from channel.payments.stripe.hints import TYPES
from channel.secret import secret_key
from channel.web.studio import connect
from tests.web_studio.conftest import Browser, Site, says
from tests.web_studio.ways import Answering, bank, card_house

KEY, SECRET = "rk_live_0123456789abcdWXYZ", "whsec_abcdefgh12345678"
STRIPE = {
    "do": "connect", "provider": "stripe", "stripe_api_key": KEY, "stripe_webhook_secret": SECRET,
    "stripe_tax_note": "incl. VAT", "stripe_invoices": "1",
}  # fmt: skip
MANUAL = {
    "do": "connect", "provider": "manual", "manual_iban": "DE89 3704 0044 0532 0130 00",
    "manual_payee": "Anna Beispiel",
}  # fmt: skip


@pytest.fixture
def stripe(site: Site) -> Answering:
    found = Answering("stripe", card_house)
    site.providers.update({"stripe": found, "manual": Answering("manual", bank)})
    return found


async def stored(site: Site) -> dict[str, Connection]:
    async with site.db.read() as tx:
        seal = Seal(secret_key(site.data))
        return {one.provider: one for one in await queries.connected(tx, site.anna.community.id, seal)}


async def test_the_guide_shows_the_address_before_anything_is_connected_and_it_stays_the_same(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    page = await anna.see("/money/connect")
    (address,) = page.ids(r'data-copy="([^"]+/api/hooks/stripe/[^"]+)"')
    await anna.send("/money/connect", STRIPE)
    connection = (await stored(site))["stripe"]
    assert address == f"http://channel.test/api/hooks/stripe/{connection.id}"
    assert stripe.asked[0][1] == address


async def test_an_account_is_looked_at_then_stored_and_its_keys_are_never_shown_again(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    page = await anna.send("/money/connect", STRIPE)
    assert "Connected." in page
    assert "Live: real money" in page
    assert "acct_7" in page
    assert "…WXYZ" in page
    for secret in (KEY, SECRET, KEY[:-4], SECRET[-4:]):
        assert secret not in page
    there = (await stored(site))["stripe"]
    assert (there.keys.api, there.keys.webhook) == (KEY, (SECRET,))
    assert (there.live, there.account, there.state) == (True, "acct_7", "on")
    assert (there.options.tax_note, there.options.invoices, there.options.tax) == ("incl. VAT", True, False)


async def test_a_key_that_the_provider_refuses_is_not_stored(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    answer = await anna.post("/money/connect", STRIPE | {"stripe_api_key": "pk_live_wrong"})
    says(answer, 422, "Stripe does not know this key.", "#f-stripe_api_key", 'value="incl. VAT"')
    assert await stored(site) == {}


async def test_missing_keys_are_named_before_anybody_is_asked(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    answer = await anna.post("/money/connect", STRIPE | {"stripe_api_key": " ", "stripe_webhook_secret": " "})
    says(answer, 422, "#f-stripe_api_key", "#f-stripe_webhook_secret")
    assert stripe.asked == []


async def test_what_is_wrong_besides_the_key_is_shown_until_it_is_mended(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    await anna.send("/money/connect", STRIPE | {"stripe_api_key": "rk_live_bad"})
    for path in ("/money/connect", "/money"):
        assert "Stripe has no webhook for us." in await anna.see(path), path
    assert "A payment account needs you" in await anna.see()
    await anna.send("/money/connect", STRIPE | {"stripe_api_key": "rk_live_good"})
    assert "Stripe has no webhook" not in await anna.see("/money")
    assert "A payment account needs you" not in await anna.see()


async def test_a_check_asks_the_provider_now(site: Site, anna: Browser, stripe: Answering) -> None:
    await anna.send("/money/connect", STRIPE)
    answer = await anna.post("/money/connect", {"do": "check", "provider": "stripe"})
    says(answer, 200, "Key, messages and mode are as they must be.")
    assert stripe.asked[-1][0].keys.api == KEY
    stripe.answer = lambda connection: Probe("acct_7", "", True, ("The key lacks a right.", "No webhook."))
    answer = await anna.post("/money/connect", {"do": "check", "provider": "stripe"})
    says(answer, 200, "The key lacks a right.", "No webhook.")
    assert (await stored(site))["stripe"].problem == "The key lacks a right."


async def test_details_are_changed_without_the_keys(site: Site, anna: Browser, stripe: Answering) -> None:
    await anna.send("/money/connect", STRIPE)
    await anna.send(
        "/money/connect", {"do": "options", "provider": "stripe", "stripe_tax": "1", "stripe_tax_note": "net"}
    )
    there = (await stored(site))["stripe"]
    assert (there.keys.api, there.options.tax, there.options.tax_note) == (KEY, True, "net")
    long = {"do": "options", "provider": "stripe", "stripe_tax_note": "x" * 61}
    says(await anna.post("/money/connect", long), 422, "#f-stripe_tax_note", "At most 60 characters")


async def test_a_secret_is_replaced_while_the_last_one_still_holds_and_the_key_stays(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    await anna.send("/money/connect", STRIPE)
    new = {"do": "connect", "provider": "stripe", "stripe_webhook_secret": "whsec_new"}
    await anna.send("/money/connect", new | {"stripe_keep_secret": "1"})
    there = (await stored(site))["stripe"]
    assert (there.keys.api, there.keys.webhook) == (KEY, ("whsec_new", SECRET))
    assert there.options.tax_note == "incl. VAT"
    await anna.send("/money/connect", new)
    assert (await stored(site))["stripe"].keys.webhook == ("whsec_new",)


async def test_it_is_switched_off_and_on(site: Site, anna: Browser, stripe: Answering) -> None:
    await anna.send("/money/connect", STRIPE)
    assert "Switched off" in await anna.send("/money/connect", {"do": "off", "provider": "stripe"})
    assert (await stored(site))["stripe"].state == "off"
    await anna.send("/money/connect", {"do": "on", "provider": "stripe"})
    assert (await stored(site))["stripe"].state == "on"


async def test_another_account_or_mode_asks_for_a_disconnect_first(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    await anna.send("/money/connect", STRIPE | {"stripe_api_key": "rk_test_first"})
    assert "Test mode" in await anna.see("/money/connect")
    says(await anna.post("/money/connect", STRIPE), 409, "Disconnect that one first.")
    assert "Disconnected." in await anna.send("/money/connect", {"do": "disconnect", "provider": "stripe"})
    assert await stored(site) == {}
    await anna.send("/money/connect", STRIPE)
    assert (await stored(site))["stripe"].live


async def test_a_bank_account_with_a_wrong_digit_is_not_taken(
    site: Site, anna: Browser, stripe: Answering
) -> None:
    wrong = MANUAL | {"manual_iban": "DE89 3704 0044 0532 0130 01"}
    says(await anna.post("/money/connect", wrong), 422, "#f-manual_iban", "Anna Beispiel")
    says(await anna.post("/money/connect", MANUAL | {"manual_payee": ""}), 422, "#f-manual_payee")
    await anna.send("/money/connect", MANUAL)
    there = (await stored(site))["manual"]
    assert (there.options.iban, there.options.payee) == ("DE89370400440532013000", "Anna Beispiel")


async def test_what_this_server_does_not_have_is_not_offered(site: Site, anna: Browser) -> None:
    del site.providers["stripe"]
    page = await anna.see("/money/connect")
    assert "Pretend payments" in page
    assert "stripe" not in page.text.lower()
    assert (await anna.post("/money/connect", STRIPE)).status_code == 404


async def test_only_the_owner_connects(site: Site, stripe: Answering) -> None:
    admin = await site.browser(await site.member("ada", role=Role.ADMIN))
    assert (await admin.get("/money/connect")).status_code == 403
    assert (await admin.post("/money/connect", STRIPE)).status_code == 403
    assert "/money/connect" not in await admin.see("/money")
    assert stripe.asked == []


def test_the_guide_asks_for_what_the_adapter_needs_and_its_page_names() -> None:
    page = (Path(__file__).parents[2] / "docs" / "payments" / "stripe.md").read_text("utf-8")
    rights = {
        kind: {name.strip() for name in re.findall(rf"^\| ([^|]+?) +\| {kind} +\|", page, re.MULTILINE)}
        for kind in ("Write", "Read")
    }
    assert (set(connect.WRITES), set(connect.READS)) == (rights["Write"], rights["Read"])
    assert set(connect.EVENTS) == set(TYPES) == set(re.findall(r"^- `([a-z_.]+)`$", page, re.MULTILINE))
