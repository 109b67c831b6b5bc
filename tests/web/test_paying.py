"""The checkout, the pretend payment page and the way back from it, as browsers without scripts see them."""

import pytest

from channel.errors import Forbidden, Unavailable
from channel.payments import coupons
from channel.payments.provider import Abilities, Checkout
from tests.web.conftest import Site
from tests.web.shop import Shop, hidden, open_shop, order, pay


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await open_shop(site)


async def test_a_stranger_pays_and_is_a_member_with_the_pass(shop: Shop) -> None:
    await shop.site.anna.room("vault", min_rank=10)
    cara = shop.site.stranger()
    sent = await order(cara, shop, display_name="Cara")
    assert sent.location.startswith("/sandbox/")
    checkout = await cara.get(sent.location)
    assert "No money moves" in checkout
    assert "Pay €5" in checkout
    back = await cara.follow(sent.location, {"do": "pay"})
    assert "Thank you" in back
    assert "Gold is open to you now" in back
    assert "/@anna/vault" in back
    assert (await cara.get("/@anna/vault")).status == 200
    assert "You pay for this:" in await cara.get("/@anna")


async def test_nobody_is_made_a_member_by_a_form_that_is_refused(shop: Shop) -> None:
    before = (await shop.site.anna.refresh()).member_count
    for wrong in (
        {"display_name": ""},
        {"display_name": "Cara", "code": "NONE"},
        {"display_name": "C", "price": "x"},
    ):
        page = await order(shop.site.stranger(), shop, **wrong)
        assert page.status == 422, page.text[:2000]
        assert 'role="alert"' in page
        assert "set-cookie" not in page.answer.headers
    assert (await shop.site.anna.refresh()).member_count == before


async def test_a_double_click_is_one_order(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    page = await browser.get(shop.path)
    fields = {"key": hidden(page, "key"), "price": shop.price.id}
    first, second = await browser.post(shop.path, fields), await browser.post(shop.path, fields)
    assert first.location == second.location
    assert len(await shop.orders(bob)) == 1


async def test_who_starts_again_gives_up_what_was_begun(shop: Shop) -> None:
    """Else the first would hold the seat, the code and the trial against its own buyer."""
    await shop.change(capacity=1, trial_days=7)
    async with shop.site.db.write() as tx:
        by = await shop.site.anna.by(tx, shop.site.anna.owner)
        await coupons.create(
            tx, by, shop.site.anna.community, code="HALF", kind="percent", value=50, max_uses=1
        )
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    await order(browser, shop, code="half")
    assert "You began to pay before" in await browser.get(shop.path)
    again = await order(browser, shop, code="half")
    assert again.location.startswith("/sandbox/")
    found = {one.state: one.trial_days for one in await shop.orders(bob)}
    assert found == {"abandoned": 7, "open": 7}


async def test_a_code_shows_what_it_does_before_anything_is_begun(shop: Shop) -> None:
    async with shop.site.db.write() as tx:
        by = await shop.site.anna.by(tx, shop.site.anna.owner)
        await coupons.create(
            tx, by, shop.site.anna.community, code="HALF", kind="percent", value=50, periods=3
        )
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    page = await browser.post(shop.path, {"price": shop.price.id, "code": "half", "do": "look"})
    assert page.status == 200
    assert "Pay €2.50" in page
    assert "for 3 payments, then €5" in page
    wrong = await browser.post(shop.path, {"price": shop.price.id, "code": "NONE", "do": "look"})
    assert wrong.status == 422
    assert "There is no such code" in wrong
    assert await shop.orders(bob) == []
    assert "Pay €2.50" in await browser.get(f"{shop.path}?code=HALF"), "a link with a code"


async def test_a_trial_is_told_with_the_day_of_the_first_charge(shop: Shop) -> None:
    await shop.change(trial_days=7)
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    page = await browser.get(shop.path)
    assert "Start 7 free days" in page
    assert "8 January 2026" in page
    await pay(browser, shop)
    assert await shop.rank(bob) == 10


async def test_one_may_pay_more_than_the_least_and_not_less(shop: Shop) -> None:
    shop.price = await shop.offer(amount=300, open=True)
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    assert "At least €3." in await browser.get(shop.path)
    for typed in ("2", "-1", "lots"):
        page = await order(browser, shop, amount=typed)
        assert page.status == 422
        assert 'id="p-amount"' in page
    sent = await order(browser, shop, amount="7,50")
    assert sent.status == 303
    assert (await shop.orders(bob))[-1].amount == 750


async def test_a_declined_card_and_a_payment_that_is_given_up_charge_nothing(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    sent = await order(browser, shop)
    declined = await browser.follow(sent.location, {"do": "decline"})
    assert "The card was declined." in declined
    assert "Nothing was charged" in declined
    left = await browser.follow(sent.location, {"do": "leave"})
    assert "Given up" in left
    assert "Nothing was charged." in left
    assert f"{shop.path}?price={shop.price.id}" in left
    assert await shop.rank(bob) == 0
    page = await browser.post(sent.location, {"do": "pay"})
    assert page.status == 409, "the checkout is over"


async def test_coming_back_before_the_money_is_there_says_so_and_asks_again(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    await order(browser, shop)
    path = f"/pay/{(await shop.orders(bob))[0].id}"
    page = await browser.get(path)
    assert "Waiting for the payment" in page
    assert 'http-equiv="refresh"' in page
    assert "Thank you" not in page
    assert (await browser.get(f"{path}/on")).location.startswith("/sandbox/")
    assert "Given up" in await browser.follow(f"{path}/give-up")


async def test_an_order_and_its_payment_page_belong_to_who_made_them(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    sent = await order(await shop.site.browser(bob), shop)
    order_id = (await shop.orders(bob))[0].id
    for other in (await shop.site.anna.member("Eve"), shop.site.anna.owner):
        eve = await shop.site.browser(other)
        for path in (f"/pay/{order_id}", f"/pay/{order_id}/on", sent.location):
            assert (await eve.get(path)).status == 404
        assert (await eve.post(f"/pay/{order_id}/give-up")).status == 404
        assert (await eve.post(sent.location, {"do": "pay"})).status == 404
    assert (await shop.site.stranger().get(f"/pay/{order_id}")).location.startswith("/sign-in")
    assert await shop.rank(bob) == 0


async def test_whoever_pays_already_is_offered_to_switch_instead(shop: Shop) -> None:
    top = await shop.site.anna.tier("Top", 20)
    await shop.offer(top, 900)
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    await pay(browser, shop)
    page = await browser.get(f"/@anna/tiers/{top.id}")
    assert "You have a subscription here already" in page
    assert "Switch to Top" in page
    refused = await browser.post(f"/@anna/tiers/{top.id}", {})
    assert refused.status == 409
    assert len(await shop.orders(bob)) == 1


class Broken:
    """A provider that cannot be reached, or that refuses our key."""

    name = "sandbox"
    abilities = Abilities()

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def checkout(self, *_: object, **__: object) -> Checkout:
        raise self.error

    async def fetch(self, *_: object) -> None:
        raise self.error


@pytest.mark.parametrize("error", [Unavailable("It does not answer."), Forbidden("No.", code="provider_key")])
async def test_a_provider_that_fails_charges_nothing_and_says_so(shop: Shop, error: Exception) -> None:
    counter = shop.site.app.state.services.counter
    real = dict(counter.providers)
    counter.providers = real | {"sandbox": Broken(error)}
    cara = shop.site.stranger()
    page = await order(cara, shop, display_name="Cara")
    assert page.status in (403, 503)
    assert "Nothing was charged" in page
    assert "set-cookie" in page.answer.headers, "they have joined, and stay who they are"
    counter.providers = real
    assert (await pay(cara, shop)).status == 200
    assert "You pay for this:" in await cara.get("/@anna")


async def test_while_the_provider_is_away_a_buyer_who_comes_back_is_told_that_we_do_not_know(
    shop: Shop,
) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    sent = await order(browser, shop)
    path = f"/pay/{(await shop.orders(bob))[0].id}"
    counter = shop.site.app.state.services.counter
    real = dict(counter.providers)
    counter.providers = real | {"sandbox": Broken(Unavailable("It does not answer."))}
    page = await browser.get(path)
    assert "We could not ask yet" in page
    assert "Thank you" not in page
    counter.providers = real
    await browser.post(sent.location, {"do": "pay"})
    assert "Thank you" in await browser.get(path)


async def test_the_way_leads_back_to_the_very_post(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    page = await browser.get(f"{shop.path}?next=/@anna/news/7")
    assert hidden(page, "next") == "/@anna/news/7"
    assert 'href="/@anna/news/7"' in await pay(browser, shop, next="/@anna/news/7")
    cara = await shop.site.browser(await shop.site.anna.member("Cara"))
    elsewhere = await pay(cara, shop, next="//evil.example/")
    assert "evil.example" not in elsewhere


async def test_a_provider_elsewhere_is_reached_by_a_page_of_ours(shop: Shop) -> None:
    """A redirect out of a form would be stopped by our own policy (form-action)."""

    class Elsewhere(Broken):
        async def checkout(self, *_: object, **__: object) -> Checkout:
            return Checkout("cs_1", "https://pay.example.org/c/cs_1?x=1&y=2")

    counter = shop.site.app.state.services.counter
    counter.providers = dict(counter.providers) | {"sandbox": Elsewhere(Unavailable(""))}
    browser = await shop.site.browser(await shop.site.anna.member("Bob"))
    page = await order(browser, shop)
    assert page.status == 200
    assert 'content="0; url=https://pay.example.org/c/cs_1?x=1&y=2"' in page
    assert 'href="https://pay.example.org/c/cs_1?x=1&y=2"' in page


async def test_where_pretending_is_not_allowed_there_is_no_pretend_payment_page(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    sent = await order(browser, shop)
    counter = shop.site.app.state.services.counter
    counter.providers = {}
    assert (await browser.get(sent.location)).status == 404
    assert (await browser.post(sent.location, {"do": "pay"})).status == 404
    assert "By invitation" in await browser.get("/@anna")
