"""Codes in the studio: made by a plain form, found as a link, switched off and on."""

import pytest

from channel.members import Role
from channel.payments import coupons
from channel.payments.coupons import Coupon
from channel.payments.model import DAY_MS
from tests.web_studio.conftest import Browser, Site, says

PERCENT = {"code": "summer-25", "kind": "percent", "percent": "25", "holds": "once", "label": "The fair"}


async def stored(site: Site) -> list[Coupon]:
    async with site.db.read() as tx:
        return await coupons.listing(tx, site.anna.community.id)


async def test_a_code_is_made_and_shown_as_a_link(site: Site, anna: Browser) -> None:
    page = await anna.send("/money/coupons", PERCENT)
    for words in ("SUMMER-25", "25 % off", "the first payment", "used 0 times", "The fair"):
        assert words in page, words
    assert page.ids(r'data-copy="([^"]+)"') == ["http://channel.test/@anna?code=SUMMER-25"]
    (one,) = await stored(site)
    assert (one.kind, one.value, one.periods, one.max_uses, one.tier_id) == ("percent", 25, 1, None, None)


async def test_an_amount_and_free_days_are_typed_in_fields_of_their_own(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    amount = {
        "code": "two", "kind": "amount", "amount": "2,50", "currency": "EUR", "percent": "99", "holds": "some",
        "periods": "3", "tier_id": gold.id, "max_uses": "10", "expires_at": "week",
    }  # fmt: skip
    page = await anna.send("/money/coupons", amount)
    for words in ("€2.50 off", "the first 3 payments", "for Gold", "0 of 10 used", "until 8 January 2026"):
        assert words in page, words
    await anna.send("/money/coupons", {"code": "try", "kind": "trial", "days": "14"})
    await anna.send("/money/coupons", PERCENT | {"code": "ever", "holds": "ever", "retention": "1"})
    found = {one.code: one for one in await stored(site)}
    two = found["TWO"]
    assert (two.value, two.currency, two.periods, two.max_uses, two.tier_id) == (250, "EUR", 3, 10, gold.id)
    assert two.expires_at == site.clock.now_ms + 7 * DAY_MS
    assert (found["TRY"].kind, found["TRY"].value) == ("trial", 14)
    assert (found["EVER"].periods, found["EVER"].retention) == (None, True)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"code": "x"}, "code"),
        ({"kind": "luck"}, "kind"),
        ({"percent": "101"}, "percent"),
        ({"kind": "amount", "amount": "much", "currency": "EUR"}, "amount"),
        ({"kind": "amount", "amount": "0", "currency": "EUR"}, "amount"),
        ({"kind": "trial", "days": "91"}, "days"),
        ({"holds": "some", "periods": ""}, "periods"),
        ({"max_uses": "0"}, "max_uses"),
        ({"expires_at_date": "2020-01-01"}, "expires_at_date"),
    ],
)
async def test_a_wrong_code_keeps_what_was_typed_and_names_the_field(
    site: Site, anna: Browser, typed: dict[str, str], field: str
) -> None:
    answer = await anna.post("/money/coupons", PERCENT | {"label": "Keep this"} | typed)
    says(answer, 422, f"#f-{field}", 'value="Keep this"')
    assert await stored(site) == []


async def test_a_code_is_switched_off_and_on(site: Site, anna: Browser) -> None:
    await anna.send("/money/coupons", PERCENT)
    (one,) = await stored(site)
    page = await anna.send(f"/money/coupons/{one.id}", {"do": "off"})
    assert "No longer good" in page
    assert "data-copy" not in page
    page = await anna.send(f"/money/coupons/{one.id}", {"do": "on"})
    assert "SUMMER-25" in page
    assert [one.state for one in await stored(site)] == ["open"]


async def test_one_code_is_offered_to_who_cancels(site: Site, anna: Browser) -> None:
    for code in ("ONE", "TWO"):
        await anna.send("/money/coupons", PERCENT | {"code": code})
    ids = {one.code: one.id for one in await stored(site)}
    for code in ("ONE", "TWO"):
        await anna.send(f"/money/coupons/{ids[code]}", {"do": "offer"})
    assert {one.code for one in await stored(site) if one.retention} == {"TWO"}
    await anna.send(f"/money/coupons/{ids['TWO']}", {"do": "withdraw"})
    assert not any(one.retention for one in await stored(site))


async def test_the_link_of_a_code_brings_it_to_the_checkout(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    await anna.send(f"/tiers/{gold.id}/prices", {"amount": "5", "currency": "EUR", "interval": "month"})
    await anna.send("/money/connect", {"do": "connect", "provider": "sandbox"})
    await anna.send("/money/coupons", PERCENT)
    guest = Browser(site.http, anna.root)
    (onward,) = (await guest.see("/@anna?code=SUMMER-25")).ids(r'href="(/@anna/tiers/[^"]+)"')
    assert onward.endswith("&amp;code=SUMMER-25")
    assert "code=" not in await guest.see("/@anna")


async def test_another_communitys_code_is_not_here_and_an_editor_makes_none(
    site: Site, anna: Browser
) -> None:
    await anna.send("/money/coupons", PERCENT)
    (one,) = await stored(site)
    bert = await site.another("bert")
    theirs = await site.browser(bert.owner, bert)
    assert (await theirs.post(f"/money/coupons/{one.id}", {"do": "off"})).status_code == 404
    eda = await site.browser(await site.member("eda", role=Role.EDITOR))
    assert (await eda.post("/money/coupons", PERCENT | {"code": "MINE"})).status_code == 403
    assert (await eda.get("/money/coupons")).status_code == 403
    assert [coupon.state for coupon in await stored(site)] == ["open"]
