"""Pages work before scripts run: setting up, founding, posting, joining, reading, signing out and in by plain forms."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.faults.process import ServerProcess
from tests.stories.cast import Creator, Follower, profile

pytestmark = pytest.mark.browser

TEXT = "Wir öffnen am Sonntag."


@pytest.mark.parametrize(
    ("empty", "language"),
    [("sqlite", "de"), ("postgres", "en")],
    indirect=["empty"],
    ids=["sqlite-de", "postgres-en"],
)
async def test_everything_that_matters_is_a_plain_form(
    browser: Browser, empty: ServerProcess, language: str
) -> None:
    desk = await profile(browser, language, java_script_enabled=False)
    phone = await profile(browser, language, phone=True, java_script_enabled=False)
    mara = Creator(await desk.new_page(), empty.url, language)
    otto = Follower(await phone.new_page(), empty.url, language)
    try:
        await she_sets_up_and_posts(mara, empty)
        await he_joins_and_reads(mara, otto)
        await she_posts_in_the_room(mara)
        await he_reads_what_is_new(otto)
        await she_signs_out_and_in_again(mara, empty)
    finally:
        await desk.close()
        await phone.close()


async def she_sets_up_and_posts(mara: Creator, server: ServerProcess) -> None:
    link = await asyncio.to_thread(server.setup_link)
    await mara.sets_up(link)
    await mara.founds("Brandt Keramik")
    form = mara.page.locator("#compose")
    await form.locator("[name=text]").fill(TEXT)
    await mara.press("#compose [data-send]")
    await expect(mara.page.locator("main")).to_contain_text(TEXT)


async def he_joins_and_reads(mara: Creator, otto: Follower) -> None:
    await otto.joins(await mara.invites("Marktstand"), "Otto")
    await expect(otto.texts).to_have_text([TEXT])


async def she_posts_in_the_room(mara: Creator) -> None:
    await mara.go(f"/@{mara.handle}/news")
    await mara.page.locator("form[data-composer] [name=text]").fill("Bringt Kuchen mit.")
    await mara.press("form[data-composer] [data-send]")
    assert await mara.go(f"/@{mara.handle}/news") == 200
    await expect(mara.texts).to_have_text([TEXT, "Bringt Kuchen mit."])


async def he_reads_what_is_new(otto: Follower) -> None:
    await otto.go("/")
    await otto.press("a.room-row")
    await expect(otto.page.locator("#unread")).to_have_count(1)
    await expect(otto.texts).to_have_text([TEXT, "Bringt Kuchen mit."])


async def she_signs_out_and_in_again(mara: Creator, server: ServerProcess) -> None:
    await mara.go("/account")
    await mara.press("form[action='/sign-out'] button")
    await mara.go(f"/studio/{mara.handle}")
    await expect(mara.page).to_have_url(re.compile(r"/sign-in\?next="))
    await mara.go(server.asked("account.link", handle="mara")["url"])
    await mara.press("main form button")
    await expect(mara.page).to_have_url(mara.url + "/")
    await expect(mara.page.locator("a.room-row").first).to_contain_text("Brandt Keramik")
