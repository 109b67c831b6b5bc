"""One post alone, and tips: paid once, opening no tier."""

import pytest

from channel.accounts import Account
from channel.members.actions import ban
from channel.money import Money
from channel.payments import counter, queries
from channel.posts import Draft, actions, prepare
from channel.posts.model import Post
from tests.web.conftest import Browser, Site
from tests.web.shop import Shop, hidden, open_shop

SECRET = "The glaze is wood ash and rust"


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await open_shop(site)


async def sold_alone(shop: Shop, *, min_rank: int = 10, text: str = SECRET) -> Post:
    anna = shop.site.anna
    draft = Draft.parse(text, min_rank=min_rank, teaser="What is in it?", unlock=Money(300, "EUR"))
    rendered = await prepare(draft, rooms={})
    async with shop.site.db.write() as tx:
        post, _ = await actions.publish(tx, await anna.by(tx, anna.owner), anna.owner, anna.news, rendered)
    return post


def place_of(post: Post) -> str:
    return f"/@anna/news/{post.seq}"


async def opened(browser: Browser, post: Post) -> None:
    """Buy it with the pretend card."""
    page = await browser.get(f"{place_of(post)}/unlock")
    assert "€3" in page
    sent = await browser.post(f"{place_of(post)}/unlock", {"key": hidden(page, "key")})
    assert sent.location.startswith("/sandbox/"), sent.text[:2000]
    assert place_of(post) in await browser.follow(sent.location, {"do": "pay"})


async def bought(shop: Shop, name: str = "Bob") -> tuple[Browser, Account, Post]:
    post, bob = await sold_alone(shop), await shop.site.anna.member(name)
    browser = await shop.site.browser(bob)
    await opened(browser, post)
    return browser, bob, post


async def test_a_locked_card_names_the_price_and_what_is_paid_for_opens_to_its_buyer_alone(
    shop: Shop,
) -> None:
    post, eve = await sold_alone(shop), await shop.site.anna.member("Eve")
    other = await sold_alone(shop, text=f"{SECRET}, and salt")
    bob = await shop.site.browser(await shop.site.anna.member("Bob"))
    card = (await bob.get("/@anna/news")).text
    assert SECRET not in card
    assert f"{place_of(post)}/unlock" in card
    await opened(bob, post)
    room = (await bob.get("/@anna/news")).text
    assert room.count(SECRET) == 1
    assert (await bob.get(place_of(post))).text.count(SECRET) >= 1
    assert SECRET not in (await bob.get(place_of(other))).text
    assert SECRET not in (await (await shop.site.browser(eve)).get(place_of(post))).text
    assert SECRET not in await shop.site.stranger().get(place_of(post))


async def test_money_that_goes_back_closes_the_post(shop: Shop) -> None:
    browser, bob, post = await bought(shop)
    till: counter.Counter = shop.site.app.state.services.counter
    async with shop.site.db.read() as tx:
        [holding] = await queries.holdings_of(tx, bob.id)
    await till.refund(holding, f"{holding.external_id}.1", None, "form")
    assert SECRET not in (await browser.get(place_of(post))).text


async def test_whoever_is_put_out_has_nothing_of_it(shop: Shop) -> None:
    browser, bob, post = await bought(shop)
    anna = shop.site.anna
    async with shop.site.db.write() as tx:
        await ban(tx, await anna.by(tx, anna.owner), anna.community, bob.id)
    assert SECRET not in (await browser.get(place_of(post))).text


async def test_a_post_above_a_closed_room_stays_closed_with_its_room(shop: Shop) -> None:
    browser, _, post = await bought(shop)
    anna = shop.site.anna
    from channel.members import governing

    async with shop.site.db.write() as tx:
        await governing.edit_room(tx, await anna.by(tx, anna.owner), anna.community, anna.news, min_rank=20)
    assert SECRET not in (await browser.get(place_of(post))).text


async def test_what_is_not_sold_alone_cannot_be_asked_for(shop: Shop) -> None:
    anna = shop.site.anna
    rendered = await prepare(Draft.parse(SECRET, min_rank=10), rooms={})
    async with shop.site.db.write() as tx:
        post, _ = await actions.publish(tx, await anna.by(tx, anna.owner), anna.owner, anna.news, rendered)
    bob = await shop.site.browser(await anna.member("Bob"))
    assert (await bob.get(f"{place_of(post)}/unlock")).status == 404
    assert (await bob.post(f"{place_of(post)}/unlock", {"key": "k"})).status == 404


async def test_a_tip_is_an_amount_of_ones_own(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    page = await browser.get("/@anna/tip")
    key = hidden(page, "key")
    wrong = await browser.post("/@anna/tip", {"key": key, "amount": "a lot", "currency": "EUR"})
    assert wrong.status == 422
    assert "amount" in wrong.text
    fields = {"key": key, "amount": "2,50", "currency": "EUR", "message": "Thank you"}
    sent = await browser.post("/@anna/tip", fields)
    assert "Thank you" in await browser.follow(sent.location, {"do": "pay"})
    [order] = await shop.orders(bob)
    assert (order.kind, order.amount, order.state, order.details.message) == ("tip", 250, "paid", "Thank you")
    assert await shop.rank(bob) == 0
