"""On a page with several forms nothing that was chosen in one is lost because another one was saved."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.demo import Demo
from tests.browser.pages import Place
from tests.browser.visits import Look, context_for, visit

pytestmark = pytest.mark.browser

LIMIT = "form[action$='/limit']"
TIMES = "#times form"


async def test_what_was_chosen_in_another_form_is_saved_along(
    browser: Browser, demo: Demo, pages: dict[str, Place]
) -> None:
    place = pages["account-notices"]
    context = await context_for(browser, demo, place.who, Look("desk", "light", "en"))
    try:
        async with visit(context, demo, place) as seen:
            before = [
                await _stands(seen.page, at) for at in (f"{LIMIT} select", f"{TIMES} [name=quiet_from]")
            ]
            await _chosen(seen.page, "3", "22:00", "07:00")
            await _chosen(seen.page, before[0], before[1], before[1] and "07:00")
        assert not seen.faults
    finally:
        await context.close()


async def test_of_what_is_refused_the_page_says_why_and_the_rest_is_saved(
    browser: Browser, demo: Demo, pages: dict[str, Place]
) -> None:
    place = pages["account-notices"]
    context = await context_for(browser, demo, place.who, Look("desk", "light", "en"))
    try:
        async with visit(context, demo, place) as seen:
            page = seen.page
            before = await _stands(page, f"{LIMIT} select")
            await page.locator(f"{LIMIT} select").first.select_option("5")
            await page.locator(f"{TIMES} [name=quiet_from]").fill("22:00")
            await page.locator(f"{TIMES} [name=quiet_to]").fill("")
            async with page.expect_navigation():
                await page.locator(f"{LIMIT} button").first.click()
            await expect(page.locator("[aria-invalid=true]").first).to_be_visible()
            await page.goto(demo.url + place.path)
            assert await _stands(page, f"{LIMIT} select") == "5"
            await _chosen(page, before, "", "")
    finally:
        await context.close()


async def _stands(page: Page, what: str) -> str:
    return await page.locator(what).first.input_value()


async def _chosen(page: Page, limit: str, quiet_from: str, quiet_to: str) -> None:
    """Choose in two forms, save the first, and find both kept."""
    await page.locator(f"{LIMIT} select").first.select_option(limit)
    await page.locator(f"{TIMES} [name=quiet_from]").fill(quiet_from)
    await page.locator(f"{TIMES} [name=quiet_to]").fill(quiet_to)
    async with page.expect_navigation():
        await page.locator(f"{LIMIT} button").first.click()
    await page.reload()
    assert await _stands(page, f"{LIMIT} select") == limit
    assert await _stands(page, f"{TIMES} [name=quiet_from]") == quiet_from
    assert await _stands(page, f"{TIMES} [name=quiet_to]") == quiet_to
