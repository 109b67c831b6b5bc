"""Following a topic of a group on a phone, in a real browser with its service worker: one press, one notice of what is
written there, which opens at the message, and one page to follow it no more.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_push import SHOWN
from tests.stories.cast import Follower
from tests.stories.stage import ROOM
from tests.stories.test_following import sound
from tests.stories.test_following_by_push import Phone, phone

pytestmark = pytest.mark.browser
READ = "async (id) => (await (await fetch(`/api/v1/topics/${id}`)).json()).mine.read"


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_member_follows_a_topic_and_is_told_of_its_messages(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    async with phone(browser, tmp_path, language) as zoe:
        page, house = zoe.page, zoe.house
        topic = house.topic("Glaze that crawls")
        house.message(topic, "It crawls again")
        await switches_on(zoe)
        root = f"{house.server.url}/@anna/talk/t/{topic['number']}"
        await page.goto(f"{root}#details")
        await sound(page, f"topic-follow-{language}")
        await expect(page.locator("#follow select[name=push]")).to_have_value("instant")
        await page.locator("#follow button").click()
        await expect(page.locator("form[action$='/mark'] input[name=level][value='']")).to_have_count(1)
        await page.goto(f"{house.server.url}/about")

        first = house.message(topic, "Less water")
        one = await zoe.told()
        assert (one.said["id"], one.said["topic"]) == (first["id"], topic["id"])
        house.message(topic, "And a slower fire")
        other = await zoe.told()
        [notice] = [found for found in await page.evaluate(SHOWN) if found["tag"] == f"topic-{topic['id']}"]
        assert notice["title"] == "Annas Club · Glaze that crawls"
        await zoe.press(other)
        await page.wait_for_url(f"{root}?from={first['seq']}*")
        await expect(page.locator("article").get_by_text("Less water")).to_be_in_viewport()

        await page.goto(f"{house.server.url}/about")
        last = house.message(topic, "It holds")
        third = await zoe.told()
        await zoe.press(third, "read")
        assert await page.evaluate(READ, topic["id"]) == last["seq"]

        await page.goto(house.server.url + other.said["mine"])
        await sound(page, f"topic-less-{language}")
        await page.locator("button[value=topic]").click()
        await expect(page.locator("p[role=status]")).to_be_visible()
        await page.goto(root)
        house.message(topic, "Nobody hears this")
        await zoe.planned()
        assert len(zoe.service.taken) == zoe.read == 3


async def switches_on(zoe: Phone) -> None:
    """As a member, on the page of notices."""
    page = zoe.page
    member = Follower(page, zoe.house.server.url, zoe.language)
    await member.joins(f"/join/{zoe.house.invite}", "Zoe")
    await page.wait_for_url(f"**{ROOM}**")
    await page.goto(zoe.house.server.url + "/account/notices")
    await page.locator("[data-push-on]").click()
    await expect(page.locator(".push-device")).to_have_count(1)
    await zoe.worker.start()
