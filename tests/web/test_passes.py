"""What a pass says of itself before any click: price, tax, seats, and to whom it is sold."""

import pytest

from channel import communities
from channel.members import Role, actions
from channel.payments import Status, queries
from channel.payments.connecting import switch as switch_way
from tests.cast import person
from tests.web.conftest import DAY_MS, Site
from tests.web.shop import Shop, open_shop, pay


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await open_shop(site)


async def test_a_card_says_price_tax_and_interval_before_any_click(shop: Shop) -> None:
    await shop.offer(amount=5000, interval="year")
    await shop.change(trial_days=7)
    page = await shop.site.stranger().get("/@anna")
    assert "€5" in page
    assert "a month, incl. VAT" in page
    assert "€50" in page
    assert "7 days free, then €5 a month" in page
    assert f'href="{shop.path}?price={shop.price.id}"' in page
    assert 'value="year"' in page
    assert "By invitation" not in page
    german = await shop.site.stranger("de").get("/@anna")
    assert "5\u00a0€" in german


async def test_without_a_price_or_somebody_who_takes_it_a_pass_is_by_invitation(shop: Shop) -> None:
    silver = await shop.site.anna.tier("Silver", 5)
    page = await shop.site.stranger().get("/@anna")
    assert page.text.count("By invitation") == 1
    async with shop.site.db.write() as tx:
        by = await shop.site.anna.by(tx, shop.site.anna.owner)
        await switch_way(tx, by, shop.site.anna.community, shop.connection, on=False)
    page = await shop.site.stranger().get("/@anna")
    assert page.text.count("By invitation") == 2
    assert "€5" not in page
    assert (await shop.site.stranger().get(f"/@anna/tiers/{silver.id}")).status == 200


async def test_archived_and_hidden_passes_are_not_shown_and_only_the_hidden_one_is_sold(shop: Shop) -> None:
    stranger = shop.site.stranger()
    await shop.change(state="hidden")
    assert "Gold" not in await stranger.get("/@anna")
    assert "Pay €5" in await stranger.get(shop.path)
    await shop.change(state="archived")
    page = await stranger.get(shop.path)
    assert "not given to anybody new" in page
    assert "Pay €5" not in page


async def test_whoever_has_a_pass_that_is_not_listed_sees_it_as_theirs(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob", tier=shop.gold)
    await shop.change(state="archived")
    page = await (await shop.site.browser(bob)).get("/@anna")
    assert "Gold" in page
    assert "This is your pass." in page


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MODERATOR])
async def test_who_runs_the_place_has_nothing_to_buy(shop: Shop, role: Role) -> None:
    admin = await shop.site.anna.member("Ada", role=role)
    browser = await shop.site.browser(admin)
    assert "nothing to buy" in await browser.get(shop.path)
    assert (await browser.post(shop.path, {"price": shop.price.id})).status == 409


async def test_where_joining_needs_a_yes_nobody_pays_before(shop: Shop) -> None:
    async with shop.site.db.write() as tx:
        await communities.update_fields(tx, shop.site.anna.community.id, approval=True)
    bob = await person(shop.site.db, "Bob")
    browser = await shop.site.browser(bob)
    page = await browser.get(shop.path)
    assert "Ask to join first" in page
    assert (await browser.post(shop.path, {"price": shop.price.id})).status == 409
    await browser.post("/@anna/join")
    assert "You have asked to join" in await browser.get(shop.path)
    async with shop.site.db.write() as tx:
        by = await shop.site.anna.by(tx, shop.site.anna.owner)
        await actions.approve(tx, by, shop.site.anna.community, [bob.id])
    await pay(browser, shop)
    assert await shop.rank(bob) == 10


async def test_a_full_tier_takes_nobodys_money(shop: Shop) -> None:
    await shop.change(capacity=1)
    assert "1 seat left" in await shop.site.stranger().get("/@anna")
    await pay(await shop.site.browser(await shop.site.anna.member("Bob")), shop)
    page = await shop.site.stranger().get("/@anna")
    assert "All seats are taken" in page
    cara = await shop.site.browser(await shop.site.anna.member("Cara"))
    assert "All seats" in await cara.get(shop.path)
    assert (await cara.post(shop.path, {"price": shop.price.id})).status == 409


async def test_a_member_waits_for_a_seat_and_can_stop_waiting(shop: Shop) -> None:
    await shop.change(capacity=1)
    cara = await shop.site.browser(await shop.site.anna.member("Cara"))
    assert "Pay €5" in await cara.follow(f"{shop.path}/wait"), "a free seat is to be taken"
    await pay(await shop.site.browser(await shop.site.anna.member("Bob")), shop)
    assert "Put me on the waiting list" in await cara.get(shop.path)
    assert "You are on the waiting list" in await cara.follow(f"{shop.path}/wait")
    assert "Put me on the waiting list" in await cara.follow(f"{shop.path}/wait", {"stop": "1"})
    stranger = await shop.site.browser(await person(shop.site.db, "Zed"))
    assert (await stranger.post(f"{shop.path}/wait")).status == 409
    assert "Put me on the waiting list" not in await stranger.get(shop.path)


async def test_who_was_put_out_or_may_not_know_of_it_finds_no_checkout(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    async with shop.site.db.write() as tx:
        by = await shop.site.anna.by(tx, shop.site.anna.owner)
        await actions.ban(tx, by, shop.site.anna.community, bob.id)
    browser = await shop.site.browser(bob)
    assert (await browser.get(shop.path)).status == 403
    assert (await browser.post(shop.path, {"price": shop.price.id})).status == 403
    async with shop.site.db.write() as tx:
        await communities.update_fields(tx, shop.site.anna.community.id, visibility="private")
    assert (await shop.site.stranger().get(shop.path)).status == 404
    assert (await shop.site.stranger().post(shop.path, {"display_name": "Z"})).status == 404
    assert (await shop.site.stranger().get(f"/@anna/tiers/{shop.site.anna.free.id}")).status == 404


async def test_what_had_lapsed_is_named(shop: Shop) -> None:
    bob = await shop.site.anna.member("Bob")
    browser = await shop.site.browser(bob)
    await pay(browser, shop)
    counter = shop.site.app.state.services.counter
    async with shop.site.db.read() as tx:
        (holding,) = await queries.holdings_of(tx, bob.id)
    await counter.cancel(holding)
    shop.site.clock.forward(40 * DAY_MS)
    ended = await counter.refresh(shop.connection.id, holding.external_id)
    assert ended is not None
    assert ended.status is Status.ENDED
    assert "You had it until 1 February 2026." in await browser.get("/@anna")
    assert "You had Gold until 1 February 2026." in await browser.get(shop.path)
