"""The operator's page keeps itself fresh, holds still when asked to, and says so when nobody answers."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.demo import Demo
from tests.browser.pages import Place
from tests.browser.visits import Look, context_for, visit

pytestmark = pytest.mark.browser
RUNNING = "() => document.querySelector('.readings:not(.now-tables *)') && [...document.querySelectorAll('[data-now] dd')].map((one) => one.textContent).join()"


async def test_it_refreshes_holds_still_and_tells_when_it_is_old(
    browser: Browser, demo: Demo, pages: dict[str, Place]
) -> None:
    context = await context_for(browser, demo, "creator", Look("phone", "dark", "en"))
    asked = 0
    away = False

    async def passing(route: Route) -> None:
        nonlocal asked
        if route.request.headers.get("channel-fragment") == "1":
            asked += 1
            if away:
                await route.abort()
                return
        await route.continue_()

    try:
        async with visit(context, demo, pages["admin-now"]) as seen:
            page = seen.page
            await page.route("**/admin/now", passing)
            first = await page.evaluate(RUNNING)
            await page.wait_for_function(f"(first) => ({RUNNING})() !== first", arg=first)
            assert asked >= 1
            pause = page.locator("[data-now-pause]")
            await pause.click()
            await expect(pause).to_have_attribute("aria-pressed", "true")
            held, before = await page.evaluate(RUNNING), asked
            await page.wait_for_timeout(4_500)
            assert (await page.evaluate(RUNNING), asked) == (held, before)
            away = True
            await pause.click()
            await expect(page.locator("[data-now-lost]")).to_be_visible()
            away = False
            await expect(page.locator("[data-now-lost]")).to_be_hidden()
    finally:
        await context.close()
