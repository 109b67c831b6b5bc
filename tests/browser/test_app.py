"""The site as an app, in a real browser: airplane mode, what is left after signing out, and what is shared to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.demo import Demo, Who
from tests.browser.pages import GERMAN
from tests.browser.visits import Look, context_for

pytestmark = pytest.mark.browser
READY = """async () => {
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
  }
}"""
ASK = """async (message) => {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((done) => (port1.onmessage = ({ data }) => done(data)));
  navigator.serviceWorker.controller.postMessage(message, [port2]);
  return answer;
}"""
# All that this browser holds of us, as text: caches, IndexedDB, localStorage.
HELD = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    if (name === "files") continue; // the same for everybody
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.push(`${name} ${request.url}\\n${await (await cache.match(request)).text()}`);
    }
  }
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
    for (const store of db.objectStoreNames) {
      const all = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
      if (all.length) found.push(`${name} ${store}\\n${JSON.stringify(all)}`);
    }
    db.close();
  }
  for (const [name, value] of Object.entries(localStorage)) found.push(`${name}\\n${value}`);
  return found;
}"""
KEPT = """async (path) => {
  for (const name of await caches.keys()) {
    if (name.startsWith("kept-") && (await (await caches.open(name)).match(path))) return true;
  }
  return false;
}"""
WORKSHOP = f"/@{GERMAN}/werkstatt"


@dataclass
class Phone:
    """A browser profile in which the worker rules."""

    context: BrowserContext
    page: Page
    demo: Demo

    async def go(self, path: str) -> None:
        await self.page.goto(self.demo.url + path, wait_until="domcontentloaded")

    async def ask(self, **message: object) -> Any:
        return await self.page.evaluate(ASK, message)

    async def until(self, script: str, given: object = None) -> None:
        async with asyncio.timeout(30):
            while not await self.page.evaluate(script, given):
                await asyncio.sleep(0.1)

    async def held(self) -> list[str]:
        found: list[str] = await self.page.evaluate(HELD)
        return found


@contextlib.asynccontextmanager
async def phone(browser: Browser, demo: Demo, who: Who) -> AsyncIterator[Phone]:
    context = await context_for(browser, demo, who, Look("phone", "light", "de"))
    try:
        page = await context.new_page()
        made = Phone(context, page, demo)
        await made.go("/")
        await page.evaluate(READY)
        await made.ask(do="check", force=True)
        yield made
    finally:
        await context.close()


def room_of(demo: Demo, slug: str) -> dict[str, Any]:
    with demo.client("creator") as client:
        rooms = client.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
    found: dict[str, Any] = next(one for one in rooms if one["slug"] == slug)
    return found


async def test_airplane_mode_reads_reacts_votes_and_writes_and_all_of_it_is_sent_once(
    browser: Browser, demo: Demo
) -> None:
    room = room_of(demo, "werkstatt")
    with demo.client("creator") as client:
        poll = {"question": "Wohin?", "options": ["Berge", "Meer"]}  # anonymous, as polls are
        made = client.post(f"/api/v1/rooms/{room['id']}/posts", json={"text": "Im Flugzeug?", "poll": poll})
        assert made.status_code == 201, made.text
        post = made.json()
    async with phone(browser, demo, "creator") as one:
        page = one.page
        await one.go(f"{WORKSHOP}/{post['seq']}")
        await one.go(WORKSHOP)
        await one.until(KEPT, WORKSHOP)
        await one.until(KEPT, f"{WORKSHOP}/{post['seq']}")
        await one.context.set_offline(True)
        await one.go(WORKSHOP)
        await expect(page.get_by_text("Auf diesem Gerät gespeichert, Stand", exact=False)).to_be_visible()
        await expect(page.locator("form[data-composer][data-alive]")).to_be_visible()
        article = page.locator(f"article.post[data-id='{post['id']}']")
        await expect(article).to_contain_text("Im Flugzeug?")
        await article.locator("details.react summary").click()
        await article.locator(".offered button[name=emoji]").first.click()
        await expect(article.locator("button.reaction[aria-pressed=true]")).to_have_count(1)
        await article.locator("[data-option] input").first.check()
        await article.locator("[data-vote]").click()
        await expect(article.locator("form.poll")).to_have_attribute("data-voted", "yes")
        area = page.locator("form[data-composer][data-alive] textarea[name=text]")
        for said in ("Erster aus der Luft", "Zweiter aus der Luft"):
            await area.fill(said)
            await page.locator("form[data-composer] [data-send]").click()
            await expect(page.locator("article[data-ghost]", has_text=said)).to_be_visible()
        await one.go(f"{WORKSHOP}/{post['seq']}")
        await page.locator("channel-thread form[data-write] textarea").fill("Ein Kommentar aus der Luft")
        await page.locator("channel-thread form[data-write] textarea").press("Control+Enter")
        await expect(page.locator("li[data-waits]")).to_contain_text("wartet auf das Netz")
        await expect(page.locator("a.line[href='/offline#waits']")).to_contain_text("5")
        await one.go("/offline")
        await expect(page.locator("[data-waiting-here] li")).to_have_count(5)
        await one.go(WORKSHOP)  # the page is loaded anew: nothing of it is lost, and nothing is there twice
        await expect(page.locator("article[data-ghost]")).to_have_count(2)
        await expect(article.locator("button.reaction[aria-pressed=true]")).to_have_count(1)
        await one.context.set_offline(False)
        await one.until("async () => (await indexedDB.databases()).length > 0")
        await expect(page.locator("article[data-ghost]")).to_have_count(0)
        await one.go("/offline")
        await one.ask(do="drain")
        await expect(page.locator("[data-waiting-here]")).to_be_hidden()
    with demo.client("creator") as client:
        now = client.get(f"/api/v1/posts/{post['id']}").json()
        assert sum(now["counts"]["reactions"].values()) == 1
        assert now["poll"]["total"] == 1
        comments = client.get(f"/api/v1/posts/{post['id']}/comments").json()["items"]
        assert [one["text"] for one in comments] == ["Ein Kommentar aus der Luft"]
        posts = client.get(f"/api/v1/rooms/{room['id']}/posts?limit=20").json()["items"]
        flown = [one["text"] for one in posts if "aus der Luft" in one["text"]]
        assert flown == ["Zweiter aus der Luft", "Erster aus der Luft"], "newest first: the order of writing"


# The worker sends what the page is sending: the same key, as when the network comes back to both.
SEND_TOO = """async () => {
  const { name } = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/js/waits.js"));
  const { form, hear } = await import(name);
  const { account } = document.querySelector("channel-feed").dataset;
  const box = Object.keys(localStorage).find((name) => name.startsWith(`channel.outbox.${account}.`));
  const [{ key, action, fields, text }] = JSON.parse(localStorage[box]);
  const told = new Promise((done) => hear(({ sent }) => sent?.key === key && done(true)));
  return (await form("post", account, key, action, new URLSearchParams(fields), text)) && told;
}"""
OUTBOXES = "() => Object.keys(localStorage).filter((name) => name.startsWith('channel.outbox.'))"
UNREACHABLE = (
    "() => { IDBFactory.prototype.open = () => { throw new Error('the page goes before it is open'); }; }"
)


def said_in(demo: Demo, slug: str, words: str) -> list[str]:
    """The posts of the room with these words."""
    with demo.client("creator") as client:
        posts = client.get(f"/api/v1/rooms/{room_of(demo, slug)['id']}/posts?limit=50").json()["items"]
    return [one["text"] for one in posts if words in one["text"]]


async def test_a_post_of_a_page_that_is_left_too_soon_for_the_worker_is_sent_once_all_the_same(
    browser: Browser, demo: Demo
) -> None:
    async with phone(browser, demo, "creator") as one:
        page = one.page
        for path in ("/", WORKSHOP):
            await one.go(path)
            await one.until(KEPT, path)
        await one.context.set_offline(True)
        await one.go(WORKSHOP)
        await page.locator("form[data-composer][data-alive]").wait_for()
        await page.evaluate(UNREACHABLE)
        await page.locator("form[data-composer][data-alive] textarea[name=text]").fill("Schon zugeklappt")
        await page.locator("form[data-composer] [data-send]").click()
        await expect(page.locator("article[data-ghost]", has_text="Schon zugeklappt")).to_be_visible()
        await one.go("/")
        await expect(page.locator("a.line[href='/offline#waits']")).to_contain_text("1")
        await one.go("/offline")
        await expect(page.locator("[data-waiting-here] li")).to_have_count(1)
        await one.context.set_offline(False)
        await one.ask(do="drain")
        assert said_in(demo, "werkstatt", "zugeklappt") == ["Schon zugeklappt"]
        await one.go("/")
        await one.until(f"() => ({OUTBOXES})().length === 0")
    assert said_in(demo, "werkstatt", "zugeklappt") == ["Schon zugeklappt"]


async def test_a_post_that_page_and_worker_send_at_the_same_time_stands_once(
    browser: Browser, demo: Demo
) -> None:
    async with phone(browser, demo, "creator") as one:
        page, answered = one.page, asyncio.Event()

        async def late(route: Route) -> None:
            answer = await route.fetch()
            await answered.wait()
            await route.fulfill(response=answer)

        await one.go(WORKSHOP)
        await page.locator("form[data-composer][data-alive]").wait_for()
        await page.route("**/studio/*/posts", late)
        await page.locator("form[data-composer][data-alive] textarea[name=text]").fill("Von beiden zugleich")
        await page.locator("form[data-composer] [data-send]").click()
        await page.locator("article[data-ghost][aria-busy=true]").wait_for()
        assert await page.evaluate(SEND_TOO)
        answered.set()
        await one.until("() => document.querySelector('channel-feed').sent.inFlight <= 0")
        assert await page.evaluate("() => document.querySelector('channel-feed').sent.inFlight") == 0
        await expect(page.locator("article.post", has_text="Von beiden zugleich")).to_have_count(1)
        await expect(page.locator("article[data-ghost]")).to_have_count(0)
        assert await page.evaluate(OUTBOXES) == []
    assert said_in(demo, "werkstatt", "beiden zugleich") == ["Von beiden zugleich"]


def member(demo: Demo, name: str, tier: str) -> tuple[str, str]:
    """Somebody new in the community, with a tier given by the creator: a token, and the account's id."""
    with demo.client("creator") as client:
        tiers = client.get(f"/api/v1/communities/{GERMAN}/tiers").json()["items"]
        rank = {one["name"]: one for one in tiers}
        invite = client.post(
            f"/api/v1/communities/{GERMAN}/invites", json={"tier_id": rank[tier]["id"]}
        ).json()
    with demo.client("guest") as client:
        joined = client.post(f"/join/{invite['code']}", data={"name": name, "display_name": name})
        assert joined.status_code in (200, 303), joined.text
        cookie = joined.cookies["channel"]
        me = client.get("/api/v1/me").json()
    account: str = me["account"]["id"] if "account" in me else me["id"]
    return cookie, account


@contextlib.asynccontextmanager
async def new_phone(browser: Browser, demo: Demo, name: str) -> AsyncIterator[tuple[Phone, str]]:
    """A phone of somebody who pays, with a paid post kept on it."""
    with demo.client("creator") as client:
        tiers = client.get(f"/api/v1/communities/{GERMAN}/tiers").json()["items"]
    paid = max((one for one in tiers if one["rank"] > 0), key=lambda one: one["rank"])
    cookie, account = member(demo, name, paid["name"])
    room = room_of(demo, "werkstatt")
    with demo.client("creator") as client:
        secret = {"text": f"CNRY-{name} nur mit Pass", "min_rank": paid["rank"]}
        assert client.post(f"/api/v1/rooms/{room['id']}/posts", json=secret).status_code == 201
    context = await context_for(browser, demo, "guest", Look("phone", "light", "de"))
    try:
        await context.add_cookies([{"name": "channel", "value": cookie, "url": demo.url}])
        made = Phone(context, await context.new_page(), demo)
        await made.go("/")
        await made.page.evaluate(READY)
        await made.ask(do="check", force=True)
        await made.go(WORKSHOP)
        await made.until(KEPT, WORKSHOP)
        assert any(f"CNRY-{name}" in one for one in await made.held()), "else the rest proves nothing"
        yield made, account
    finally:
        await context.close()


async def test_a_tier_that_ends_and_a_ban_take_what_was_kept(browser: Browser, demo: Demo) -> None:
    async with new_phone(browser, demo, "Lapse") as (one, account):
        with demo.client("creator") as client:
            tiers = client.get(f"/api/v1/communities/{GERMAN}/tiers").json()["items"]
            free = next(tier for tier in tiers if tier["rank"] == 0)
            place = f"/api/v1/communities/{GERMAN}/members/{account}"
            assert client.patch(place, json={"tier_id": free["id"]}).status_code == 200
            await one.ask(do="check", force=True)
            assert not [held for held in await one.held() if "CNRY-Lapse" in held]
            await one.go(WORKSHOP)
            await one.until(KEPT, WORKSHOP)
            await one.context.set_offline(True)
            await one.go(WORKSHOP)
            await expect(one.page.locator("html[data-kept]")).to_have_count(1)
            assert "CNRY-Lapse" not in await one.page.content()
            await one.context.set_offline(False)
            assert client.patch(place, json={"state": "banned"}).status_code == 200
        await one.ask(do="check", force=True)
        assert not await one.page.evaluate(KEPT, WORKSHOP)
        await one.context.set_offline(True)
        await one.go(WORKSHOP)
        await expect(one.page.locator("h1")).to_have_text("Keine Verbindung")


async def test_signing_out_leaves_nothing_and_the_next_one_sees_nothing(browser: Browser, demo: Demo) -> None:
    async with new_phone(browser, demo, "Leave") as (one, _):
        await one.go("/account")
        await one.page.locator("form[action='/sign-out'] button").first.click()
        await one.page.wait_for_url(f"{demo.url}/")
        assert [held for held in await one.held() if "CNRY" in held or "kept-" in held] == []
        await one.context.add_cookies([{"name": "channel", "value": demo.cookies["free"], "url": demo.url}])
        await one.go("/")
        await one.page.evaluate(READY)
        await one.ask(do="check", force=True)
        assert not [held for held in await one.held() if "CNRY-Leave" in held]


async def test_another_session_finds_nothing_of_the_one_before(browser: Browser, demo: Demo) -> None:
    """Without the form: the cookie is another one, as after signing in over somebody."""
    async with new_phone(browser, demo, "Switch") as (one, _):
        await one.context.add_cookies([{"name": "channel", "value": demo.cookies["free"], "url": demo.url}])
        await one.go("/account")
        await one.until(
            "async () => (await caches.keys()).filter((name) => name.startsWith('kept-')).length === 1"
        )
        await one.ask(do="check", force=True)
        assert not [held for held in await one.held() if "CNRY-Switch" in held]


SHARE = """() => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/app/share", enctype: "multipart/form-data" });
  for (const [name, value] of [["title", "Ofen"], ["text", "Heiß"], ["url", "https://example.org/"]]) {
    form.append(Object.assign(document.createElement("input"), { name, value }));
  }
  const input = Object.assign(document.createElement("input"), { type: "file", name: "files" });
  const data = new DataTransfer();
  data.items.add(new File(["Notiz"], "notiz.txt", { type: "text/plain" }));
  input.files = data.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""


async def test_what_a_phone_shares_stands_in_the_composer_also_after_signing_in(
    browser: Browser, demo: Demo
) -> None:
    async with phone(browser, demo, "creator") as one:
        await one.context.clear_cookies()
        await one.go("/offline?lang=de")
        await one.page.evaluate(SHARE)
        await expect(one.page.locator("[data-shared-files]")).to_contain_text("notiz.txt")
        await expect(one.page.locator("a[href^='/sign-in?next=/app/share']")).to_be_visible()
        await one.context.add_cookies(
            [{"name": "channel", "value": demo.cookies["creator"], "url": demo.url}]
        )
        await one.go("/app/share")
        await expect(one.page.locator("[data-shared-text]")).to_contain_text("Heiß")
        await one.page.locator(f"a[data-share-to='{WORKSHOP}']").click()
        area = one.page.locator("form[data-composer][data-alive] textarea[name=text]")
        await expect(area).to_have_value("Ofen\nHeiß\nhttps://example.org/")
        await expect(one.page.locator("[data-attach] li")).to_contain_text("notiz.txt")


async def test_words_that_came_without_the_worker_wait_for_the_topic_of_a_group(
    browser: Browser, demo: Demo
) -> None:
    """The way of a channel is tried above. What waited before it gives way to what was shared last."""
    async with phone(browser, demo, "creator") as one:
        await one.page.evaluate(SHARE)
        await expect(one.page.locator("[data-shared-files]")).to_contain_text("notiz.txt")
        await one.go("/app/share?text=Ofen+ist+warm")
        await expect(one.page.locator("[data-shared-text]")).to_have_text("Ofen ist warm")
        await expect(one.page.locator("[data-shared-files]")).to_be_hidden()
        await one.page.locator(f"a[data-share-to='/@{GERMAN}/tresen']").click()
        await expect(one.page.locator("#start textarea[name=text]")).to_have_value("Ofen ist warm")
        await one.page.locator("[data-topic-row]").first.click()
        area = one.page.locator("form[data-composer][data-alive] textarea[name=text]")
        await expect(area).to_have_value("Ofen ist warm")
        assert "?" not in one.page.url
        assert not [held for held in await one.held() if held.startswith("channel shared")]
