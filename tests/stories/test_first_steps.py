"""The first steps of a newcomer in a real browser, on a phone in Los Angeles: asked once, told by one tap, at hours of their own.

No push service reaches a browser here, so it is handed a subscription of ours: see test_following_by_push.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.push.browsers import Browser as Subscribed
from tests.stories.cast import Follower, profile
from tests.stories.stage import HANDLE, ROOM, Stage, staged
from tests.stories.test_following import sound
from tests.stories.test_following_by_push import SUBSCRIBES

pytestmark = pytest.mark.browser
ANGELES = "America/Los_Angeles"
ASKED = """(() => {
  const real = Notification.requestPermission;
  window.asked = 0;
  Notification.requestPermission = async () => (window.asked++, real.call(Notification));
})()"""
OBSTACLES = {
    "denied": "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
    "ios": """delete window.PushManager;
      Object.defineProperty(navigator, "userAgent", { get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)" });""",
    "unsupported": "delete window.PushManager",
}
SEND = """async ([path, body]) => {
  const sent = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!sent.ok) throw new Error(await sent.text());
}"""
CHOSEN = """async () => {
  const told = async (path) => (await fetch(`/api/v1/me/${path}`)).json();
  const [push, notices] = [await told("push"), await told("notices")];
  return { here: push.devices.map((one) => one.current), rules: push.rules, zone: notices.zone, letters: notices.rules };
}"""


@asynccontextmanager
async def phone(browser: Browser, house: Stage, language: str, *, granted: bool) -> AsyncIterator[Page]:
    """Somebody's phone, whose browser has been asked nothing yet; or says no to everything."""
    context: BrowserContext = await profile(browser, language, phone=True, zone=ANGELES)
    if granted:
        await context.grant_permissions(["notifications"], origin=house.server.url)
    await context.add_init_script(SUBSCRIBES % json.dumps(Subscribed("zoe").given))
    await context.add_init_script(ASKED)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def joins(page: Page, house: Stage, language: str) -> None:
    """Through the invite into the room, and by its welcome to the first step."""
    await Follower(page, house.server.url, language).joins(f"/join/{house.invite}", "Zoe")
    await sound(page, f"welcome-{language}")
    await page.locator(f".welcome-line a[href='/@{HANDLE}/hello']").click()
    await page.wait_for_url(f"**/@{HANDLE}/hello")


async def chosen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(CHOSEN)
    return found


@pytest.mark.parametrize("language", ["en", "de"])
async def test_who_joins_is_told_on_this_device_by_one_tap(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    mail = {"CHANNEL_SMTP": "smtp+plain://127.0.0.1:9", "CHANNEL_MAIL_FROM": "hello@example.org"}
    with staged(tmp_path, environment=mail) as house:
        async with phone(browser, house, language, granted=True) as page:
            await joins(page, house, language)
            await expect(page.locator("[data-push-on]")).to_be_visible()
            assert await page.evaluate("window.asked") == 0, "the browser asks nothing before a tap"
            assert await chosen(page) == {"here": [], "rules": [], "zone": "UTC", "letters": []}
            await sound(page, f"hello-told-{language}")

            await page.locator("[data-push-on]").focus()
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/hello?step=*&said=told")
            await expect(page.locator(".banner.good")).to_be_visible()
            rule = {"community": HANDLE, "room": None, "tag": None, "how": "instant"}
            assert await chosen(page) == {"here": [True], "rules": [rule], "zone": ANGELES, "letters": []}
            await sound(page, f"hello-after-{language}")

            await page.goto(f"{house.server.url}/@{HANDLE}/hello")
            await expect(page.locator("[data-push-when=on]")).to_be_visible()
            await expect(page.locator("[data-push-on]")).to_be_hidden()
            await sound(page, f"hello-on-{language}")
            await page.goto(f"{house.server.url}/@{HANDLE}/hello?step=mail")
            await sound(page, f"hello-mail-{language}")
            await page.goto(f"{house.server.url}{ROOM}?welcome=1")
            await expect(page.locator(".welcome-line")).to_be_visible()
            await sound(page, f"welcome-told-{language}")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_letters_are_offered_at_a_proven_address_and_come_by_a_press_alone(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    mail = {"CHANNEL_SMTP": "smtp+plain://127.0.0.1:9", "CHANNEL_MAIL_FROM": "hello@example.org"}
    with staged(tmp_path, environment=mail) as house:
        async with phone(browser, house, language, granted=True) as page:
            link = house.server.asked("account.create", handle="zoe", name="Zoe", email="zoe@example.org")[
                "url"
            ]
            await page.goto(link)
            await page.locator("main form button[type=submit], main form button:not([type])").first.click()
            await page.wait_for_url(f"{house.server.url}/**")
            await page.goto(f"{house.server.url}/join/{house.invite}")
            await page.locator("#join button").click()
            await page.wait_for_url("**/news?welcome=1*")
            await page.goto(f"{house.server.url}/@{HANDLE}/hello?step=mail")
            await sound(page, f"hello-letters-{language}")
            assert (await chosen(page))["letters"] == []
            await page.locator("select[name=how]").select_option("daily")
            await page.locator("form:has([name=how]) button").click()
            await page.wait_for_url("**/hello?step=home&said=mail")
            rule = {"community": HANDLE, "room": None, "tag": None, "how": "daily"}
            assert await chosen(page) == {"here": [], "rules": [], "zone": ANGELES, "letters": [rule]}


@pytest.mark.parametrize("state", ["denied", "ios", "unsupported"])
async def test_where_a_browser_cannot_be_told_it_is_said_why_and_the_steps_go_on(
    browser: Browser, tmp_path: Path, state: str
) -> None:
    with staged(tmp_path) as house:
        async with phone(browser, house, "de", granted=False) as page:
            await page.add_init_script(OBSTACLES[state])
            await joins(page, house, "de")
            await expect(page.locator(f"[data-push-when={state}]").first).to_be_visible()
            await expect(page.locator("[data-push-on]")).to_be_hidden()
            await sound(page, f"hello-{state}")
            await page.locator(".skip-link").click()
            await page.wait_for_url("**/hello?step=*")
            assert await chosen(page) == {"here": [], "rules": [], "zone": "UTC", "letters": []}


async def test_the_notices_propose_the_zone_of_the_browser_and_keep_it_by_their_button_alone(
    browser: Browser, tmp_path: Path
) -> None:
    with staged(tmp_path) as house:
        async with phone(browser, house, "de", granted=True) as page:
            await Follower(page, house.server.url, "de").joins(f"/join/{house.invite}", "Zoe")
            given = Subscribed("zoe").given
            keys = {name: given[name] for name in ("p256dh", "auth")}
            device = {
                "endpoint": given["endpoint"],
                "keys": keys,
            }  # by a program, which does not say where it is
            await page.evaluate(SEND, ["/api/v1/me/push/devices", device])
            await page.goto(f"{house.server.url}/account/notices")
            zone = page.locator("select[name=zone]")
            await expect(zone).to_have_value(ANGELES)
            await expect(page.locator("#h-zone")).to_contain_text("sagt dein Browser")
            await sound(page, "notices-proposed")
            assert (await chosen(page))["zone"] == "UTC"
            await page.locator("#times button[type=submit]").click()
            await page.wait_for_url("**/account/notices?said=saved*")
            await expect(zone).to_have_value(ANGELES)
            await expect(page.locator("#h-zone")).to_have_count(0)
            assert (await chosen(page))["zone"] == ANGELES


async def test_the_form_of_who_follows_by_mail_says_where_they_are(browser: Browser, tmp_path: Path) -> None:
    mail = {"CHANNEL_SMTP": "smtp+plain://127.0.0.1:9", "CHANNEL_MAIL_FROM": "hello@example.org"}
    with staged(tmp_path, environment=mail) as house:
        async with phone(browser, house, "en", granted=True) as page:
            await page.goto(f"{house.server.url}/follow/@{HANDLE}")
            await expect(page.locator("form:has([name=email]) [name=zone]")).to_have_value(ANGELES)
