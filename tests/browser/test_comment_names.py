"""Somebody is named in a comment: found in the list while one types, told, and led to the place."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.demo import Demo, Who
from tests.browser.pages import GERMAN, STUDIO
from tests.browser.test_conversation import call, go, room_id
from tests.browser.visits import Look, context_for

pytestmark = pytest.mark.browser
ROOM = "werkstatt"


@contextlib.asynccontextmanager
async def screen(browser: Browser, demo: Demo, who: Who, name: str) -> AsyncIterator[Page]:
    context = await context_for(browser, demo, who, Look(name, "light", "en"))
    try:
        yield await context.new_page()
    finally:
        await context.close()


@pytest.mark.parametrize("device", ["phone", "desk"])
async def test_staff_choose_a_name_and_see_how_many_a_group_is(
    browser: Browser, demo: Demo, device: str, tmp_path: Path
) -> None:
    with demo.client("creator") as mara:
        words = {"room": room_id(mara, ROOM), "text": f"Glazes, {device}.", "key": f"names-{device}"}
        assert mara.post(f"{STUDIO}/posts", data=words | {"shown": "all"}).status_code == 303
        newest = call(mara, "GET", f"/rooms/{room_id(mara, ROOM)}/posts?limit=1")["items"][0]  # type: ignore[index]
    async with screen(browser, demo, "creator", device) as page:
        await go(page, demo, f"/@{GERMAN}/{ROOM}/{newest['seq']}")
        area = page.locator("form[data-write] textarea")
        await area.press_sequentially("Ask @")
        await expect(page.locator(".names [role=option]").first).to_be_visible()
        await page.screenshot(path=tmp_path / f"{device}-list.png")
        await area.press("Enter")
        await area.press_sequentially("and @everyone ")
        await expect(page.locator("[data-told]")).to_contain_text("Notifies")
        await page.screenshot(path=tmp_path / f"{device}-told.png")
        await area.press("Control+Enter")
        await expect(page.locator("article.comment:not(.sending) span.mention[data-who]")).to_have_count(1)
        await expect(page.locator("[data-told]")).to_have_count(0)
        await page.screenshot(path=tmp_path / f"{device}-said.png")
