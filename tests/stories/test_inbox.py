"""Writing to the team and working off its inbox in a real browser: live, by keyboard, without losing one's place."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.axe import violations
from tests.stories.stage import HANDLE, Stage, staged

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("inbox")) as made:
        yield made


async def test_a_message_is_answered_by_keyboard_and_read_live(browser: Browser, house: Stage) -> None:
    api = f"/api/v1/communities/{HANDLE}"
    house.client.put(f"{api}/message-box", json={"on": True}).raise_for_status()
    kept = {"name": "Thanks", "text": "Thank you for writing."}
    house.client.post(f"{api}/saved-answers", json=kept).raise_for_status()
    nia, otto = await house.follower(browser, "Nia", "de"), await house.follower(browser, "Otto")
    mara = await house.anna(browser)
    try:
        for person, text in ((nia, "Is it *open* on Sunday?"), (otto, "My plate is broken.")):
            await person.go(f"/messages/{HANDLE}")
            await person.stamps()
            await person.page.locator("form[data-say] textarea").fill(text)
            await person.page.locator("form[data-say] button").click()
            await expect(person.page.locator("#talk .own .text")).to_have_count(1)
            assert await person.never_reloaded()
        await mara.go(f"/studio/{HANDLE}/inbox")
        items, keys = mara.page.locator("[data-item]"), mara.page.keyboard
        await expect(items).to_have_count(2)
        assert not await violations(mara.page)
        await keys.press("j")
        await expect(items.first).to_be_focused()
        await keys.press("r")
        await mara.page.locator("[data-item] select[name=saved]").first.select_option(label="Thanks")
        area = mara.page.locator("[data-item] textarea").first
        await expect(area).to_have_value("Thank you for writing.")
        await expect(area).to_be_focused()
        await keys.press("Control+Enter")
        await expect(items).to_have_count(1)
        await expect(nia.page.locator("#talk .chat-line:not(.own) .text")).to_have_text(
            "Thank you for writing."
        )
        assert await nia.never_reloaded()
        assert not [frame for frame in otto.heard if "Thank you" in frame], "it is told to nobody else"
        await items.first.focus()
        await keys.press("h")
        await expect(mara.page.locator("[data-later-drop] button[value=tomorrow]")).to_be_focused()
        await keys.press("Enter")
        await expect(items).to_have_count(0)
        await mara.go(f"/studio/{HANDLE}/inbox?show=later")
        await expect(items).to_have_count(1)
        await keys.press("j")
        await expect(items.first).to_be_focused()
        await keys.press("a")
        await expect(mara.page.locator("[data-assign-drop] button").first).to_be_focused()
        await keys.press("Enter")
        await expect(mara.page.locator("[data-assign-drop] summary.tint")).to_have_count(1)
        assert not mara.faults and not nia.faults and not otto.faults
    finally:
        for person in (nia, otto, mara):
            await person.context.close()
