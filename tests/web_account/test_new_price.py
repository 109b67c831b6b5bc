"""The question whether one pays a new price, on the page of what one pays for."""

import pytest

from channel.accounts import Account
from channel.payments import Holding, raising
from channel.payments.model import DAY_MS
from channel.payments.raising import PriceChange, Question
from channel.tiers import prices
from tests.web_account.conftest import says
from tests.web_account.test_memberships import Till, path, till

__all__ = ["till"]
WAITED_FOR = "A new price: your answer is waited for"


async def announced(till: Till, *, days: int = 40, message: str = "Clay costs more.") -> PriceChange:
    """Anna asks for 7 €."""
    new = await till.offer(till.gold, 700)
    async with till.site.db.write() as tx:
        by = await till.site.anna.by(tx, till.site.anna.owner)
        return await raising.announce(
            tx, by, till.site.anna.community, till.price, new, from_at=tx.now + days * DAY_MS, message=message
        )


async def called_off(till: Till, change: PriceChange) -> None:
    async with till.site.db.write() as tx:
        by = await till.site.anna.by(tx, till.site.anna.owner)
        await raising.call_off(tx, by, till.site.anna.community, change)


async def said(till: Till, holding: Holding) -> Question | None:
    async with till.site.db.read() as tx:
        return await raising.asked(tx, holding)


async def test_the_question_stands_on_top_with_both_prices_the_day_and_what_the_creator_says(
    till: Till,
) -> None:
    holding = await till.buy()
    says(await till.browser.get(path(holding)), 200, "How it goes on")
    assert WAITED_FOR not in await till.browser.get("/account/memberships")
    await announced(till, message="Clay costs more.")
    page = await till.browser.get(path(holding))
    says(
        page, 200, "A new price, if you agree", "€5 a month", "<b>€7 a month</b>",
        "the first payment after 10 February 2026", "Clay costs more.",
        "Nothing changes without your yes.", ">Agree<", ">Decline<",
    )  # fmt: skip
    assert page.text.index("A new price") < page.text.index("How it goes on")
    assert WAITED_FOR in await till.browser.get("/account/memberships")


async def test_one_agrees_and_changes_ones_mind_until_the_day(till: Till) -> None:
    holding = await till.buy()
    change = await announced(till)
    yes, no = {"change_id": change.id, "agreed": "yes"}, {"change_id": change.id, "agreed": "no"}
    page = await till.browser.follow(path(holding, "/price"), yes)
    says(page, 200, "You agreed.", "You can change your answer until 10 February 2026.", ">Decline<")
    assert ">Agree<" not in page
    assert WAITED_FOR not in await till.browser.get("/account/memberships")
    assert await said(till, holding) == (change, True)
    page = await till.browser.follow(path(holding, "/price"), no)
    says(page, 200, "You declined.", ">Agree<")
    assert await said(till, holding) == (change, False)
    till.site.clock.forward(40 * DAY_MS)
    says(await till.browser.post(path(holding, "/price"), yes), 409, "This change of price is over.")
    assert "A new price" not in await till.browser.get(path(holding))


async def test_an_answer_to_another_question_than_the_one_that_was_seen_is_none(till: Till) -> None:
    holding = await till.buy()
    seen = await announced(till)
    await called_off(till, seen)
    says(
        await till.browser.post(path(holding, "/price"), {"change_id": seen.id, "agreed": "yes"}),
        409,
        "is over",
    )
    async with till.site.db.write() as tx:
        by = await till.site.anna.by(tx, till.site.anna.owner)
        new = (await prices.of_tier(tx, till.gold.id))[0]
        second = await raising.announce(
            tx, by, till.site.anna.community, till.price, new, from_at=tx.now + 40 * DAY_MS
        )
    for typed in ({"change_id": seen.id, "agreed": "yes"}, {"change_id": second.id, "agreed": "maybe"}):
        says(await till.browser.post(path(holding, "/price"), typed), 409, "Nothing was changed.")
    assert await said(till, holding) == (second, None)


async def test_nobody_answers_for_somebody_else(till: Till) -> None:
    holding = await till.buy()
    change = await announced(till)
    others: tuple[Account, ...] = (await till.site.anna.member("Eve"), till.site.anna.owner)
    for other in others:
        eve = await till.site.browser(other)
        says(await eve.post(path(holding, "/price"), {"change_id": change.id, "agreed": "yes"}), 404)
    assert await said(till, holding) == (change, None)


async def test_who_has_ended_it_is_asked_nothing(till: Till) -> None:
    holding = await till.buy()
    await announced(till)
    await till.browser.follow(path(holding, "/cancel"))
    assert "A new price" not in await till.browser.get(path(holding))
    assert WAITED_FOR not in await till.browser.get("/account/memberships")
    await till.browser.follow(path(holding, "/resume"))
    assert "A new price" in await till.browser.get(path(holding))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_it_is_asked_in_german(till: Till) -> None:
    holding = await till.buy()
    await announced(till)
    page = await (await till.site.browser(till.bob, "de")).get(path(holding))
    says(page, 200, "Ein neuer Preis, wenn du zustimmst", "Zustimmen", "Ablehnen")
