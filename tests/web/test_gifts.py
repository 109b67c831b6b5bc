"""Gifts: bought and paid, made by hand, printed, redeemed once, and everything that can be wrong with one."""

import asyncio
import logging

import pytest
from sqlalchemy import select

from channel import accounts, communities
from channel.errors import Conflict
from channel.members import Role, State, actions, governing
from channel.outbox import jobs
from channel.payments import vouchers
from channel.payments.giving import code_of, listing
from channel.payments.model import DAY_MS
from channel.payments.tables import orders
from channel.payments.tables import vouchers as table
from channel.payments.vouchers import OPEN_FOR_MS
from channel.tiers import Tier, update_fields
from channel.tiers.prices import offer
from tests.cast import person
from tests.web.conftest import Browser, Page, Site
from tests.web.selling import Shop, opened


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await opened(site)


async def made(site: Site, tier: Tier, **fields: str) -> str:
    """A code that Anna made by hand."""
    anna, before = await site.browser(site.anna.owner), await codes(site)
    typed = {"tier_id": tier.id, "count": "1", "days": "30", "label": ""} | fields
    await anna.follow("/studio/anna/money/gifts", typed)
    (code,) = set(await codes(site)) - set(before)
    return code


async def codes(site: Site) -> list[str]:
    """All codes, newest first."""
    seal = site.app.state.services.counter.seal
    async with site.db.read() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        return [one.code or "" for one in await listing(tx, owner, site.anna.community, seal)]


def chosen(page: Page) -> dict[str, str]:
    """The first offer of a page on which one gives, and its key."""
    what = page.text.partition('name="what" value="')[2].partition('"')[0]
    key = page.text.partition('name="key" value="')[2].partition('"')[0]
    return {"what": what, "key": key}


async def paid(site: Site, shop: Shop, giver: Browser, **fields: str) -> str:
    """Somebody gives a pass, and Anna has seen the money. The order's id."""
    page = await giver.get("/@anna/gift")
    sent = await giver.post("/@anna/gift", chosen(page) | fields)
    assert sent.status == 303, sent.text[:3000]
    order_id = sent.location.split("/")[2]
    anna = await site.browser(site.anna.owner)
    await anna.follow("/studio/anna/money/owed", {"do": "confirm", "id": order_id, "number": "1"})
    return order_id


async def test_a_gift_is_bought_printed_and_opened_by_a_stranger(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    browser = await site.browser(bob)
    order_id = await paid(site, shop, browser, to_name="Cara", message="For your birthday")
    card = await browser.get(f"/gift/card/{order_id}")
    for words in ("For Cara, from Bob", "For your birthday", "Gold", "1 month"):
        assert words in card, words
    assert await shop.rank(bob) == 0, "it is not for the giver"
    (code,) = await codes(site)
    cara = site.stranger()
    page = await cara.get(f"/gift/{code}")
    assert "Bob</b> gives this to Cara." in page
    assert "For your birthday" in page
    assert "set-cookie" not in page.answer.headers
    sent = await cara.post(f"/gift/{code}", {"display_name": "Cara"})
    assert (sent.status, sent.location) == (303, "/@anna/news?welcome=1#newest")
    assert "You have redeemed this gift" in await cara.get(f"/gift/{code}")
    assert "It has arrived." in await browser.get(f"/gift/card/{order_id}")


async def test_a_gift_lasts_as_long_as_it_says(site: Site, shop: Shop) -> None:
    code, bob = await made(site, shop.gold, days="30"), await site.anna.member("Bob")
    await (await site.browser(bob)).post(f"/gift/{code}")
    site.clock.forward(30 * DAY_MS - 1)
    assert await shop.rank(bob) == 10
    site.clock.forward(1)
    assert await shop.rank(bob) == 0


async def test_two_gifts_of_one_tier_add_up(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    browser = await site.browser(bob)
    for _ in range(2):
        await browser.post(f"/gift/{await made(site, shop.gold, days='30')}")
    site.clock.forward(60 * DAY_MS - 1)
    assert await shop.rank(bob) == 10
    site.clock.forward(1)
    assert await shop.rank(bob) == 0


async def test_what_is_not_paid_makes_no_code(site: Site, shop: Shop) -> None:
    giver = await site.browser(await site.anna.member("Bob"))
    sent = await giver.post("/@anna/gift", chosen(await giver.get("/@anna/gift")))
    order_id = sent.location.split("/")[2]
    assert sent.location == f"/pay/{order_id}/transfer"
    assert await codes(site) == []
    assert (await giver.get(f"/gift/card/{order_id}")).status == 404


async def test_money_paid_back_takes_the_gift_back(site: Site, shop: Shop) -> None:
    bob, cara = await site.anna.member("Bob"), await site.anna.member("Cara")
    order_id = await paid(site, shop, await site.browser(bob))
    (code,) = await codes(site)
    await (await site.browser(cara)).post(f"/gift/{code}")
    assert await shop.rank(cara) == 10
    held = await shop.counter.refresh(shop.connection.id, order_id)
    assert held is not None
    await shop.counter.refund(held, f"{order_id}.1", None, "form")
    assert await shop.rank(cara) == 0
    assert "taken back" in await site.stranger().get(f"/gift/{code}")


async def test_a_form_sent_twice_is_one_gift(site: Site, shop: Shop) -> None:
    giver = await site.browser(await site.anna.member("Bob"))
    fields = chosen(await giver.get("/@anna/gift"))
    first, second = await giver.post("/@anna/gift", fields), await giver.post("/@anna/gift", fields)
    assert first.location == second.location


async def test_somebody_without_an_account_gives_by_their_name(site: Site, shop: Shop) -> None:
    giver = site.stranger()
    fields = chosen(await giver.get("/@anna/gift"))
    nameless = await giver.post("/@anna/gift", fields)
    assert nameless.status == 422
    assert 'id="p-display_name"' in nameless
    sent = await giver.post("/@anna/gift", fields | {"display_name": "Dora"})
    assert sent.status == 303
    assert (await giver.get(sent.location)).status == 200, "and keeps the session"


async def test_what_is_wrong_is_named_and_nothing_is_begun(site: Site, shop: Shop) -> None:
    giver = site.stranger()
    fields = chosen(await giver.get("/@anna/gift")) | {"display_name": "Dora"}
    for wrong, field in (
        ({"what": "nothing"}, "what"), ({"to_name": "x" * 61}, "to_name"), ({"to_email": "nobody"}, "to_email"),
        ({"message": "x" * 501}, "message"), ({"send_on": "2020-01-01"}, "send_on"),
    ):  # fmt: skip
        page = await giver.post("/@anna/gift", fields | wrong)
        assert page.status == 422, wrong
        assert f"#f-{field}" in page
        assert "set-cookie" not in page.answer.headers, "nobody was made an account"
        assert await orders_begun(site) == 0


async def orders_begun(site: Site) -> int:
    async with site.db.read() as tx:
        return len(await tx.all(select(orders.c.id)))


async def test_a_mailed_gift_is_sent_on_its_day(site: Site, shop: Shop) -> None:
    giver = await site.browser(await site.anna.member("Bob"))
    await paid(site, shop, giver, to_email="Cara@example.org", send_on="2026-02-14")
    async with site.db.read() as tx:
        due = await tx.all(select(jobs.c.data, jobs.c.due_at).where(jobs.c.kind == "letter.due"))
    (at,) = [row.due_at for row in due if '"letter":"gift"' in row.data]
    assert at == 1_771_052_400_000, "14 February 2026, 7:00 UTC"


async def test_a_card_is_seen_by_who_bought_it_alone(site: Site, shop: Shop) -> None:
    order_id = await paid(site, shop, await site.browser(await site.anna.member("Bob")))
    (code,) = await codes(site)
    eve = await site.browser(await site.anna.member("Eve"))
    async with site.db.read() as tx:
        voucher, _, _ = await vouchers.behind(tx, code)
    for path in (f"/gift/card/{order_id}", f"/gift/card/{voucher.id}", f"/gift/card/{voucher.id}.svg"):
        answer = await eve.get(path)
        assert answer.status == 404
        assert code not in answer
        assert (await site.stranger().get(path)).status in (303, 401)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("redeemed", "This gift was redeemed before"),
        ("revoked", "This gift was taken back"),
        ("expired", "This gift is too old"),
        ("closed", "This community takes nobody in"),
    ],
)
async def test_a_gift_that_opens_nothing_says_why(site: Site, shop: Shop, why: str, words: str) -> None:
    code = await made(site, shop.gold)
    async with site.db.write() as tx:
        voucher, community, _ = await vouchers.behind(tx, code)
        if why == "redeemed":
            await vouchers.redeem(tx, code, await accounts.create(tx, name="First"))
        elif why == "revoked":
            await vouchers.revoke(tx, voucher)
        elif why == "closed":
            await governing.close(tx, await site.anna.by(tx, site.anna.owner), community)
    if why == "expired":
        site.clock.forward(OPEN_FOR_MS)
    bob = await person(site.db, "Bob")
    browser = await site.browser(bob)
    for page in (await browser.get(f"/gift/{code}"), await browser.post(f"/gift/{code}")):
        assert page.status in (409, 410), why
        assert words in page
    async with site.db.read() as tx:
        assert (await site.anna.by(tx, bob)).role is None, "nobody came in by it"


async def test_fifty_who_redeem_one_code_at_once_are_one_winner(site: Site, shop: Shop) -> None:
    code = await made(site, shop.gold)
    before = (await site.anna.refresh()).member_count
    people = [await person(site.db, f"P{number}") for number in range(50)]
    browsers = [await site.browser(one) for one in people]
    answers = await asyncio.gather(*(browser.post(f"/gift/{code}") for browser in browsers))
    assert sorted(answer.status for answer in answers) == [303] + [410] * 49
    assert [await shop.rank(one) for one in people].count(10) == 1
    assert (await site.anna.refresh()).member_count == before + 1, "who lost has not come in either"


async def test_one_who_presses_often_has_it_once(site: Site, shop: Shop) -> None:
    code, bob = await made(site, shop.gold, days="30"), await site.anna.member("Bob")
    browser = await site.browser(bob)
    answers = await asyncio.gather(*(browser.post(f"/gift/{code}") for _ in range(5)))
    assert {answer.status for answer in answers} == {303}
    site.clock.forward(30 * DAY_MS)
    assert await shop.rank(bob) == 0, "thirty days, not five times as many"


async def test_a_banned_person_stays_out_and_the_gift_stays_whole(site: Site, shop: Shop) -> None:
    code, bob = await made(site, shop.gold), await site.anna.member("Bob")
    async with site.db.write() as tx:
        await actions.ban(tx, await site.anna.by(tx, site.anna.owner), site.anna.community, bob.id)
    browser = await site.browser(bob)
    assert (await browser.get(f"/gift/{code}")).status == 403
    assert (await browser.post(f"/gift/{code}")).status == 403
    cara = await site.anna.member("Cara")
    assert (await (await site.browser(cara)).post(f"/gift/{code}")).status == 303


async def test_a_gift_lets_in_where_one_would_have_to_ask(site: Site, shop: Shop) -> None:
    code = await made(site, shop.gold)
    async with site.db.write() as tx:
        await communities.update_fields(tx, site.anna.community.id, visibility="private", approval=True)
    bob = await person(site.db, "Bob")
    await (await site.browser(bob)).post(f"/gift/{code}")
    assert (await site.anna.standing(bob)).state is State.ACTIVE


async def test_a_code_is_typed_as_it_comes(site: Site, shop: Shop) -> None:
    code = await made(site, shop.gold)
    written = (
        "-".join(code[at : at + 5] for at in range(0, 26, 5)).lower().replace("0", "o").replace("1", "l")
    )
    sent = await site.stranger().post("/gift", {"code": f" {written} "})
    assert (sent.status, sent.location) == (303, f"/gift/{code}")
    for wrong in ("", "nonsense", "ä" * 26, "../..", code[:-1]):
        page = await site.stranger().post("/gift", {"code": wrong})
        assert page.status == 422, wrong
        assert "There is no such gift" in page


async def test_guessing_comes_to_an_end(site: Site, shop: Shop) -> None:
    code, eve = await made(site, shop.gold), await site.browser(await person(site.db, "Eve"))
    answers = [await eve.post("/gift", {"code": "0" * 26}) for _ in range(11)]
    assert [answer.status for answer in answers] == [422] * 10 + [429]
    assert (await eve.get(f"/gift/{code}")).status == 429
    assert (await eve.post(f"/gift/{code}")).status == 429
    assert (await site.stranger().get(f"/gift/{code}")).status == 200


async def test_unknown_codes_are_counted_by_looking_too(site: Site, shop: Shop) -> None:
    eve = await site.browser(await person(site.db, "Eve"))
    answers = [await eve.get(f"/gift/{'0' * 25}{number % 10}") for number in range(11)]
    assert [answer.status for answer in answers] == [404] * 10 + [429]


async def test_the_code_is_in_no_log_and_leaves_no_referrer(
    site: Site, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    code = await made(site, shop.gold)
    with caplog.at_level(logging.INFO):
        page = await site.stranger().get(f"/gift/{code}")
        await site.stranger().post(f"/gift/{code}", {"display_name": "Cara"})
    assert page.answer.headers["referrer-policy"] == "strict-origin"
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("channel")]
    assert ours, "the premise: answers are logged"
    assert code not in "".join(ours)


async def test_codes_are_made_listed_printed_and_taken_back(site: Site, shop: Shop) -> None:
    anna = await site.browser(site.anna.owner)
    fields = {"tier_id": shop.gold.id, "count": "3", "days": "", "label": "Fair in May"}
    page = await anna.follow("/studio/anna/money/gifts", fields)
    assert page.text.count("Fair in May") == 3
    assert "for good" in page
    found = await codes(site)
    assert all(f"/gift/{code}" in page for code in found)
    printed = page.text.partition("/money/gifts/cards?made=")[2].partition('"')[0]
    sheet = await anna.get(f"/studio/anna/money/gifts/cards?made={printed}")
    assert sheet.text.count("gift-card") == 3
    assert "Fair in May" not in sheet, "what the creator noted for themselves"
    assert "Fair in May" not in await site.stranger().get(f"/gift/{found[0]}")
    async with site.db.read() as tx:
        voucher, _, _ = await vouchers.behind(tx, found[0])
    svg = await anna.get(f"/studio/anna/money/gifts/{voucher.id}/qr.svg")
    assert svg.answer.headers["content-type"].startswith("image/svg+xml")
    after = await anna.follow(f"/studio/anna/money/gifts/{voucher.id}/revoke")
    assert "Taken back" in after
    assert (await site.stranger().get(f"/gift/{found[0]}")).status == 410


async def test_wrong_codes_are_not_made(site: Site, shop: Shop) -> None:
    anna = await site.browser(site.anna.owner)
    good = {"tier_id": shop.gold.id, "count": "1", "days": "30"}
    for wrong in ({"count": "0"}, {"count": "101"}, {"days": "-1"}, {"days": "4000"}, {"count": "x"},
                  {"tier_id": site.anna.free.id}, {"label": "x" * 61}):  # fmt: skip
        assert (await anna.post("/studio/anna/money/gifts", good | wrong)).status == 422, wrong
    assert (await anna.post("/studio/anna/money/gifts", good | {"tier_id": "x"})).status == 404
    assert await codes(site) == []


async def test_only_who_handles_money_makes_codes(site: Site, shop: Shop) -> None:
    editor = await site.browser(await site.anna.member("Ed", role=Role.EDITOR))
    assert (await editor.get("/studio/anna/money/gifts")).status == 403
    fields = {"tier_id": shop.gold.id, "count": "1", "days": "30"}
    assert (await editor.post("/studio/anna/money/gifts", fields)).status == 403
    assert await codes(site) == []


async def test_what_a_stolen_database_holds_opens_nothing(site: Site, shop: Shop) -> None:
    code = await made(site, shop.gold)
    async with site.db.read() as tx:
        row = await tx.one(select(table))
        voucher, _, _ = await vouchers.behind(tx, code)
        assert await code_of(tx, voucher, site.app.state.services.counter.seal) == code
    assert row is not None
    assert all(code not in str(value) for value in row)


async def test_a_gift_waits_for_nobody_to_take_its_seat(site: Site, shop: Shop) -> None:
    async with site.db.write() as tx:
        shop.gold = await update_fields(tx, shop.gold, capacity=1)
    giver = await site.browser(await site.anna.member("Bob"))
    await paid(site, shop, giver)
    with pytest.raises(Conflict, match="All seats"):
        await shop.order(await site.anna.member("Cara"))
    dora = await site.browser(await site.anna.member("Dora"))
    (code,) = await codes(site)
    assert (await dora.post(f"/gift/{code}")).status == 303


async def test_twelve_months_are_left_to_the_yearly_price(site: Site, shop: Shop) -> None:
    giver = site.stranger()
    assert "12 months" in await giver.get("/@anna/gift")
    async with site.db.write() as tx:
        await offer(tx, shop.gold, amount=5000, currency="EUR", interval="year")
    page = await giver.get("/@anna/gift")
    assert "12 months" not in page
    assert "1 year" in page


async def test_where_nothing_has_a_price_nothing_is_sold(site: Site) -> None:
    page = await site.stranger().get("/@anna/gift")
    assert "Nothing can be given here yet" in page
    assert (await site.stranger().post("/@anna/gift", {"what": "x", "display_name": "D"})).status == 422
