"""A real browser: the service worker takes hold, a push shows a notice, and the page says what this browser can do.

No push service can be reached from here, so the message is handed to the worker by the debugging protocol; how it is
closed, sent and answered is tested in tests/push.
"""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.demo import Demo
from tests.browser.pages import GERMAN, Place
from tests.browser.visits import Look, context_for, visit
from tests.push.browsers import Browser as Subscribed

pytestmark = pytest.mark.browser
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, icon, badge, data, actions }) => ({
    title, body, tag, data, icon: new URL(icon).pathname, badge: new URL(badge).pathname, actions: actions.map((one) => one.action),
  }));
}"""
# Events that no debugging protocol makes: as the browser hands them over.
CLICK_READ = """([room, seq]) => {
  const event = new Event("notificationclick");
  const notification = { close: () => undefined, data: { href: "/", room, seq } };
  self.dispatchEvent(Object.assign(event, { notification, action: "read", waitUntil: () => undefined }));
}"""
PRESS = """async ([tag, action]) => {
  const notification = (await self.registration.getNotifications()).find((one) => one.tag === tag);
  const waits = [];
  const event = Object.assign(new Event("notificationclick"), { notification, action, waitUntil: (work) => waits.push(work) });
  self.dispatchEvent(event);
  await Promise.allSettled(waits);
}"""
NO_NETWORK = (
    """() => { self.real = self.fetch; self.fetch = async () => { throw new TypeError("no network"); }; }"""
)
A_NETWORK = """() => { self.fetch = self.real; }"""
CHANGE = """(subscription) => {
  const event = new Event("pushsubscriptionchange");
  const newSubscription = { toJSON: () => subscription };
  let done;
  const waitUntil = (what) => { done = what; };
  self.dispatchEvent(Object.assign(event, { oldSubscription: null, newSubscription, waitUntil }));
  return done;
}"""
DEVICES = """async () => (await (await fetch("/api/v1/me/push")).json()).devices.map(({ id, current }) => ({ id, current }))"""
FORGET = """async () => {
  const { devices } = await (await fetch("/api/v1/me/push")).json();
  for (const { id } of devices) await fetch(`/api/v1/me/push/devices/${id}`, { method: "DELETE" });
}"""
SWITCH_ON = """async (given) => {
  const headers = { "Content-Type": "application/json" };
  return (await fetch("/api/v1/me/push/devices", { method: "POST", headers, body: JSON.stringify(given) })).status;
}"""
FOLLOWS = """async () => (await caches.open("follows")).put("/follow/@anybody", new Response("/follow/on/nobody"))"""
UNREAD = """async ([handle, slug]) => {
  const me = await (await fetch("/api/v1/me")).json();
  return me.memberships.find((one) => one.community.handle === handle).rooms.find((one) => one.slug === slug).unread;
}"""
# What a press on a button of it needs.
SAID = {
    "id": "0198d000-0000-7000-8000-000000000001", "href": f"/@{GERMAN}/werkstatt/1", "room": "r", "seq": 1,
    "at": 1_767_225_600_000, "lang": "de", "open": "Öffnen", "read": "Gelesen", "quiet": None, "mine": None,
}  # fmt: skip
CLOSE = """async () => {
  for (const one of await (await navigator.serviceWorker.ready).getNotifications()) one.close();
}"""


class Worker:
    """The service worker of a page, as the debugging protocol sees it."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.registration = ""
        self._protocol: Any = None

    async def start(self) -> None:
        await self.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        self._protocol = await self.page.context.new_cdp_session(self.page)
        self._protocol.on("ServiceWorker.workerRegistrationUpdated", self._hear)
        await self._protocol.send("ServiceWorker.enable")
        for _ in range(600):
            if self.registration:
                return
            await self.page.wait_for_timeout(50)
        raise AssertionError("there is no registration")

    def _hear(self, said: Any) -> None:
        for one in said["registrations"]:
            self.registration = one["registrationId"]

    async def push(self, data: str) -> None:
        given = {"origin": self.origin, "registrationId": self.registration, "data": data}
        await self._protocol.send("ServiceWorker.deliverPushMessage", given)

    async def shown(self, many: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(600):
            found = await self.page.evaluate(SHOWN)
            if len(found) >= many:
                break
            await self.page.wait_for_timeout(50)
        return found


def said(**more: object) -> str:
    words = {
        "id": "0198d000-0000-7000-8000-000000000001", "title": "Brandt Keramik · Werkstatt", "body": "Lene: Heiß!",
        "href": f"/@{GERMAN}/werkstatt/1", "room": "r", "seq": 1, "at": 1_767_225_600_000, "lang": "de",
        "icon": "/static/icons/app-192.png", "badge": "/static/icons/badge-96.png", "open": "Öffnen", "read": "Gelesen",
        "others": "und noch %(count)s",
    }  # fmt: skip
    return json.dumps(words | more)


async def context_of(browser: Browser, demo: Demo) -> BrowserContext:
    context = await context_for(browser, demo, "paying", Look("desk", "light", "de"))
    await context.grant_permissions(["notifications"], origin=demo.url)
    return context


async def test_a_push_shows_a_notice_once_and_what_is_no_message_of_ours_leads_nowhere_else(
    browser: Browser, demo: Demo
) -> None:
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            await worker.push(said())
            [notice] = await worker.shown(1)
            assert notice == {
                "title": "Brandt Keramik · Werkstatt", "body": "Lene: Heiß!",
                "tag": "room-r",
                "data": {
                    "href": f"/@{GERMAN}/werkstatt/1", "room": "r", "seq": 1, "push": None, "said": SAID, "body": "Lene: Heiß!",
                    "others": "und noch %(count)s",
                    "posts": [{"id": SAID["id"], "href": f"/@{GERMAN}/werkstatt/1", "seq": 1, "push": None}],
                },
                "icon": "/static/icons/app-192.png", "badge": "/static/icons/badge-96.png",
                "actions": ["read", "open"],
            }  # fmt: skip
            await seen.page.evaluate(CLOSE)
            await worker.push(said())  # the server did not know whether the first had arrived
            await worker.push(said(id="2", href="https://evil.example/", icon="//evil.example/a.png"))
            [other] = await worker.shown(1)
            assert other["data"]["said"]["id"] == "2", "the first is not shown anew"
            assert other["data"]["href"] == "/"
            assert other["icon"] == "/static/icons/app-192.png"
            await worker.push("no JSON")
            assert len(await worker.shown(2)) == 2
            assert seen.faults == []
    finally:
        await context.close()


TOLD = """() => {
  self.told = [];
  const real = self.fetch;
  self.fetch = async (address, options) => {
    if (address === "/api/v1/me/push/told") { self.told.push(JSON.parse(options.body)); return new Response(); }
    if (String(address).endsWith("/read")) { self.told.push(JSON.parse(options.body)); return new Response(); }
    return real(address, options);
  };
}"""
READING = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.told.length = 0;
  const waits = [];
  const event = Object.assign(new Event("notificationclick"), { notification, action: "read", waitUntil: (work) => waits.push(work) });
  self.dispatchEvent(event);
  await Promise.all(waits);
  return self.told;
}"""


def numbered(number: int, **more: object) -> str:
    """The message about the post of that number."""
    href = f"/@{GERMAN}/werkstatt/{number}"
    words = {"id": f"p{number}", "seq": number, "href": href, "body": f"Lene: {number}", "push": f"n{number}"}
    return said(**(words | more))


async def test_of_a_room_there_is_one_notice(browser: Browser, demo: Demo) -> None:
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            [script] = context.service_workers
            await script.evaluate(TOLD)
            for number in (1, 3):
                await worker.push(numbered(number))
            await worker.push(numbered(3))  # told a second time
            await worker.push(numbered(9, room="other", href=f"/@{GERMAN}/ofen/9"))
            await worker.push(numbered(2))  # it was late
            async with asyncio.timeout(30):
                while len(await script.evaluate("() => self.told")) < 4:
                    await asyncio.sleep(0.1)
            here, there = sorted(await worker.shown(2), key=lambda one: one["tag"], reverse=True)
            assert (here["tag"], here["body"]) == ("room-r", "Lene: 3\nund noch 2")
            assert (there["tag"], there["body"]) == ("room-other", "Lene: 9")
            assert [one["seq"] for one in here["data"]["posts"]] == [1, 2, 3]
            assert here["data"]["said"]["id"] == "p3", "what one reacts to is the newest"
            assert here["data"]["href"] == f"/@{GERMAN}/werkstatt?from=1#p1", "and one begins with the first"
            assert there["data"]["href"] == f"/@{GERMAN}/ofen/9"
            shown = [one["id"] for one in await script.evaluate("() => self.told")]
            assert shown == ["n1", "n3", "n9", "n2"], "each is told as shown, once"
            await seen.page.evaluate(
                "async () => (await (await navigator.serviceWorker.ready).getNotifications({ tag: 'room-other' }))[0].close()"
            )
            told = await script.evaluate(READING)
            assert {one["id"] for one in told if "id" in one} == {"n1", "n2", "n3"}
            assert [one for one in told if "seq" in one] == [{"seq": 3}], "all of them are read"
            assert seen.faults == []
    finally:
        await context.close()


async def test_who_looks_at_the_room_is_shown_no_notice_of_it(browser: Browser, demo: Demo) -> None:
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
        async with visit(context, demo, Place("room", f"/@{GERMAN}/werkstatt", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            await seen.page.bring_to_front()
            await worker.push(said(id="3"))
            await worker.push(said(id="4", href=f"/@{GERMAN}/ofen/1"))
            assert [one["data"]["said"]["id"] for one in await worker.shown(1)] == ["4"]
            await seen.page.evaluate(CLOSE)
        async with visit(context, demo, Place("post", f"/@{GERMAN}/werkstatt/1", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            await seen.page.bring_to_front()
            await worker.push(said(id="5", href=f"/@{GERMAN}/werkstatt/2", seq=2))
            assert [one["data"]["said"]["id"] for one in await worker.shown(1)] == ["5"], (
                "the page of one post shows no other"
            )
    finally:
        await context.close()


async def test_the_account_offers_to_switch_this_device_on(
    browser: Browser, demo: Demo, pages: dict[str, Place]
) -> None:
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, pages["account-notices"]) as seen:
            page = seen.page
            await expect(page.locator("[data-push-on]")).to_be_visible()
            await expect(page.locator("[data-push-when=lost]")).to_be_visible()
            await expect(page.locator("[data-push-when=ios]")).to_be_hidden()
            await page.evaluate("""() => {
              PushManager.prototype.subscribe = async () => ({ toJSON: () => ({
                endpoint: "https://fcm.googleapis.com.evil.example/x", keys: { p256dh: "AA", auth: "AA" } }) });
            }""")
            await page.locator("[data-push-on]").click()
            await expect(page.locator(".banner.bad, [role=alert]").first).to_be_visible()
    finally:
        await context.close()


async def test_mark_as_read_reaches_the_server_from_the_notice_itself(browser: Browser, demo: Demo) -> None:
    with demo.client("paying") as client:
        rooms = client.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
        room = next(one for one in rooms if one["slug"] == "ofen")
    with demo.client("creator") as creator:
        made = creator.post(f"/api/v1/rooms/{room['id']}/posts", json={"text": "Noch warm."}).json()
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            await Worker(seen.page, demo.url).start()
            [worker] = context.service_workers
            assert await seen.page.evaluate(UNREAD, [GERMAN, "ofen"]) > 0
            async with asyncio.timeout(30):
                await worker.evaluate(CLICK_READ, [room["id"], made["seq"]])
                while await seen.page.evaluate(UNREAD, [GERMAN, "ofen"]) != 0:
                    await asyncio.sleep(0.1)
    finally:
        await context.close()


async def test_a_reaction_from_a_notice_waits_for_the_network_and_leaves_with_it(
    browser: Browser, demo: Demo
) -> None:
    with demo.client("paying") as client:
        me = client.get("/api/v1/me").json()["account"]["id"]
        rooms = client.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
    room = next(one for one in rooms if one["slug"] == "ofen")
    with demo.client("creator") as creator:
        made = creator.post(f"/api/v1/rooms/{room['id']}/posts", json={"text": "Es glüht."}).json()
    words = {
        "emoji": "❤️",
        "account": me,
        "react": "Reagieren",
        "reacted": "Reagiert.",
        "waits": "Wartet.",
        "failed": "Nein.",
    }
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            [script] = context.service_workers
            await worker.push(said(id=made["id"], **words))
            await worker.shown(1)
            async with asyncio.timeout(30):
                await script.evaluate(NO_NETWORK)
                await script.evaluate(PRESS, ["room-r", "react"])
                [notice] = await worker.shown(1)
                assert notice["body"] == "Wartet."
                await script.evaluate(A_NETWORK)
                await seen.page.evaluate("navigator.serviceWorker.controller.postMessage({ do: 'drain' })")
                with demo.client("creator") as creator:
                    while not (
                        counts := creator.get(f"/api/v1/posts/{made['id']}").json()["counts"]["reactions"]
                    ):
                        await asyncio.sleep(0.1)
            assert counts == {"❤️": 1}
    finally:
        await context.close()


async def test_another_address_of_the_browser_is_told_to_the_server(browser: Browser, demo: Demo) -> None:
    fresh = Subscribed("renewed")
    keys = {name: fresh.given[name] for name in ("p256dh", "auth")}
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            await Worker(seen.page, demo.url).start()
            [worker] = context.service_workers
            before = await seen.page.evaluate(DEVICES)
            await worker.evaluate(CHANGE, {"endpoint": fresh.endpoint, "keys": keys})
            async with asyncio.timeout(30):
                while (after := await seen.page.evaluate(DEVICES)) == before:
                    await asyncio.sleep(0.1)
            assert len(after) == max(1, len(before)), "it takes the place of the one before"
            assert [one["current"] for one in after] == [True]
    finally:
        await context.close()


def as_given(name: str) -> dict[str, object]:
    """What a browser says of its subscription."""
    fresh = Subscribed(name)
    return {"endpoint": fresh.endpoint, "keys": {one: fresh.given[one] for one in ("p256dh", "auth")}}


async def test_who_follows_without_the_account_is_not_switched_on_for_it_by_another_address(
    browser: Browser, demo: Demo
) -> None:
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("account", "/account", "paying", "de")) as seen:
            await Worker(seen.page, demo.url).start()
            [worker] = context.service_workers
            await seen.page.evaluate(FORGET)
            await seen.page.evaluate(FOLLOWS)
            await worker.evaluate(CHANGE, as_given("followed"))
            assert await seen.page.evaluate(DEVICES) == []
            assert await seen.page.evaluate(SWITCH_ON, as_given("both")) == 201
            before = await seen.page.evaluate(DEVICES)
            await worker.evaluate(CHANGE, as_given("both-again"))
            after = await seen.page.evaluate(DEVICES)
            assert [one["current"] for one in after] == [True]
            assert after != before, "the account is told there, too"
    finally:
        await context.close()
