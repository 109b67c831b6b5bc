"""A real browser: a notice goes when what it tells of, a post or a message of a topic, was read on another device."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.demo import Demo
from tests.browser.pages import GERMAN, Place
from tests.browser.test_push import Worker, context_of, said
from tests.browser.visits import visit

pytestmark = pytest.mark.browser
# A browser takes notices away by itself after some twenty seconds, unless they ask it not to.
LASTING = """() => {
  const show = self.registration.showNotification.bind(self.registration);
  self.registration.showNotification = (title, options) => show(title, { ...options, requireInteraction: true });
}"""
BADGES = """() => {
  self.badges = [];
  self.navigator.setAppBadge = async (many) => { self.badges.push(many ?? -1); };
  self.navigator.clearAppBadge = async () => { self.badges.push(0); };
}"""
ASKED = """() => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(undefined);
  navigator.serviceWorker.controller.postMessage({ do: "tidy" }, [port2]);
})"""
LOOKED_AT = """() => document.dispatchEvent(new Event("visibilitychange"))"""


def posted(demo: Demo, text: str) -> tuple[str, int]:
    """A new post in the room of the oven: the id of the room, and its seq."""
    with demo.client("creator") as creator:
        rooms = creator.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
        room = next(one for one in rooms if one["slug"] == "ofen")["id"]
        return room, creator.post(f"/api/v1/rooms/{room}/posts", json={"text": text}).json()["seq"]


def read_elsewhere(demo: Demo, room: str, seq: int) -> None:
    with demo.client("paying") as other:
        assert other.put(f"/api/v1/rooms/{room}/read", json={"seq": seq}).status_code == 200


def talked(demo: Demo, text: str) -> tuple[str, str, int]:
    """A new message in the first topic of the group: the ids of group and topic, and its seq."""
    with demo.client("creator") as creator:
        rooms = creator.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
        room = next(one for one in rooms if one["slug"] == "tresen")["id"]
        topic = creator.get(f"/api/v1/rooms/{room}/topics").json()["items"][0]["id"]
        said = creator.post(f"/api/v1/rooms/{room}/posts", json={"text": text, "topic_id": topic})
        return room, topic, said.json()["seq"]


async def until(worker: Worker, wanted: Callable[[list[str]], bool]) -> list[str]:
    """The tags of what stands there, once they are as wanted."""
    tags: list[str] = []
    async with asyncio.timeout(30):
        while not wanted(tags := [one["tag"] for one in await worker.shown(0)]):
            await asyncio.sleep(0.1)
    return tags


async def badge_asked(script: Any) -> None:
    """The number on the icon is asked for anew."""
    async with asyncio.timeout(30):
        while not (badges := await script.evaluate("() => self.badges")):
            await asyncio.sleep(0.1)
    assert badges[-1] >= 0


async def stands(demo: Demo, worker: Worker, script: Any) -> tuple[str, int]:
    """A notice of a post that was published just now, beside one of another room."""
    room, seq = posted(demo, "Noch warm.")
    await script.evaluate(LASTING)
    await script.evaluate(BADGES)
    await worker.push(said(id=f"p{seq}", room=room, seq=seq, href=f"/@{GERMAN}/ofen/{seq}"))
    await worker.push(said(id="other", room="another", seq=1))
    await worker.shown(2)
    return room, seq


@pytest.mark.parametrize("path", ["/account", "/"])
async def test_a_notice_goes_when_its_post_was_read_on_another_device(
    browser: Browser, demo: Demo, path: str
) -> None:
    """On a page that hears it live, and on one that hears nothing once somebody looks at it again."""
    context = await context_of(browser, demo)
    try:
        async with visit(context, demo, Place("here", path, "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            [script] = context.service_workers
            room, seq = await stands(demo, worker, script)
            read_elsewhere(demo, room, seq - 1)
            await seen.page.evaluate(ASKED)
            assert f"room-{room}" in [one["tag"] for one in await worker.shown(2)], "that one is not read yet"
            await script.evaluate(BADGES)
            read_elsewhere(demo, room, seq)
            if path != "/":
                await seen.page.evaluate(LOOKED_AT)
            left = await until(worker, lambda tags: f"room-{room}" not in tags)
            assert left == ["room-another"]
            await badge_asked(script)
            assert seen.faults == []
    finally:
        await context.close()


@pytest.mark.parametrize("path", [f"/@{GERMAN}/tresen", "/account", "/"])
async def test_a_notice_of_a_topic_goes_when_it_was_read_on_another_device(
    browser: Browser, demo: Demo, path: str
) -> None:
    """Where the group is heard live, where only the account is, and where nothing is until somebody looks again."""
    context = await context_of(browser, demo)
    room, topic, seq = talked(demo, "Wer hat den Schlüssel?")
    tag, root = f"topic-{topic}", f"/@{GERMAN}/tresen/t/1"

    def read_topic(upto: int) -> None:
        with demo.client("paying") as other:
            assert other.put(f"/api/v1/topics/{topic}/read", json={"seq": upto}).status_code == 200

    try:
        async with visit(context, demo, Place("here", "/account", "paying", "de")) as seen:
            worker = Worker(seen.page, demo.url)
            await worker.start()
            [script] = context.service_workers
            await script.evaluate(LASTING)
            if path != "/account":  # pages of rooms do not bring the worker along
                await seen.page.goto(demo.url + path)
            about = {"room": room, "seq": seq, "href": f"/@{GERMAN}/tresen/{seq}", "root": root}
            await worker.push(said(id=f"m{seq}", topic=topic, **about))
            await worker.push(said(id="other", topic="another", **about))
            await worker.shown(2)
            read_topic(seq - 1)
            await seen.page.evaluate(ASKED)
            assert tag in [one["tag"] for one in await worker.shown(2)], "that one is not read yet"
            await script.evaluate(BADGES)
            read_topic(seq)
            if path == "/account":
                await seen.page.evaluate(LOOKED_AT)
            left = await until(worker, lambda tags: tag not in tags)
            assert left == ["topic-another"], "of another topic of that group"
            await badge_asked(script)
            assert seen.faults == []
    finally:
        await context.close()
