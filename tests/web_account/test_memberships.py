"""What one pays for, as one looks after it: receipts, switching, pausing, ending in two taps, returning with one."""

from dataclasses import dataclass

import pytest

from channel import tiers
from channel.accounts import Account
from channel.errors import Unavailable
from channel.members import State, actions, grants
from channel.payments import Connection, Holding, Status, coupons, queries
from channel.payments.connecting import connect
from channel.payments.provider import Abilities
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from tests.web.conftest import DAY_MS, Browser, Page, Site
from tests.web_account.conftest import says


@dataclass
class Till:
    """Anna's community sells Gold and Top; Bob has a browser."""

    site: Site
    gold: Tier
    top: Tier
    price: Price
    connection: Connection
    bob: Account
    browser: Browser

    async def buy(self, price: Price | None = None, tier: Tier | None = None, **fields: str) -> Holding:
        price, tier = price or self.price, tier or self.gold
        sent = await self.browser.post(f"/@anna/tiers/{tier.id}", {"price": price.id} | fields)
        assert sent.status == 303, sent.text[:2000]
        says(await self.browser.follow(sent.location, {"do": "pay"}), 200, "Thank you")
        return await self.holding()

    async def holding(self) -> Holding:
        async with self.site.db.read() as tx:
            return (await queries.holdings_of(tx, self.bob.id))[0]

    async def rank(self) -> int:
        async with self.site.db.read() as tx:
            return (await self.site.anna.by(tx, self.bob)).rank

    async def offer(self, tier: Tier, amount: int, **about: object) -> Price:
        given = {"currency": "EUR", "interval": "month"} | about
        async with self.site.db.write() as tx:
            return await prices.offer(tx, tier, amount=amount, **given)  # type: ignore[arg-type]

    async def refresh(self, holding: Holding) -> None:
        await self.site.app.state.services.counter.refresh(self.connection.id, holding.external_id)

    async def coupon(self, **about: object) -> None:
        async with self.site.db.write() as tx:
            by = await self.site.anna.by(tx, self.site.anna.owner)
            await coupons.create(tx, by, self.site.anna.community, kind="percent", value=50, **about)  # type: ignore[arg-type]

    def break_provider(self) -> None:
        counter = self.site.app.state.services.counter
        counter.providers = {"sandbox": Away()}

    def mend_provider(self, real: dict[str, object]) -> None:
        self.site.app.state.services.counter.providers = real


class Away:
    """A provider that does not answer."""

    name = "sandbox"
    abilities = Abilities()

    def __getattr__(self, name: str) -> object:
        async def fail(*_: object, **__: object) -> None:
            raise Unavailable("The payment provider does not answer.")

        return fail


@pytest.fixture
async def till(site: Site) -> Till:
    gold, top = await site.anna.tier("Gold", 10), await site.anna.tier("Top", 20)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        seal = site.app.state.services.counter.seal
        connection = await connect(tx, by, site.anna.community, "sandbox", seal, account="sandbox")
        price = await prices.offer(tx, gold, amount=500, currency="EUR", interval="month")
    bob = await site.anna.member("Bob")
    return Till(site, gold, top, price, connection, bob, await site.browser(bob))


def path(holding: Holding, more: str = "") -> str:
    return f"/account/memberships/{holding.id}{more}"


async def test_who_pays_nothing_is_told_so(till: Till) -> None:
    says(await till.browser.get("/account/memberships"), 200, "You pay for nothing")


async def test_the_page_says_what_is_paid_and_what_comes_next(till: Till) -> None:
    holding = await till.buy()
    says(
        await till.browser.get("/account/memberships"), 200, "Gold", "€5 a month", "Renews on 1 February 2026"
    )
    page = await till.browser.get(path(holding))
    says(page, 200, "Next payment", "<b>€5</b> · 1 February 2026", "for as long as you pay", "Payment")
    assert "/account/memberships" in await till.browser.get("/account")


async def test_a_code_that_still_holds_makes_the_next_payment_less(till: Till) -> None:
    await till.coupon(code="TWICE", periods=2)
    holding = await till.buy(code="TWICE")
    says(await till.browser.get(path(holding)), 200, "<b>€2.50</b> · 1 February 2026")
    till.site.clock.forward(32 * DAY_MS)
    await till.refresh(holding)
    says(await till.browser.get(path(holding)), 200, "<b>€5</b> · 1 March 2026")


async def test_a_membership_is_shown_to_nobody_else(till: Till) -> None:
    holding = await till.buy()
    for other in (await till.site.anna.member("Eve"), till.site.anna.owner):
        eve = await till.site.browser(other)
        for more in ("", "/switch", "/cancel"):
            says(await eve.get(path(holding, more)), 404)
        for more in ("/switch", "/cancel", "/stay", "/resume", "/pause", "/portal"):
            says(await eve.post(path(holding, more)), 404)
    assert (await till.holding()).runs


async def test_two_taps_end_it_at_the_end_of_what_is_paid_and_one_brings_it_back(till: Till) -> None:
    holding = await till.buy()
    page = await till.browser.get(path(holding, "/cancel"))
    says(page, 200, "It stays open until 1 February 2026", "You need not say")
    ended = await till.browser.follow(
        path(holding, "/cancel"), {"reason": "Too expensive for me", "words": "sorry"}
    )
    says(ended, 200, "Nothing more is charged", "Ends on 1 February 2026", "Keep it after all")
    assert (await till.holding()).leave_reason == "Too expensive for me: sorry"
    assert await till.rank() == 10
    says(await till.browser.follow(path(holding, "/resume")), 200, "It goes on", "Renews on 1 February 2026")
    await till.browser.follow(path(holding, "/cancel"))
    till.site.clock.forward(32 * DAY_MS)
    assert await till.rank() == 0
    says(
        await till.browser.get("/account/memberships"), 200, "Ended on 1 February 2026"
    )  # before we were told
    says(await till.browser.get(path(holding)), 200, "You had Gold until 1 February 2026", "Get it back")
    says(await till.browser.get("/@anna"), 200, "Get Gold")
    await till.refresh(holding)
    says(await till.browser.get(path(holding)), 200, "You had Gold until 1 February 2026", "Get it back")


async def test_own_words_have_a_length(till: Till) -> None:
    holding = await till.buy()
    page = await till.browser.post(path(holding, "/cancel"), {"words": "x" * 161})
    says(page, 422, 'id="p-words"')
    assert (await till.holding()).runs


async def test_one_honest_offer_is_made_to_who_goes_and_once(till: Till) -> None:
    await till.coupon(code="STAY", periods=3, retention=True)
    holding = await till.buy()
    says(await till.browser.get(path(holding, "/cancel")), 200, "Or stay for less", "€2.50 instead of €5")
    says(await till.browser.follow(path(holding, "/stay")), 200, "Good that you stay", "<b>€2.50</b>")
    assert "Or stay for less" not in await till.browser.get(path(holding, "/cancel"))
    await till.browser.follow(path(holding, "/stay"))
    assert (await till.holding()).runs


async def test_what_a_switch_comes_to_is_said_before_it_is_done(till: Till) -> None:
    dear = await till.offer(till.top, 900)
    yearly = await till.offer(till.gold, 5000, interval="year")
    dollars = await till.offer(till.top, 1000, currency="USD")
    holding = await till.buy()
    choices = await till.browser.get(path(holding, "/switch"))
    says(choices, 200, dear.id, yearly.id)
    assert dollars.id not in choices
    assert till.price.id not in choices
    page = await till.browser.get(path(holding, f"/switch?price={dear.id}"))
    says(page, 200, "Switch and pay €4", "Today", "1 February 2026")
    assert await till.rank() == 10
    says(await till.browser.follow(path(holding, "/switch"), {"price": dear.id}), 200, "Switched.", "Top")
    assert await till.rank() == 20
    down = await till.browser.get(path(holding, f"/switch?price={till.price.id}"))
    says(down, 200, "What only Top opens closes at once")


async def test_what_is_not_offered_cannot_be_switched_to(till: Till) -> None:
    hidden = await till.offer(till.top, 900)
    async with till.site.db.write() as tx:
        till.top = await tiers.update_fields(tx, till.top, state="hidden")
    holding = await till.buy()
    says(await till.browser.get(path(holding, "/switch")), 200, "nothing to switch to")
    says(await till.browser.post(path(holding, "/switch"), {"price": hidden.id}), 409, "not offered any more")
    assert await till.rank() == 10


async def test_a_full_tier_is_no_choice(till: Till) -> None:
    dear = await till.offer(till.top, 900)
    async with till.site.db.write() as tx:
        await tiers.update_fields(tx, till.top, capacity=1)
    await till.site.anna.member("Eve", tier=till.top)
    holding = await till.buy()
    assert dear.id not in await till.browser.get(path(holding, "/switch"))
    says(await till.browser.post(path(holding, "/switch"), {"price": dear.id}), 409)


async def test_a_pause_charges_nothing_until_it_goes_on(till: Till) -> None:
    holding = await till.buy()
    says(await till.browser.follow(path(holding, "/pause")), 200, "Paused", "none until you go on")
    assert (await till.holding()).status is Status.PAUSED
    says(await till.browser.post(path(holding, "/pause")), 409, "Nothing was changed")
    says(await till.browser.follow(path(holding, "/resume")), 200, "It goes on")


async def test_a_failed_payment_says_until_when_it_stays_open_and_what_to_do(till: Till) -> None:
    holding = await till.buy()
    card = f"/sandbox/{holding.external_id}"
    says(await till.browser.follow(card, {"do": "fail"}), 200, "The card is declined from now on")
    till.site.clock.forward(31 * DAY_MS)
    await till.refresh(holding)
    page = await till.browser.get(path(holding))
    says(page, 200, "The last payment failed.", "stays open until 8 February 2026", "Pay now", card)
    says(await till.browser.get("/account/memberships"), 200, "The payment failed")
    await till.browser.follow(card, {"do": "mend"})
    await till.refresh(holding)
    assert "The last payment failed." not in await till.browser.get(path(holding))


async def test_where_there_is_no_portal_nothing_is_changed(till: Till) -> None:
    holding = await till.buy()
    page = await till.browser.post(path(holding, "/portal"))
    says(page, 409, "Nothing was changed.", "no cards to change")


async def test_while_the_provider_is_away_nothing_changes_and_the_page_says_so(till: Till) -> None:
    dear = await till.offer(till.top, 900)
    await till.coupon(code="STAY", retention=True)
    holding = await till.buy()
    real = dict(till.site.app.state.services.counter.providers)
    till.break_provider()
    for more, fields in (("/cancel", {}), ("/pause", {}), ("/stay", {}), ("/switch", {"price": dear.id})):
        page = await till.browser.post(path(holding, more), fields)
        says(page, 503, "does not answer")
        assert "retry-after" in page.answer.headers
    says(await till.browser.get(path(holding, f"/switch?price={dear.id}")), 503, "does not answer")
    till.mend_provider(real)
    assert (await till.holding()).runs
    says(await till.browser.get(path(holding, "/cancel")), 200, "Or stay for less")


async def test_given_passes_are_shown_with_end_and_reason(till: Till) -> None:
    async with till.site.db.write() as tx:
        await grants.give(
            tx, till.site.anna.community.id, till.bob.id, till.gold.id, source="guest", source_id="g1",
            ends_at=tx.now + DAY_MS, reason="For the press",
        )  # fmt: skip
        await grants.settle(tx, till.site.anna.community.id, till.bob.id)
    says(
        await till.browser.get("/account/memberships"), 200,
        "What you were given", "a guest pass", "For the press", "until 2 January 2026",
    )  # fmt: skip
    till.site.clock.forward(DAY_MS)
    assert "For the press" not in await till.browser.get("/account/memberships")


async def test_what_was_bought_for_good_has_nothing_to_end(till: Till) -> None:
    once = await till.offer(till.gold, 9900, interval="once")
    holding = await till.buy(once)
    page = await till.browser.get(path(holding))
    says(page, 200, "Yours for good", "for good")
    assert "End it" not in page
    assert "Get it back" not in page
    assert (await till.browser.get(path(holding, "/cancel"))).location == path(holding)


async def test_leaving_says_what_happens_to_the_subscription(till: Till) -> None:
    await till.buy()
    says(await till.browser.get("/@anna"), 200, "Your subscription ends", "come back before 1 February 2026")


async def delete(till: Till) -> Page:
    return await till.browser.post("/account/delete", {"typed_name": "Bob"})


async def test_deleting_the_account_ends_what_is_paid_first(till: Till) -> None:
    await till.buy()
    assert (await delete(till)).status == 303
    assert (await till.holding()).status is Status.ENDED
    assert State((await till.site.anna.standing(till.bob)).state) is State.LEFT


async def test_an_account_whose_subscription_cannot_be_ended_is_not_deleted(till: Till) -> None:
    await till.buy()
    real = dict(till.site.app.state.services.counter.providers)
    till.break_provider()
    says(await delete(till), 503, "Your account is as it was")
    assert await till.rank() == 10
    says(await till.browser.get("/account"), 200, "Bob")
    till.mend_provider(real)
    assert (await delete(till)).status == 303


async def test_who_may_not_delete_their_account_keeps_what_they_pay_for(till: Till) -> None:
    await till.buy()
    from channel.members import found

    async with till.site.db.write() as tx:
        await found(tx, till.bob, handle="bobs", name="Bobs own")
    says(await delete(till), 409)
    assert (await till.holding()).runs


async def test_whoever_is_banned_still_sees_what_they_paid(till: Till) -> None:
    holding = await till.buy()
    async with till.site.db.write() as tx:
        by = await till.site.anna.by(tx, till.site.anna.owner)
        await actions.ban(tx, by, till.site.anna.community, till.bob.id)
    says(await till.browser.get(path(holding)), 200, "What you paid", "€5")
