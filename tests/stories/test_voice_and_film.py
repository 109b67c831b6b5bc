"""A voice recorded on a phone and a film, from the creator's hands to who pays for them, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.chromium import ARGUMENTS, executable
from tests.media import recordings
from tests.stories.cast import Creator, profile
from tests.stories.stage import HANDLE, ROOM, Stage, staged

pytestmark = pytest.mark.browser
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PLAYS = "(() => { const one = document.querySelector('%s'); return one && !one.paused && one.currentTime > 0.2; })()"


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """One whose microphone beeps, and which lets everybody use it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *FAKE])
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("voices")) as made:
        yield made


async def on_a_phone(browser: Browser, house: Stage) -> Creator:
    context = await profile(browser, "en", phone=True)
    await context.add_cookies([{"name": "channel", "value": house.cookie, "url": house.server.url}])
    return Creator(await context.new_page(), house.server.url, "en", handle=HANDLE)


async def until(page: Page, expression: str) -> None:
    """The page's own policy allows no waiting inside of it by strings."""
    async with asyncio.timeout(30):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.05)


async def plays(page: Page, selector: str) -> None:
    await until(page, PLAYS % selector)


async def test_a_voice_note_is_recorded_heard_sent_and_played(browser: Browser, house: Stage) -> None:
    follower = await house.follower(browser, "Fred")
    anna = await on_a_phone(browser, house)
    try:
        await anna.go(f"/studio/{HANDLE}")
        form = anna.page.locator("form#compose[data-alive]")
        await form.get_by_role("button", name="Record a voice note").click()
        panel = form.locator(".recorder")
        await expect(panel.get_by_role("timer")).to_have_text("0:01")
        await panel.get_by_role("button", name="Pause").click()
        stopped = await panel.get_by_role("timer").text_content()
        await anna.page.wait_for_timeout(1_200)
        await expect(panel.get_by_role("timer")).to_have_text(stopped or "")
        await panel.get_by_role("button", name="Go on recording").click()
        await expect(panel.get_by_role("timer")).to_have_text("0:03")
        await until(anna.page, "document.querySelector('.recorder meter').value > 0.1")  # it beeps
        await panel.get_by_role("button", name="Done").click()
        heard = panel.locator("audio")
        await expect(heard).to_be_visible()
        await panel.get_by_role("button", name="Add it").click()
        await expect(panel).to_have_count(0)
        await expect(form.locator("[name=media]")).to_have_count(1)
        await form.get_by_placeholder("What does it show?").fill("Good night from the kiln")
        await form.locator("[data-send]").click()
        await expect(anna.page.locator(".toast")).to_be_visible()

        # It arrives at once, and becomes playable by itself.
        box = follower.page.locator("[data-voice]")
        await expect(box).to_have_count(1)
        button = box.get_by_role("button", name="Good night from the kiln")
        await expect(button).to_be_visible()
        await button.click()
        await plays(follower.page, "audio")
        await box.get_by_role("button", name="Speed").click()
        await expect(box.locator("[data-speed]")).to_have_text("1.5×")
        assert await follower.page.locator("audio").evaluate("one => one.playbackRate") == 1.5
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "false")
        place = box.get_by_role("slider")
        await place.press("Home")
        await place.press("ArrowRight")
        assert await follower.page.locator("audio").evaluate("one => Math.round(one.currentTime)") == 1
        assert [*follower.faults, *anna.faults] == []
    finally:
        await anna.context.close()
        await follower.context.close()


async def test_a_film_is_prepared_streamed_and_kept_from_who_does_not_pay(
    browser: Browser, house: Stage, tmp_path: Path
) -> None:
    tier = house._ask("POST", f"/api/v1/communities/{HANDLE}/tiers", {"name": "Gold", "rank": 10})
    free, paying = await house.follower(browser, "Fiona"), await house.follower(browser, "Paula")
    members = house._ask("GET", f"/api/v1/communities/{HANDLE}/members?q=Paula")["items"]
    address = f"/api/v1/communities/{HANDLE}/members/{members[0]['account']['id']}"
    house._ask("PATCH", address, {"tier_id": tier["id"]})
    content = recordings.film(tmp_path / "film.mp4", "640x360", 6).read_bytes()
    sent = house.client.post(
        f"/api/v1/media?community={HANDLE}&name=film.mp4&alt=The+kiln", content=content
    ).json()
    try:
        await paying.go(ROOM)
        hidden: list[str] = []
        free.page.on("request", lambda one: hidden.append(one.url) if "/media/" in one.url else None)
        await free.go(ROOM)
        house.post("", media=[sent["id"]], min_rank=10)
        film = paying.page.locator("video")
        await expect(film).to_have_count(1)  # whether it was ready when it came or later
        await expect(free.page.locator("article[data-locked]")).to_have_count(1)
        # As in a browser that knows no HLS of itself.
        await paying.page.evaluate("HTMLVideoElement.prototype.canPlayType = () => ''")
        asked: list[str] = []
        paying.page.on("request", lambda one: asked.append(one.url.rpartition("/")[2]))
        await film.evaluate("one => { one.muted = true; one.play().catch(() => {}); }")
        await plays(paying.page, "video")
        assert {"film.js", "hls.light.js", "stream.m3u8", "360.m3u8", "360.m4s"} <= {*asked}
        assert hidden == []
        assert [*paying.faults, *free.faults] == []
    finally:
        for one in (free, paying):
            await one.context.close()
