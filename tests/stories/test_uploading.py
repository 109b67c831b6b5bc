"""Files on their way into a post outlive a reload and a lost network, wait when they are told to, and arrive once and in
the order in which they stand."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Locator, Page, Request, Route, expect

from tests.stories.cast import Creator, profile
from tests.stories.stage import HANDLE, ROOM, Stage, staged

pytestmark = pytest.mark.browser
PIECES = "**/api/v1/media/uploads/*"
FIRST_BYTES = 256 * 1024
NAMES = ("one.bin", "two.bin", "three.bin")
FORGET_BYTES = """() => new Promise((done, failed) => {
  const asked = indexedDB.deleteDatabase("channel-uploads");
  asked.onsuccess = done;
  asked.onerror = failed;
})"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("uploading")) as made:
        yield made


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in NAMES]
    for number, path in enumerate(made):
        path.write_bytes(random.Random(number).randbytes(FIRST_BYTES + 200_000))
    return made


@dataclass
class Line:
    """The way to the server: the first piece of each file goes through, the others when it is `open`."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    pieces: list[tuple[str, int]] = field(default_factory=list)

    async def pass_on(self, route: Route) -> None:
        offset = self._note(route.request)
        if offset:
            await self.open.wait()
        with contextlib.suppress(Error):  # the page that asked may be gone
            await route.continue_()

    def _note(self, request: Request) -> int:
        if request.method != "PATCH":
            return 0
        offset = int(request.headers["upload-offset"])
        self.pieces.append((request.url.rpartition("/")[2], offset))
        return offset

    @property
    def begun(self) -> int:
        """How often the first piece of a file was sent."""
        return sum(1 for _, offset in self.pieces if offset == 0)


async def opened(browser: Browser, house: Stage, line: Line, path: str = ROOM) -> tuple[Creator, Locator]:
    context = await profile(browser, "en", phone=True)
    await context.add_cookies([{"name": "channel", "value": house.cookie, "url": house.server.url}])
    anna = Creator(await context.new_page(), house.server.url, "en", handle=HANDLE)
    await anna.page.route(PIECES, line.pass_on)
    await anna.go(path)
    form = anna.page.locator("form[data-composer][data-alive]")
    await expect(form).to_have_count(1)
    return anna, form.and_(anna.page.locator("[data-takes]"))


async def choose(
    page: Page, form: Locator, files: list[Path], button: str = "Add pictures and files"
) -> None:
    async with page.expect_file_chooser() as chooser:
        await form.get_by_role("button", name=button).click()
    await (await chooser.value).set_files(files)


def row(form: Locator, name: str) -> Locator:
    return form.locator(f"[data-attached] li[data-name='{name}'], .attached li[data-name='{name}']")


async def names(form: Locator) -> list[str | None]:
    return [await one.get_attribute("data-name") for one in await form.locator(".attached li").all()]


def posted(house: Stage, text: str) -> list[str]:
    """The names of what the one post with this text carries."""
    items = house._ask("GET", f"/api/v1/rooms/{house.room_id}/posts?limit=100")["items"]
    [post] = [one for one in items if one["text"] == text]
    return [one["name"] for one in post["media"]]


def uploaded(house: Stage) -> int:
    """How many media the community has."""
    return len(house._ask("GET", f"/api/v1/communities/{HANDLE}/media")["items"])


async def test_a_reload_in_the_middle_and_a_tunnel_lose_nothing(
    browser: Browser, house: Stage, files: list[Path]
) -> None:
    line, before = Line(), uploaded(house)
    anna, form = await opened(browser, house, line)
    try:
        await choose(anna.page, form, files)
        await form.locator("[name=text]").fill("From the train")
        await row(form, "two.bin").get_by_placeholder("What does it show?").fill("The second")
        for name in NAMES[:2]:
            await expect(row(form, name)).to_contain_text("262 kB of 462 kB")
        await expect(row(form, "three.bin")).to_contain_text("Waits for its turn")  # two at once
        await form.get_by_role("button", name="Move three.bin one place forward").click()
        await anna.page.reload()

        await expect(form.locator("[name=text]")).to_have_value("From the train")
        await expect(form.locator(".attached li")).to_have_count(3)
        assert await names(form) == ["one.bin", "three.bin", "two.bin"]
        await expect(row(form, "two.bin").get_by_placeholder("What does it show?")).to_have_value(
            "The second"
        )
        await expect(row(form, "one.bin")).to_contain_text("262 kB of 462 kB")

        await anna.context.set_offline(True)
        line.open.set()
        await expect(row(form, "one.bin")).to_contain_text("Waits for the network")
        await form.locator("[data-send]").click()
        await expect(form.get_by_text("Is sent as soon as 3 files have arrived.")).to_be_visible()
        await anna.context.set_offline(False)
        await expect(form.locator(".attached li")).to_have_count(0)
        await expect(anna.page.locator("article.post[data-id]", has_text="From the train")).to_have_count(1)
        assert posted(house, "From the train") == ["one.bin", "three.bin", "two.bin"]
        assert uploaded(house) == before + 3
        assert line.begun == 3, "they went on where they stopped"
        await anna.page.reload()
        await expect(form).to_have_count(1)
        await expect(form.locator(".attached li")).to_have_count(0)
        assert anna.faults == []
    finally:
        await anna.context.close()


async def test_one_is_paused_and_named_until_it_goes_on_and_dragging_orders(
    browser: Browser, house: Stage, files: list[Path]
) -> None:
    line = Line()
    anna, form = await opened(browser, house, line)
    try:
        await choose(anna.page, form, files)
        for name in NAMES[:2]:
            await expect(row(form, name)).to_contain_text("262 kB of 462 kB")
        pause = form.get_by_role("button", name="Pause one.bin")
        await pause.focus()
        await anna.page.keyboard.press("Enter")
        await expect(row(form, "one.bin")).to_contain_text("Paused at 262 kB of 462 kB")
        on = form.get_by_role("button", name="Go on with one.bin")
        await expect(on).to_be_focused()
        await expect(row(form, "three.bin")).to_contain_text("262 kB")  # the next one takes its turn
        await anna.page.reload()
        await expect(row(form, "one.bin")).to_contain_text("Paused at")
        line.open.set()
        await expect(form.locator("[name=media]")).to_have_count(2)

        await drag(anna.page, row(form, "one.bin"), row(form, "three.bin"))
        assert await names(form) == ["two.bin", "three.bin", "one.bin"]
        await form.locator("[name=text]").fill("With a pause")
        await form.locator("[data-send]").click()
        await expect(form.get_by_role("alert")).to_contain_text("one.bin has not arrived")
        await on.click()
        await expect(form.locator("[name=media]")).to_have_count(3)
        await form.locator("[data-send]").click()
        await expect(anna.page.locator("article.post[data-id]", has_text="With a pause")).to_have_count(1)
        assert posted(house, "With a pause") == ["two.bin", "three.bin", "one.bin"]
        assert line.begun == 3
        assert anna.faults == []
    finally:
        await anna.context.close()


async def drag(page: Page, line: Locator, target: Locator) -> None:
    """By its picture, past the middle of another one."""
    start, end = await line.locator("[data-grip]").bounding_box(), await target.bounding_box()
    assert start and end
    x = start["x"] + 20
    await page.mouse.move(x, start["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(x, end["y"] + end["height"], steps=12)
    await page.mouse.up()


async def test_a_file_that_the_browser_could_not_keep_is_chosen_again(
    browser: Browser, house: Stage, files: list[Path], tmp_path: Path
) -> None:
    line = Line()
    anna, form = await opened(browser, house, line, f"/studio/{HANDLE}")
    try:
        await choose(anna.page, form, files[:1])
        await form.locator("[name=text]").fill("At the desk")
        await expect(row(form, "one.bin")).to_contain_text("262 kB of 462 kB")
        await anna.go(f"/studio/{HANDLE}/posts")
        await anna.page.evaluate(FORGET_BYTES)
        await anna.go(f"/studio/{HANDLE}")
        lost = row(form, "one.bin")
        await expect(lost).to_contain_text("Choose it again")
        await expect(form.locator("[name=text]")).to_have_value("At the desk")
        await form.locator("[data-send]").click()
        await expect(form.get_by_role("alert")).to_contain_text("one.bin has not arrived")

        line.open.set()
        other = tmp_path / "other"
        other.mkdir()
        (other / "one.bin").write_bytes(b"something else")
        await choose(anna.page, form, [other / "one.bin"], "Choose one.bin again")
        await expect(lost).to_contain_text("That is another file")
        await choose(anna.page, form, files[:1], "Choose one.bin again")
        await expect(form.locator("[name=media]")).to_have_count(1)
        assert line.begun == 1, "the same file goes on where it stopped"
        await form.locator("[data-send]").click()
        await expect(anna.page.locator("#toasts .toast.good")).to_be_visible()
        assert posted(house, "At the desk") == ["one.bin"]
    finally:
        await anna.context.close()


async def test_what_was_added_to_a_post_that_is_there_outlives_a_reload_and_captions_go_on_and_off(
    browser: Browser, house: Stage, files: list[Path], tmp_path: Path
) -> None:
    film, words = tmp_path / "film.mp4", tmp_path / "film.fr.vtt"
    film.write_bytes(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64))
    words.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nBonsoir\n")
    post = house.post("It has a page")
    line = Line()
    anna, _ = await opened(browser, house, line)
    try:
        await anna.go(f"/studio/{HANDLE}/posts/{post['id']}")
        form = anna.page.locator("form[data-carrying]")
        await choose(anna.page, form, [film, files[0]])
        await expect(row(form, "one.bin")).to_contain_text("262 kB of 462 kB")
        await choose(anna.page, row(form, "film.mp4"), [words], "Captions")
        await expect(row(form, "film.mp4").get_by_label("Language of the captions")).to_have_value("fr")
        await row(form, "film.mp4").get_by_role("button", name="Add them").click()
        off = row(form, "film.mp4").get_by_role("button", name="Remove the captions: Français")
        await expect(off).to_be_visible()
        await anna.page.reload()
        await expect(off).to_be_visible()
        medium = await row(form, "film.mp4").get_attribute("data-medium")
        assert [one["language"] for one in house._ask("GET", f"/api/v1/media/{medium}")["captions"]] == ["fr"]
        await off.click()
        await expect(off).to_have_count(0)
        assert house._ask("GET", f"/api/v1/media/{medium}")["captions"] == []
        await form.get_by_role("button", name="Remove film.mp4").click()

        await anna.page.locator("form[data-carrying] button.press").click()
        await expect(form.get_by_text("Is sent as soon as 1 file has arrived.")).to_be_visible()
        async with anna.page.expect_navigation():
            line.open.set()
        assert posted(house, "It has a page") == ["one.bin"]
        await expect(form.locator(".attached li")).to_have_count(1)
    finally:
        await anna.context.close()


async def test_a_refused_post_gives_its_files_back(browser: Browser, house: Stage, files: list[Path]) -> None:
    line = Line()
    line.open.set()
    anna, form = await opened(browser, house, line)
    body = '{"detail": "Not today.", "code": "refused", "problems": {}}'
    try:
        await choose(anna.page, form, files[:2])
        await form.get_by_role("button", name="Move two.bin one place forward").click()
        await row(form, "one.bin").get_by_placeholder("What does it show?").fill("Number one")
        await form.locator("[name=text]").fill("Refused at first")
        refuse = partial(Route.fulfill, status=403, content_type="application/json", body=body)
        await anna.page.route(f"**/studio/{HANDLE}/posts", refuse, times=1)
        await form.locator("[data-send]").click()
        ghost = anna.page.locator("article[data-ghost]", has_text="Refused at first")
        await expect(ghost).to_contain_text("Not today.")
        await anna.page.reload()
        await ghost.get_by_role("button", name="Edit").click()
        await expect(form.locator("[name=media]")).to_have_count(2)
        await expect(row(form, "one.bin").get_by_placeholder("What does it show?")).to_have_value(
            "Number one"
        )
        await form.locator("[data-send]").click()
        await expect(anna.page.locator("article.post[data-id]", has_text="Refused at first")).to_have_count(1)
        assert posted(house, "Refused at first") == ["two.bin", "one.bin"]
    finally:
        await anna.context.close()
