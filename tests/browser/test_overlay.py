"""In the window of the installed app nothing of any page lies where the window's controls are."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.demo import Demo, Who
from tests.browser.overlaid import MAC, WINDOWS, Frame, lay_over
from tests.browser.pages import PAGES, Place
from tests.browser.visits import REGIONS, visit, visit_in

pytestmark = pytest.mark.browser

# Where all that has words or a use is when everything is scrolled to its start: [what, x, y, width, height]; and by how
# much the page is higher than the window. What scrolls by itself and goes on loading is left alone. Bar 0: without it.
PLACES = """async (bar) => {
  const root = document.documentElement;
  if (!bar) root.style.setProperty("--top", "0px");
  // With less motion every change still takes a millisecond.
  const settled = () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 20));
  await settled();
  const isFeed = document.querySelector("channel-feed") !== null;
  if (!isFeed) for (const box of document.querySelectorAll("*")) if (box.scrollTop) box.scrollTop = 0;
  const found = [];
  const range = document.createRange();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const words = node.nodeType === Node.TEXT_NODE ? node.data.trim().slice(0, 40) : "";
    const of = words ? node.parentElement : node;
    if (!words && !(of instanceof Element && of.matches("a, button, input, select, textarea, summary, video, audio, img:not([alt=''])"))) continue;
    if (of.closest(".skip, .feed") || !of.checkVisibility({ visibilityProperty: true })) continue;
    range.selectNode(node);
    const { x, y, width, height } = range.getBoundingClientRect();
    if (width && height) found.push([words || `<${of.localName} ${of.className}>`, ...[x, y, width, height].map(Math.round)]);
  }
  const over = isFeed ? 0 : root.scrollHeight - root.clientHeight;
  if (!bar) root.style.removeProperty("--top");
  if (!bar) await settled();
  return { found, over };
}"""
# Whatever one can touch in the bar, other than the bar.
IN_THE_BAR = """(bar) => {
  const found = new Set();
  for (let x = 1; x < innerWidth; x += 7) {
    for (const y of [0, bar / 2, bar - 0.5]) {
      const node = document.elementFromPoint(x, y);
      if (node !== document.body) found.add(`${x},${y}: ${node?.outerHTML.slice(0, 100)}`);
    }
  }
  return [...found];
}"""
# Everything is scrolled to its end; what is focused or jumped to from there, the last first, comes into view, and no
# higher than the bar.
HIDDEN_FOCUS = """(bar) => {
  for (const box of document.querySelectorAll("*")) if (box.scrollHeight > box.clientHeight) box.scrollTop = box.scrollHeight;
  const all = [...document.querySelectorAll("a[href], button, input:not([type=radio], [type=checkbox], [type=file]), select, textarea, summary, :is(h1, h2, h3, section)[id]")];
  const hidden = [];
  for (const one of all.reverse()) {
    if (one.closest(".visually-hidden, .skip") || !one.checkVisibility({ visibilityProperty: true })) continue;
    if (one.matches("[id]:is(h1, h2, h3, section)")) one.scrollIntoView({ block: "start", behavior: "instant" });
    else one.focus();
    const { top, height } = one.getBoundingClientRect();
    const isThere = one === document.activeElement || one.matches("[id]:is(h1, h2, h3, section)");
    if (isThere && top < bar - 1 && height < innerHeight / 2) hidden.push(`${top}: ${one.outerHTML.slice(0, 100)}`);
  }
  return hidden;
}"""
# What sticks or is fixed to the top.
STUCK = """(bar) => [...document.querySelectorAll("body *")].filter((node) => {
  const { position, insetBlockStart } = getComputedStyle(node);
  if (!["sticky", "fixed"].includes(position) || insetBlockStart === "auto" || node.matches(".skip")) return false;
  const { top, height } = node.getBoundingClientRect();
  return height > 0 && top < bar;
}).map((node) => node.outerHTML.slice(0, 100))"""
BAR = """() => {
  const { blockSize, paddingLeft, paddingRight, webkitAppRegion, content } = getComputedStyle(document.body, "::before");
  return { blockSize, paddingLeft, paddingRight, webkitAppRegion, content };
}"""


@contextlib.asynccontextmanager
async def window(
    browser: Browser, demo: Demo, who: Who, frame: Frame, *, scheme: Any = "light", language: str = "en"
) -> AsyncIterator[BrowserContext]:
    """A browser profile whose tabs are such windows. Its worker is away: the style sheets come from the test."""
    context = await browser.new_context(
        viewport={"width": frame.width, "height": frame.height},
        color_scheme=scheme,
        locale=REGIONS[language],
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        service_workers="block",
    )
    try:
        if who in demo.cookies:
            await context.add_cookies([{"name": "channel", "value": demo.cookies[who], "url": demo.url}])
        await lay_over(context, frame)
        yield context
    finally:
        await context.close()


class Windows:
    """One window for as long as the same person looks."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self._browser, self._demo = browser, demo
        self._of: Who | None = None
        self._open = contextlib.AsyncExitStack()
        self._page: Page | None = None

    async def of(self, who: Who) -> Page:
        if self._page is None or self._of != who:
            await self.close()
            context = await self._open.enter_async_context(window(self._browser, self._demo, who, WINDOWS))
            self._page, self._of = await context.new_page(), who
        return self._page

    async def close(self) -> None:
        self._page = None
        await self._open.aclose()


@pytest.fixture(scope="module")
async def windows(browser: Browser, demo: Demo) -> AsyncIterator[Windows]:
    made = Windows(browser, demo)
    yield made
    await made.close()


SIZES = ((1280, 800), (800, 600))


async def looks(page: Page, size: tuple[int, int], bar: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What lies where, and what would in a window without the bar that is as much lower, moved down by it."""
    width, height = size
    await page.set_viewport_size({"width": width, "height": height})
    seen = await page.evaluate(PLACES, bar)
    await page.set_viewport_size({"width": width, "height": height - bar})
    without = await page.evaluate(PLACES, 0)
    moved = [[what, x, y + bar, *rest] for what, x, y, *rest in without["found"]]
    return seen, {"over": without["over"], "found": moved}


# One page of each layout, and of each kind of head; `make test-full` looks at all of them.
SHORT = {
    "front", "community", "home", "room", "permalink", "group", "topic", "search", "messages", "join", "sign-in", "studio",
    "studio-inbox", "studio-reach", "studio-members", "studio-library", "studio-poster", "account", "account-notices", "checkout",
    "admin-health", "api-docs", "follow", "share-post", "error-404",
}  # fmt: skip
EACH = [
    pytest.param(page.name, marks=() if page.name in SHORT else pytest.mark.full)
    for page in sorted(PAGES, key=lambda page: page.who)
]


@pytest.mark.parametrize("name", EACH)
async def test_a_page_lies_below_the_bar_as_it_would_in_a_lower_window(
    demo: Demo, pages: dict[str, Place], windows: Windows, name: str
) -> None:
    bar = WINDOWS.bar
    page = await windows.of(pages[name].who)
    async with visit_in(page, demo, pages[name]):
        for size in SIZES:
            for _ in range(8):  # in the demo something may arrive between two looks
                seen, without = await looks(page, size, bar)
                if seen == without:
                    break
            assert seen == without
            assert [one for one in seen["found"] if one[2] < bar - 1] == []  # a line may begin above its box
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate(IN_THE_BAR, bar) == []
            assert await page.evaluate(HIDDEN_FOCUS, bar) == []
            assert await page.evaluate(IN_THE_BAR, bar) == []
            assert await page.evaluate(STUCK, bar) == []


# What lies over the page, and how far it is from the bar and from the end of the window.
OVER = """(bar) => [...document.querySelectorAll("dialog[open], :popover-open, .net-line > *")].flatMap((box) => {
  const parts = [...box.querySelectorAll("a, button, input, .count")].filter((one) => one.getBoundingClientRect().height);
  const room = innerHeight - box.getBoundingClientRect().bottom;
  return [box, ...parts].map((one) => [one.className, one.getBoundingClientRect().top - bar, room]);
})"""
# As of a post; in which rooms of the demo one is in view changes.
PICTURE = """() => document.querySelector("main h1").insertAdjacentHTML(
  "afterend", '<a id="picture" data-shot="" href="/static/icons/app-512.png">x</a>')"""


async def keeps_clear(page: Page, frame: Frame, opened: str) -> None:
    await expect(page.locator(opened).first).to_be_visible()
    lying = await page.evaluate(OVER, frame.bar)
    assert lying, "else the rest proves nothing"
    assert [one for one in lying if one[1] < 0 or one[2] < 0] == [], opened
    await page.keyboard.press("Escape")


@pytest.mark.parametrize("frame", [WINDOWS, MAC], ids=["windows", "mac"])
async def test_what_opens_over_a_page_keeps_clear_of_the_controls(
    browser: Browser, demo: Demo, pages: dict[str, Place], frame: Frame
) -> None:
    async with (
        window(browser, demo, "creator", frame) as context,
        visit(context, demo, pages["room-creator"]) as seen,
    ):
        page = seen.page
        await page.evaluate(PICTURE)
        await page.locator("#picture").click()
        await keeps_clear(page, frame, "dialog.viewer > .round:last-child")
        await page.keyboard.press("Control+k")
        await keeps_clear(page, frame, "dialog.palette")
        await page.keyboard.press("?")
        await keeps_clear(page, frame, "dialog.dialog")
        await page.locator("article.post").last.click(button="right")
        await keeps_clear(page, frame, ".menu:popover-open")
        await page.evaluate("document.querySelector('#jump').showPopover()")
        await keeps_clear(page, frame, "#jump")
        await context.set_offline(True)
        await keeps_clear(page, frame, ".net-line > *")
        assert await page.evaluate(IN_THE_BAR, frame.bar) == []


@pytest.mark.parametrize("name", ["account", "room", "join", "front"])
async def test_the_way_past_the_navigation_comes_into_view_below_the_bar(
    browser: Browser, demo: Demo, pages: dict[str, Place], name: str
) -> None:
    async with (
        window(browser, demo, pages[name].who, MAC) as context,
        visit(context, demo, pages[name]) as seen,
    ):
        skip = seen.page.locator(".skip")
        hidden = await skip.bounding_box()
        assert hidden is not None and hidden["y"] + hidden["height"] <= 0
        await seen.page.keyboard.press("Tab")
        await expect(skip).to_be_focused()
        await seen.page.evaluate("new Promise((done) => setTimeout(done, 50))")
        there = await skip.bounding_box()
        assert there is not None and there["y"] >= MAC.bar


@pytest.mark.parametrize("frame", [WINDOWS, MAC], ids=["windows", "mac"])
async def test_the_bar_moves_the_window_and_has_the_name_of_the_page_beside_the_controls(
    browser: Browser, demo: Demo, pages: dict[str, Place], frame: Frame
) -> None:
    async with (
        window(browser, demo, "guest", frame) as context,
        visit(context, demo, pages["community"]) as seen,
    ):
        title = await seen.page.title()
        x, _, width, _ = frame.area
        assert await seen.page.evaluate(BAR) == {
            "blockSize": f"{frame.bar}px",
            "paddingLeft": f"{x + 12}px",
            "paddingRight": f"{frame.width - x - width + 12}px",
            "webkitAppRegion": "drag",
            "content": f'"{title}" / ""',
        }


COLOURS = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const pixel = (colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const meta = [...document.querySelectorAll("meta[name=theme-color]")].find((one) => matchMedia(one.media).matches);
  return [pixel(getComputedStyle(document.body, "::before").backgroundColor), pixel(meta.content)];
}"""


async def alike(page: Page, scheme: str) -> None:
    """Both come to be of the scheme, and the same within what rounding leaves."""
    bar: list[int] = []
    controls: list[int] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            while not bar or (max(bar[:3]) > 128) is not (scheme == "light") or not near(bar, controls):
                bar, controls = await page.evaluate(COLOURS)
    assert near(bar, controls), (bar, controls)
    assert (max(bar[:3]) > 128) is (scheme == "light")


def near(one: list[int], other: list[int]) -> bool:
    return max(abs(left - right) for left, right in zip(one, other, strict=True)) <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["front", "community", "community-german"])
async def test_the_controls_are_given_the_colour_of_the_bar(
    browser: Browser, demo: Demo, pages: dict[str, Place], name: str, scheme: str
) -> None:
    """By the theme of the system, and by the one that is chosen against it, at once and on the next page."""
    other = {"light": "dark", "dark": "light"}[scheme]
    async with (
        window(browser, demo, "guest", WINDOWS, scheme=scheme) as context,
        visit(context, demo, pages[name]) as seen,
    ):
        page = seen.page
        await alike(page, scheme)
        await page.locator(f"form[action='/theme'] button[value={other}]").first.click()
        await alike(page, other)
        while other not in [one["value"] for one in await context.cookies() if one["name"] == "theme"]:
            await asyncio.sleep(0.05)
        await page.reload()
        await alike(page, other)
        await page.locator("form[action='/theme'] button[value=system]").first.click()
        await alike(page, scheme)
