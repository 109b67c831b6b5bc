"""Paying by hand: the page that says how, and the page on which the creator confirms it."""

import pytest

from channel.members import Role
from channel.payments.model import DAY_MS
from tests.web.conftest import Site
from tests.web.selling import Shop, opened


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await opened(site)


async def test_the_page_says_whereto_how_much_and_what_to_write(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    order = await shop.order(bob)
    page = await (await site.browser(bob, "de")).get(f"/pay/{order.id}/transfer")
    assert page.status == 200
    for words in (
        "DE89 3704 0044 0532 0130 00",
        "Anna Brandt",
        "5\u00a0€",
        "Or bring it on Tuesdays.",
        "Gold",
    ):
        assert words in page, words
    assert 'data-copy="DE89370400440532013000"' in page
    assert 'data-copy="5,00"' in page, "as a German bank wants it"
    assert f"/pay/{order.id}/transfer.svg" in page
    assert f'action="/pay/{order.id}/give-up"' in page


async def test_the_code_is_a_picture_of_its_own(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    order = await shop.order(bob)
    picture = await (await site.browser(bob)).get(f"/pay/{order.id}/transfer.svg")
    assert picture.answer.headers["content-type"].startswith("image/svg+xml")
    assert "no-store" in picture.answer.headers["cache-control"]


async def test_an_order_is_seen_by_its_buyer_alone(site: Site, shop: Shop) -> None:
    order = await shop.order(await site.anna.member("Bob"))
    eve = await site.browser(await site.anna.member("Eve"))
    for path in (f"/pay/{order.id}/transfer", f"/pay/{order.id}/transfer.svg"):
        assert (await eve.get(path)).status == 404
        assert (await site.stranger().get(path)).status in (303, 401)


async def test_the_creator_confirms_and_it_opens(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    order = await shop.order(bob)
    anna = await site.browser(site.anna.owner)
    page = await anna.get("/studio/anna/money/owed")
    assert "Bob" in page
    assert "€5" in page
    fields = {"do": "confirm", "id": order.id, "number": "1", "amount": "5.00", "day": "2026-01-01"}
    after = await anna.follow("/studio/anna/money/owed", fields)
    assert "Confirmed." in after
    assert "Nobody owes anything" in after
    assert await shop.rank(bob) == 10
    assert (await (await site.browser(bob)).get(f"/pay/{order.id}/transfer")).location == f"/pay/{order.id}"
    again = await anna.post("/studio/anna/money/owed", fields)
    assert again.status == 409
    assert "confirmed this payment already" in again


async def test_what_follows_is_due_a_week_ahead_and_can_be_paid_on_the_same_page(
    site: Site, shop: Shop
) -> None:
    bob = await site.anna.member("Bob")
    order = await shop.order(bob)
    anna = await site.browser(site.anna.owner)
    await anna.follow("/studio/anna/money/owed", {"do": "confirm", "id": order.id, "number": "1"})
    site.clock.forward(25 * DAY_MS)
    await shop.counter.refresh(shop.connection.id, order.id)
    assert "Paid up to" in await (await site.browser(bob)).get(f"/pay/{order.id}/transfer")
    assert "due on" in await anna.get("/studio/anna/money/owed")
    site.clock.forward(7 * DAY_MS)
    await shop.counter.refresh(shop.connection.id, order.id)
    assert "overdue since" in await anna.get("/studio/anna/money/owed")
    page = await anna.follow("/studio/anna/money/owed", {"do": "drop", "id": order.id})
    assert "Given up." in page
    assert await shop.rank(bob) == 0


async def test_a_member_finds_what_is_due_with_what_they_pay_for(site: Site, shop: Shop) -> None:
    bob = await site.anna.member("Bob")
    order = await shop.order(bob)
    anna, browser = await site.browser(site.anna.owner), await site.browser(bob)
    await anna.follow("/studio/anna/money/owed", {"do": "confirm", "id": order.id, "number": "1"})
    held = await shop.counter.refresh(shop.connection.id, order.id)
    assert held is not None
    path = f"/account/memberships/{held.id}"
    assert "Pay for what comes next" not in await browser.get(path)
    site.clock.forward(25 * DAY_MS)
    page = await browser.get(path)
    assert "Pay for what comes next" in page
    assert "DE89 3704 0044 0532 0130 00" in page
    site.clock.forward(7 * DAY_MS)
    await shop.counter.refresh(shop.connection.id, order.id)
    late = await browser.get(path)
    assert "Overdue." in late
    assert "The last payment failed." not in late


async def test_what_is_wrong_stands_beside_and_nothing_is_confirmed(site: Site, shop: Shop) -> None:
    order = await shop.order(await site.anna.member("Bob"))
    anna = await site.browser(site.anna.owner)
    good = {"do": "confirm", "id": order.id, "number": "1"}
    for wrong in ({"amount": "five"}, {"day": "soon"}, {"day": "2031-01-01"}, {"day": "1999-01-01"}, {"do": "x"},
                  {"number": "2"}):  # fmt: skip
        page = await anna.post("/studio/anna/money/owed", good | wrong)
        assert page.status in (409, 422), wrong
    assert (await shop.order_now(order.id)).state == "open"


async def test_several_are_confirmed_at_once(site: Site, shop: Shop) -> None:
    people = [await site.anna.member(f"Member {n}") for n in range(3)]
    orders = [await shop.order(one) for one in people]
    anna = await site.browser(site.anna.owner)
    chosen = {"do": "confirm_all", "ids": [f"{order.id}:1" for order in orders[:2]]}
    await anna.follow("/studio/anna/money/owed", chosen)  # type: ignore[arg-type]
    assert [await shop.rank(one) for one in people] == [10, 10, 0]
    assert (await anna.post("/studio/anna/money/owed", {"do": "confirm_all"})).status == 422


async def test_a_bank_statement_is_searched_for_references(site: Site, shop: Shop) -> None:
    bob, cara = await site.anna.member("Bob"), await site.anna.member("Cara")
    orders = [await shop.order(one) for one in (bob, cara)]
    page = await (await site.browser(bob)).get(f"/pay/{orders[0].id}/transfer")
    reference = page.text.partition('aria-label="Copy the reference" data-copy="')[2][:9]
    anna = await site.browser(site.anna.owner)
    statement = f"01.01. SEPA CREDIT BOB MARSH\nEREF+ SVWZ+{reference.replace('-', '')} dues 5,00 EUR\n" * 3
    found = await anna.post("/studio/anna/money/owed", {"do": "find", "statement": statement})
    assert f'value="{orders[0].id}:1" checked' in found
    assert orders[1].id not in found
    assert "Cara" in await anna.get("/studio/anna/money/owed?q=car")
    assert "Nothing found" in await anna.get("/studio/anna/money/owed?q=zzzz")


async def test_only_who_handles_money_comes_in(site: Site, shop: Shop) -> None:
    editor = await site.browser(await site.anna.member("Ed", role=Role.EDITOR))
    assert (await editor.get("/studio/anna/money/owed")).status == 403
    admin = await site.browser(await site.anna.member("Ada", role=Role.ADMIN))
    assert (await admin.get("/studio/anna/money/owed")).status == 200


async def test_where_nothing_is_paid_by_hand_the_page_says_how_to_begin(site: Site) -> None:
    page = await (await site.browser(site.anna.owner)).get("/studio/anna/money/owed")
    assert "Nothing is paid by hand here" in page
