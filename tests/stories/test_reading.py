"""Reading: what is new is found at once, and nothing moves under the reader's eye. And the keys."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.stories.stage import ROOM, Stage, staged

pytestmark = pytest.mark.browser

LONG = "A kiln is loaded from the bottom up, and every shelf stands on three posts. " * 6


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("reading")) as made:
        for number in range(1, 21):
            made.post(f"No. {number}. {LONG}")
        yield made


async def test_a_room_opens_at_the_first_unread_post_and_one_button_leads_to_the_newest(
    browser: Browser, house: Stage
) -> None:
    otto = await house.follower(browser, "Otto", "de")
    try:
        await otto.go("/about")
        for number in range(1, 9):
            house.post(f"News {number}. {LONG}")
        await otto.go(ROOM)
        await otto.is_live()
        line = otto.page.locator("#unread")
        await expect(line).to_be_in_viewport()
        await expect(line).to_contain_text("8")
        await expect(otto.page.locator("article.post:has-text('News 1.')")).to_be_in_viewport()
        below = otto.page.locator("[data-to-newest]")
        await expect(below).to_have_text(re.compile(r"\d+"))
        await below.click()
        await expect(otto.page.locator("article.post:has-text('News 8.')")).to_be_in_viewport(ratio=0.9)
        await expect(below).to_be_hidden()
        await nothing_is_unread(otto.page)
    finally:
        await otto.context.close()


async def nothing_is_unread(page: Page) -> None:
    """The list of rooms says so, on whichever device; the position is told a moment after reading."""
    badge = page.locator("main .room-row .badge")
    for _ in range(30):
        await page.goto(page.url.split("/@")[0] + "/")
        if await badge.count() == 0:
            return
        await page.wait_for_timeout(500)
    raise AssertionError("the room is still unread")


async def test_a_reader_who_scrolled_up_is_not_moved(browser: Browser, house: Stage) -> None:
    nia = await house.follower(browser, "Nia", phone=False)
    try:
        reading = nia.page.locator("article.post:has-text('No. 12.')")
        await reading.evaluate("(node) => node.scrollIntoView({ block: 'center', behavior: 'instant' })")
        below = nia.page.locator("[data-to-newest]")
        await expect(below).to_be_visible()
        before = await reading.bounding_box()
        for number in range(1, 4):
            house.post(f"While she reads, {number}. {LONG}")
        await expect(nia.page.locator("article.post:has-text('While she reads, 3.')")).to_be_attached()
        await expect(below).to_have_text(nia.say("{n} new").format(n=3))
        assert await reading.bounding_box() == before
        await expect(nia.page.locator("article.post:has-text('While she reads, 3.')")).not_to_be_in_viewport()
    finally:
        await nia.context.close()


async def test_a_reader_at_the_end_follows_what_comes(browser: Browser, house: Stage) -> None:
    yuki = await house.follower(browser, "Yuki")
    try:
        house.post(f"Here it comes. {LONG}")
        await expect(yuki.page.locator("article.post:has-text('Here it comes.')")).to_be_in_viewport(
            ratio=0.9
        )
        await expect(yuki.page.locator("[data-to-newest]")).to_be_hidden()
    finally:
        await yuki.context.close()


async def test_the_keyboard_leads_anywhere(browser: Browser, house: Stage) -> None:
    anna = await house.anna(browser)
    try:
        await anna.go("/account")
        await anna.page.keyboard.press("?")
        keys = anna.page.locator("dialog.keys-dialog")
        await expect(keys).to_be_visible()
        await anna.page.keyboard.press("Escape")
        await expect(keys).to_have_count(0)
        await anna.page.keyboard.press("Control+k")
        palette = anna.page.locator("dialog.palette")
        await expect(palette.locator("[role=option]").first).to_be_visible()
        await anna.page.keyboard.type("news")
        await expect(palette.locator("[role=option][aria-selected=true]")).to_contain_text("News")
        await anna.page.keyboard.press("Enter")
        await expect(anna.page).to_have_url(re.compile(ROOM))
    finally:
        await anna.context.close()
