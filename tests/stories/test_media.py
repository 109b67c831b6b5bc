"""An album from a phone: three pictures with words for who cannot see them, for those who have the tier."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.media.sending import photo
from tests.stories.cast import Creator, profile
from tests.stories.stage import HANDLE, ROOM, Stage, staged

pytestmark = pytest.mark.browser
WORDS = ("The kiln at night", "Two bowls", "Ash on the floor")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("media")) as made:
        yield made


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = []
    for number, size in enumerate(((1600, 1000), (900, 900), (800, 1400))):
        path = tmp_path / f"photo-{number}.jpg"
        path.write_bytes(photo(*size, colour=("navy", "olive", "maroon")[number], format="JPEG"))
        made.append(path)
    return made


async def on_a_phone(browser: Browser, house: Stage) -> Creator:
    context = await profile(browser, "en", phone=True)
    await context.add_cookies([{"name": "channel", "value": house.cookie, "url": house.server.url}])
    return Creator(await context.new_page(), house.server.url, "en", handle=HANDLE)


def watched(page: Page) -> list[str]:
    """The addresses of media that the page asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/media/" in request.url else None)
    return asked


async def one_picture_comes_first(page: Page, address: str) -> None:
    """While the first picture in view is on its way, none is fetched beside it; then all come, in view by then."""
    asked, arrives = watched(page), asyncio.Event()

    async def slow(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/media/**", slow)
    await page.goto(address, wait_until="commit")
    await expect(page.locator("html.js")).to_be_attached()
    await page.wait_for_timeout(500)
    assert len(asked) == 1
    arrives.set()
    await page.wait_for_function(
        "() => [...document.querySelectorAll('[data-album] picture img')].every((one) => one.complete && one.naturalWidth)"
    )
    assert len({*asked}) == 3
    await page.unroute("**/media/**")


async def test_an_album_is_posted_seen_by_who_pays_and_kept_from_others(
    browser: Browser, house: Stage, files: list[Path]
) -> None:
    tier = house._ask("POST", f"/api/v1/communities/{HANDLE}/tiers", {"name": "Gold", "rank": 10})
    free, paying = await house.follower(browser, "Fred"), await house.follower(browser, "Paula")
    members = house._ask("GET", f"/api/v1/communities/{HANDLE}/members?q=Paula")["items"]
    address = f"/api/v1/communities/{HANDLE}/members/{members[0]['account']['id']}"
    house._ask("PATCH", address, {"tier_id": tier["id"]})
    anna = await on_a_phone(browser, house)
    try:
        await anna.go(f"/studio/{HANDLE}")
        form = anna.page.locator("form#compose[data-alive]")
        async with anna.page.expect_file_chooser() as chooser:
            await form.get_by_role("button", name="Add pictures and files").click()
        await (await chooser.value).set_files(files)
        await expect(form.locator("[name=media]")).to_have_count(3)
        for line, words in zip(await form.locator("[data-attached] li").all(), WORDS, strict=True):
            await line.get_by_placeholder("What does it show?").fill(words)
        await form.get_by_role("button", name="Move photo-2.jpg one place forward").click()
        await form.locator("[name=text]").fill("From tonight")
        await form.locator("[name=min_rank]").select_option("10")
        await form.locator("[data-send]").click()
        await expect(anna.page.locator(".toast")).to_be_visible()

        seen = watched(paying.page)
        await paying.go(ROOM)
        album = paying.page.locator("[data-album]")
        await expect(album.locator("a[data-shot] picture img")).to_have_count(3)
        alts = [await one.get_attribute("alt") for one in await album.locator("picture img").all()]
        assert alts == [WORDS[0], WORDS[2], WORDS[1]]
        await album.locator("a[data-shot]").first.click()
        viewer = paying.page.locator("dialog.viewer")
        await expect(viewer.locator(".count")).to_have_text("1 / 3")
        await paying.page.keyboard.press("ArrowRight")
        await expect(viewer.locator(".said")).to_have_text(WORDS[2])
        await paying.page.keyboard.press("Escape")
        await expect(viewer).to_have_count(0)
        assert seen

        await one_picture_comes_first(paying.page, house.server.url + ROOM)

        hidden = watched(free.page)
        await free.go(ROOM)
        await expect(free.page.locator("article[data-locked]")).to_have_count(1)
        await free.page.wait_for_load_state("networkidle")
        assert hidden == []
        content = await free.page.content()
        assert not any(words in content for words in (*WORDS, "photo-0", "From tonight", "data:image/webp"))
    finally:
        for one in (anna, free, paying):
            await one.context.close()
