"""Important posts in quiet hours, in a real browser and through a real mail server: allowed, told at once, taken back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, expect

from tests.notify.relay import Inbox, listening
from tests.stories.cast import profile
from tests.stories.stage import HANDLE, Stage, staged
from tests.stories.test_following import letter, link, sound

pytestmark = pytest.mark.browser


def now(minutes: int) -> str:
    """The clock in so many minutes, UTC."""
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%H:%M}"


async def follower(house: Stage, inbox: Inbox, name: str) -> str:
    """The page of somebody who follows by mail, as the API of a program reads it."""
    with httpx2.Client(base_url=house.server.url, trust_env=False) as client:
        asked = client.post(
            f"/api/v1/communities/{HANDLE}/follow", json={"email": f"{name}@example.net", "zone": "UTC"}
        )
        assert asked.status_code == 202, asked.text
        yes = client.post(link(await letter(inbox, len(inbox.envelopes) + 1), "yes"))
        return yes.headers["location"].partition("?")[0]


def told(inbox: Inbox) -> list[tuple[Any, str]]:
    """To whom, and of what."""
    return [(mail["To"], str(mail["Subject"]).partition(": ")[2]) for mail in inbox.mails[2:]]


@pytest.mark.parametrize("language", ["en", "de"])
async def test_what_is_important_wakes_who_allows_it(browser: Browser, tmp_path: Path, language: str) -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        mail = {"CHANNEL_SMTP": f"smtp+plain://127.0.0.1:{port}", "CHANNEL_MAIL_FROM": "hello@example.org"}
        with staged(tmp_path, environment=mail) as house:
            zoe = await follower(house, inbox, "zoe")
            await follower(house, inbox, "yan")  # who has no quiet hours shows that letters go
            context = await profile(browser, language, phone=True)
            page = await context.new_page()
            try:
                await page.goto(house.server.url + zoe)
                box = page.locator("input[name=important_passes]")
                await expect(box).not_to_be_checked()
                await page.locator("input[name=quiet_from]").fill(now(-60))
                await page.locator("input[name=quiet_to]").fill(now(300))
                await box.check()
                await page.locator("form:has(input[name=quiet_from]) button").click()
                await expect(page.locator(".banner.good")).to_be_visible()
                await expect(box).to_be_checked()
                await sound(page, f"any-hour-{language}")
                house.post("As every day")
                await letter(inbox, 3)
                house.post("The fair", important=True)
                await letter(inbox, 5)
                await box.uncheck()
                await page.locator("form:has(input[name=quiet_from]) button").click()
                await expect(box).not_to_be_checked()
                house.post("The other fair", important=True)
                await letter(inbox, 6)
                house.post("Good night")
                await letter(inbox, 7)
                found = told(inbox)
                assert [words for to, words in found if "yan" in to] == [
                    "As every day", "The fair", "The other fair", "Good night",
                ]  # fmt: skip
                assert [words for to, words in found if "zoe" in to] == ["The fair"]
            finally:
                await context.close()
