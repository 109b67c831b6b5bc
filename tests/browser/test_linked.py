"""What a link in a letter or a notice opens, in every state: accessible, without errors, without scrolling sideways."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.browser.axe import violations
from tests.browser.linked import MEMBERS, STRANGERS, House, State, opened
from tests.browser.visits import PATIENCE_MS, REGIONS, SIZES, WATCH, Look, Visit, settled

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("LINKED_PICTURES", "")  # where somebody wants to look at the pages
LOOKS = (Look("phone", "light", "de"), Look("desk", "dark", "en"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("states", [MEMBERS, STRANGERS], ids=["members", "strangers"])
async def test_nothing_is_wrong_with_what_links_open(
    browser: Browser, tmp_path: Path, states: tuple[State, ...], look: Look
) -> None:
    wrong: list[str] = []
    async with opened(tmp_path, look.language) as house:
        contexts: dict[str, BrowserContext] = {}
        for state in states:
            if state.who not in contexts:
                contexts[state.who] = await profile(browser, house, state.who, look)
            wrong += [f"{state.name}: {what}" for what in await seen(contexts[state.who], house, state, look)]
        for context in contexts.values():
            await context.close()
    assert not wrong, "\n" + "\n".join(wrong)


async def profile(browser: Browser, house: House, who: str, look: Look) -> BrowserContext:
    width, height = SIZES[look.device]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=look.scheme, locale=REGIONS[look.language],
        timezone_id="Europe/Berlin", has_touch=look.device == "phone", reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(WATCH)
    if who != "guest":
        await context.add_cookies([{"name": "channel", "value": house.cookies[who], "url": house.url}])
    return context


async def seen(context: BrowserContext, house: House, state: State, look: Look) -> list[str]:
    """What is wrong with the page when it has come to that."""
    visit = Visit(await context.new_page())
    page = visit.page
    visit.listen(urlsplit(house.url).netloc, state.status)
    try:
        answer = await page.goto(house.url + state.path.format(**house.holes), wait_until="load")
        if state.bend:
            await settled(page)
            await page.evaluate(state.bend)
        if state.press:
            async with page.expect_navigation(wait_until="load") as led:
                await page.locator(state.press).first.click()
            answer = await led.value
        await settled(page)
        facts = (answer.status if answer else None, await page.evaluate("document.documentElement.lang"))
        if facts != (state.status, look.language):
            visit.faults.append(f"answered {facts}")
        if state.name.endswith("-muted"):  # told in the hours of whoever looks
            said = await page.locator("main .banner time[data-exact]").inner_text()
            visit.faults += [f"says {said}"] if "UTC" in said else []
        if PICTURES:
            await page.screenshot(path=f"{PICTURES}/{state.name}-{look}.png", full_page=True)
        sideways = [f"sideways: {what}" for what in await visit.sideways()]
        return [*visit.faults, *sideways, *await violations(page)]
    finally:
        await page.close()
