"""Following on a device without an account, in a real browser with its service worker: follow, be told, open the post, be
quiet from the notice, become a member with what was chosen, and react from a notice.

The server pushes to a push service of ours, which opens what it gets; no push service reaches a browser here, so the
message is handed to the worker by the debugging protocol, byte for byte.
"""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from channel.i18n import translation
from channel.storage.open import DATABASE_FILE
from tests.browser.test_push import PRESS, SHOWN, Worker
from tests.faults import told
from tests.push.browsers import Pushed, Service, push_service
from tests.stories.cast import profile
from tests.stories.stage import HANDLE, ROOM, Stage, staged
from tests.stories.test_following import sound

pytestmark = pytest.mark.browser
# What a browser with a push service of its own does: it hands out one subscription, and keeps it.
SUBSCRIBES = """(() => {
  const given = %s;
  const made = { options: {}, toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }),
    unsubscribe: async () => (localStorage.removeItem("subscribed"), true) };
  PushManager.prototype.subscribe = async () => (localStorage.setItem("subscribed", "1"), made);
  PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? made : null);
})()"""

# Some browsers only say that there is another address, and leave it to the worker to ask for it.
CHANGES = """async (given) => {
  PushManager.prototype.subscribe = async (options) => (self.asked = options, { toJSON: () => given });
  const waits = [];
  const event = new Event("pushsubscriptionchange");
  self.dispatchEvent(Object.assign(event, { oldSubscription: null, newSubscription: null, waitUntil: (work) => waits.push(work) }));
  await Promise.allSettled(waits);
  return self.asked?.applicationServerKey;
}"""


@dataclass
class Phone:
    """A stranger's browser, and the push service that it is told by."""

    house: Stage
    service: Service
    context: BrowserContext
    page: Page
    language: str
    worker: Worker
    read: int = 0

    def say(self, text: str, **words: str) -> str:
        return translation(self.language).gettext(text) % words

    async def told(self) -> Pushed:
        """The next message that the push service took, which the worker is handed now."""
        async with asyncio.timeout(60):
            while len(self.service.taken) <= self.read:
                await asyncio.sleep(0.05)
        one = self.service.taken[self.read]
        self.read += 1
        await self.worker.push(json.dumps(one.said))
        await self.shows(one, lambda notice: notice["body"].split("\n")[0] == one.said["body"])
        return one

    async def shows(self, one: Pushed, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                for notice in await self.page.evaluate(SHOWN):
                    if notice["tag"] == tag_of(one) and fits(notice):
                        found: dict[str, Any] = notice
                        return found
                await asyncio.sleep(0.05)

    async def press(self, one: Pushed, action: str = "") -> None:
        [worker] = self.context.service_workers
        await worker.evaluate(PRESS, [tag_of(one), action])

    async def planned(self) -> None:
        """Nothing is left of what the last post asked for."""
        async with asyncio.timeout(60):
            while self._count("SELECT count(*) FROM jobs WHERE consumer = 'push'"):
                await asyncio.sleep(0.05)

    def _count(self, query: str) -> int:
        with sqlite3.connect(f"file:{self.house.server.data / DATABASE_FILE}?mode=ro", uri=True) as db:
            return int(db.execute(query).fetchone()[0])


def tag_of(one: Pushed) -> str:
    """Of the one notice that there is of its room, or of its topic."""
    return f"topic-{one.said['topic']}" if "topic" in one.said else f"room-{one.said['room']}"


@asynccontextmanager
async def phone(browser: Browser, folder: Path, language: str) -> AsyncIterator[Phone]:
    async with push_service(folder) as service:
        trust = folder / "trust.pem"
        trust.write_text(service.pem)
        here = {told.PORT: str(service.port), told.TRUST: str(trust)}
        with staged(folder, environment=here, module="tests.faults.told") as house:
            context = await profile(browser, language, phone=True)
            await context.grant_permissions(["notifications"], origin=house.server.url)
            await context.add_init_script(SUBSCRIBES % json.dumps(service.browser("zoe").given))
            page = await context.new_page()
            try:
                yield Phone(house, service, context, page, language, Worker(page, house.server.url))
            finally:
                await context.close()


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_stranger_follows_on_a_phone_and_becomes_a_member(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    async with phone(browser, tmp_path, language) as zoe:
        page, house = zoe.page, zoe.house
        await follows(zoe)
        await sound(page, f"device-{language}")
        mine = page.url.partition("?")[0]

        made = house.post("The kiln is hot")
        one = await zoe.told()
        assert one.said["id"] == made["id"]
        await zoe.press(one)
        await page.wait_for_url(f"**{ROOM}/{made['seq']}")
        await expect(page.locator("main").get_by_text("The kiln is hot").first).to_be_visible()

        await page.goto(f"{house.server.url}/about")
        house.post("Not this one")
        other = await zoe.told()
        await zoe.press(other, "mute")
        body = zoe.say("Nothing of %(community)s for a day.", community="Annas Club")
        notice = await zoe.shows(other, lambda notice: notice["body"] == body)
        assert notice["actions"] == ["loud", "manage"]
        house.post("Hush")
        await zoe.planned()

        await page.goto(mine)
        await sound(page, f"device-quiet-{language}")
        await page.locator(".banner button[value=mute]").click()
        await expect(page.locator(".banner button[value=mute]")).to_have_count(0)
        await page.locator("select[name=how]").select_option("important")
        await page.locator("form.form .actions button").first.click()
        await expect(page.locator("select[name=how]")).to_have_value("important")

        await becomes_a_member(zoe)
        await page.goto(mine)
        await expect(page.locator("select[name=how]")).to_have_count(0)
        await reacts(zoe)
        assert "Hush" not in json.dumps([one.said for one in zoe.service.taken]), "it was quiet"


async def follows(zoe: Phone) -> None:
    page = zoe.page
    await page.goto(zoe.house.server.url + ROOM)
    await page.locator(f".join-bar a[href='/follow/@{HANDLE}']").click()
    await expect(page.locator("[data-push-on]")).to_be_visible()
    await sound(page, f"follow-here-{zoe.language}")
    await page.locator("[data-push-on]").click()
    await page.wait_for_url("**/follow/on/*")
    await expect(page.locator(".banner.good")).to_be_visible()
    await expect(page.locator("select[name=zone]")).to_have_value("Europe/Berlin")
    await zoe.worker.start()


async def becomes_a_member(zoe: Phone) -> None:
    page = zoe.page
    await page.locator("input[name=display_name]").fill("Zoe")
    await page.locator("form[data-push-proof] button").click()
    await page.wait_for_url(re.compile(re.escape(ROOM)))
    await expect(page.locator("article").get_by_text("Hush")).to_be_visible()
    await page.goto(zoe.house.server.url + "/account/notices")
    await expect(page.locator(".push-device")).to_have_count(1)
    await expect(page.locator("select[name^='push-']").first).to_have_value("important")


async def reacts(zoe: Phone) -> None:
    made = zoe.house.post("We fire tonight", important=True)
    one = await zoe.told()
    assert (one.said["id"], one.said["emoji"]) == (made["id"], "❤️")
    assert one.said["push"], "as a member, and once"
    await zoe.press(one, "react")
    body = zoe.say("You reacted with %(emoji)s.", emoji="❤️")
    await zoe.shows(one, lambda notice: notice["body"] == body)
    answer = zoe.house.client.get(f"/api/v1/posts/{made['id']}").json()
    assert answer["counts"]["reactions"] == {"❤️": 1}


async def test_a_browser_that_gets_another_address_goes_on_following(
    browser: Browser, tmp_path: Path
) -> None:
    async with phone(browser, tmp_path, "en") as zoe:
        await follows(zoe)
        other = zoe.service.browser("other").given
        given = {"endpoint": other["endpoint"], "keys": {"p256dh": other["p256dh"], "auth": other["auth"]}}
        [worker] = zoe.context.service_workers
        assert await worker.evaluate(CHANGES, given), "the server's key, though nobody is signed in"
        zoe.house.post("The kiln is hot")
        assert (await zoe.told()).browser == "other"
