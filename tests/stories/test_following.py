"""Following by mail without an account, in a real browser and through a real mail server: follow, choose, become a member."""

import asyncio
import os
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.notify.relay import Inbox, listening
from tests.stories.cast import profile
from tests.stories.stage import HANDLE, ROOM, staged

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("FOLLOWING_PICTURES", "")  # where somebody wants to look at the pages


async def letter(inbox: Inbox, number: int) -> EmailMessage:
    """The one that came as the nth, as soon as it is there."""
    async with asyncio.timeout(60):
        while len(inbox.envelopes) < number:
            await asyncio.sleep(0.05)
    return inbox.mails[number - 1]


def link(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"http\S+/follow/{kind}/[A-Za-z0-9_-]+", str(body.get_content()))
    assert found, body.get_content()
    return found[0]


async def sound(page: Page, name: str) -> None:
    """Nothing that axe finds, and nothing that is wider than the screen."""
    assert not await violations(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if PICTURES:
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for wide, high in ((390, 844), (1280, 800)):
                await page.set_viewport_size({"width": wide, "height": high})
                await page.screenshot(path=f"{PICTURES}/{name}-{scheme}-{wide}.png", full_page=True)
        await page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_stranger_follows_by_mail_and_becomes_a_member(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        mail = {"CHANNEL_SMTP": f"smtp+plain://127.0.0.1:{port}", "CHANNEL_MAIL_FROM": "hello@example.org"}
        with staged(tmp_path, environment=mail) as house:
            context = await profile(browser, language, phone=True)
            page = await context.new_page()
            try:
                await page.goto(house.server.url + ROOM)
                await page.locator(f".join-bar a[href='/follow/@{HANDLE}']").click()
                await sound(page, f"follow-{language}")
                await page.locator("input[name=email]").fill("zoe@example.net")
                await page.locator("main form:has(input[name=email]) button").click()
                await expect(page.locator("h1")).to_be_visible()
                await sound(page, f"sent-{language}")
                await page.goto(link(await letter(inbox, 1), "yes"))
                await sound(page, f"yes-{language}")
                await page.locator("main form button").click()
                await expect(page.locator("select[name=how]")).to_have_value("instant")
                await sound(page, f"chosen-{language}")
                house.post("The kiln is hot")
                first = await letter(inbox, 2)
                assert str(first["Subject"]) == "Annas Club: The kiln is hot"
                await page.goto(link(first, "by") + "/off")
                await sound(page, f"off-{language}")
                await page.locator("button[value=daily]").click()
                await expect(page.locator("main [role=status]")).to_be_visible()
                await page.goto(link(first, "by"))
                await expect(page.locator("select[name=how]")).to_have_value("daily")
                house.post("Still on its way")
                await page.locator("button[value=pass]").click()
                await expect(page.locator(".banner.good")).to_be_visible()
                await page.goto(link(await letter(inbox, 3), "pass"))
                await sound(page, f"pass-{language}")
                await page.locator("input[name=display_name]").fill("Zoe")
                await page.locator("main form button").click()
                await page.wait_for_url(re.compile(re.escape(ROOM)))
                await expect(page.locator("article").get_by_text("Still on its way")).to_be_visible()
                await page.goto(house.server.url + "/account/notices")
                await expect(page.locator("main select[name^=how-]")).to_have_value("daily")
                await sound(page, f"notices-{language}")
                await page.goto(link(first, "by"))
                await expect(page.locator("h1")).to_be_visible()
                await expect(page.locator("select[name=how]")).to_have_count(0)
            finally:
                await context.close()
