"""Reacting: by a tap, by two, from all emoji by keyboard, without scripts; everybody sees the numbers, nobody the names."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.browser.axe import violations
from tests.stories.cast import SKIPPED
from tests.stories.stage import ROOM, Stage, staged

pytestmark = pytest.mark.browser
FOUND = "[id^=emo-], [id^=fav-]"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("reacting")) as made:
        yield made


def complaints(page: Page) -> list[str]:
    """What the browser complains of from here on: a policy that was broken, say."""
    told: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            told.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: told.append(str(error)) if str(error) != SKIPPED else None)
    return told


async def test_a_tap_counts_for_everybody_and_names_nobody(browser: Browser, house: Stage) -> None:
    post = house.post("Shall we?")
    nia, otto = await house.follower(browser, "Nia", "de"), await house.follower(browser, "Otto", phone=False)
    try:
        ours = f"article[data-id='{post['id']}']"
        told = complaints(nia.page)
        await nia.page.locator(f"{ours} details.react summary").click()
        await nia.page.locator(f"{ours} .offered button[value='🎉']").click()
        for person, pressed in ((nia, "true"), (otto, "false")):
            chip = person.page.locator(f"{ours} .reactions > .reaction[value='🎉']")
            await expect(chip).to_have_text("🎉1")
            await expect(chip).to_have_attribute("aria-pressed", pressed)
        await otto.page.locator(f"{ours} .text").dblclick()
        heart = f"{ours} .reactions > .reaction[value='❤️']"
        await expect(nia.page.locator(heart)).to_have_text("❤️1")
        await otto.page.reload()
        await expect(otto.page.locator(heart)).to_have_attribute("aria-pressed", "true")
        await otto.page.locator(heart).click()
        await expect(nia.page.locator(heart)).to_have_count(0)
        assert not any("Nia" in frame for frame in otto.heard if '"counts"' in frame)
        assert not told and not otto.faults, told
    finally:
        await nia.context.close()
        await otto.context.close()


@pytest.mark.parametrize(("language", "word"), [("en", "octopus"), ("de", "oktopus")])
async def test_all_emoji_are_searched_by_keyboard(
    browser: Browser, house: Stage, language: str, word: str
) -> None:
    post = house.post("Guess who.")
    ours = f"article[data-id='{post['id']}']"
    yuki = await house.follower(browser, "Yuki", language)
    try:
        told = complaints(yuki.page)
        await yuki.page.locator(f"{ours} details.react summary").focus()
        await yuki.page.keyboard.press("Enter")
        await yuki.page.locator(f"{ours} .offered .all").focus()
        await yuki.page.keyboard.press("Enter")
        dialog = yuki.page.locator("dialog.picker-dialog")
        await expect(dialog.locator(FOUND).first).to_be_visible()
        await dialog.locator("input[type=search]").focus()
        await yuki.page.keyboard.type(word)
        await expect(dialog.locator(FOUND).first).to_contain_text("🐙")
        assert await violations(yuki.page) == []
        await yuki.page.keyboard.press("ArrowDown")
        await yuki.page.keyboard.press("Enter")
        await expect(yuki.page.locator(f"{ours} .reactions > .reaction[value='🐙']")).to_have_text("🐙1")
        await expect(yuki.page.locator(f"{ours} details.react summary")).to_be_focused()
        assert not told, told
    finally:
        await yuki.context.close()


async def test_without_scripts_a_button_of_the_form_does_it(browser: Browser, house: Stage) -> None:
    post = house.post("Plainly.")
    tom = await house.follower(browser, "Tom")
    cookies = await tom.context.cookies()
    await tom.context.close()
    context = await browser.new_context(java_script_enabled=False)
    try:
        await context.add_cookies(
            [{"name": c["name"], "value": c["value"], "url": house.server.url} for c in cookies]
        )  # type: ignore[typeddict-item]
        page = await context.new_page()
        await page.goto(house.server.url + ROOM)
        ours = page.locator(f"article[data-id='{post['id']}']")
        await ours.locator("details.react summary").click()
        await ours.locator(".offered button[value='👍']").click()
        await expect(ours.locator(".reactions > .reaction[value='👍']")).to_have_text("👍1")
        await ours.locator(".reactions > .reaction[value='👍']").click()
        await expect(ours.locator(".reactions > .reaction[value='👍']")).to_have_count(0)
    finally:
        await context.close()
