"""Cards and lists on a page of somebody else: they stand, they fit, they tell how high they are, and they know nobody."""

import html
import itertools
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, Route

from tests.browser.axe import violations
from tests.browser.chromium import UNSEEN, launched, without
from tests.browser.demo import Demo
from tests.browser.pages import ENGLISH, GERMAN, Place
from tests.browser.visits import Look, context_for

pytestmark = pytest.mark.browser
# A page of another host shows frames of our server here, which listens on this machine alone. Only here: it takes the
# place of what the driver switches off for all others, and then transitions between pages end in errors.
LETS_IN = without("LocalNetworkAccessChecks", *UNSEEN)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with launched(LETS_IN) as browser:
        yield browser


ELSEWHERE = "http://blog.example"
HEARS = """<script>
addEventListener("message", ({ data, source }) => {
  for (const frame of document.querySelectorAll("iframe"))
    if (frame.contentWindow === source && data.type === "channel.embed") { frame.height = data.height; frame.dataset.told = "1"; }
});
</script>"""
LOOKS = [
    Look(device, scheme, language)
    for (device, scheme), language in zip(
        itertools.product(("phone", "desk"), ("light", "dark")), ("en", "de", "de", "en"), strict=True
    )
]  # type: ignore[arg-type]


@pytest.fixture(params=LOOKS, ids=str)
async def context(
    request: pytest.FixtureRequest, browser: Browser, demo: Demo
) -> AsyncIterator[BrowserContext]:
    """Of somebody who is signed in here, which must make no difference."""
    made = await context_for(browser, demo, "paying", request.param)
    yield made
    await made.close()


def snippets(demo: Demo, pages: dict[str, Place]) -> list[str]:
    """The HTML that people copy from the page to share from; of a locked post too."""
    found = []
    with demo.client("creator") as creator:
        for path in (
            pages["permalink"].path,
            pages["permalink-locked"].path,
            f"/@{GERMAN}/werkstatt",
            f"/@{ENGLISH}",
        ):
            told = re.search(r'id="snippet">([^<]+)<', creator.get(f"/share{path}").text)
            assert told, path
            found.append(html.unescape(told[1]))
    return found


async def shown(context: BrowserContext, body: str) -> tuple[Page, list[Request], list[str]]:
    """Somebody else's page with this in it; all that was asked for, and all that the console complains about."""
    page, asked, said = await context.new_page(), [], []
    page.on("request", lambda one: asked.append(one))  # noqa: PLW0108 - a method of a list takes none of its marks
    page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))

    async def answer(route: Route) -> None:
        head = '<!doctype html><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Blog</title>'
        await route.fulfill(body=head + HEARS + body, content_type="text/html")

    await page.route(f"{ELSEWHERE}/**", answer)
    await page.goto(f"{ELSEWHERE}/post", wait_until="load")
    return page, asked, said


async def test_they_stand_on_the_page_of_somebody_else(
    context: BrowserContext, demo: Demo, pages: dict[str, Place], request: pytest.FixtureRequest
) -> None:
    frames = [one.replace(' loading="lazy"', "") for one in snippets(demo, pages)]
    page, asked, said = await shown(context, "<p>Words of my own.</p>" + "<br>".join(frames))
    for number in range(len(frames)):
        frame = page.locator("iframe").nth(number)
        await frame.and_(page.locator("[data-told]")).wait_for()
        inside = frame.content_frame.locator("[data-embed]")
        height, box = await frame.get_attribute("height"), await inside.bounding_box()
        assert box and height and abs(int(height) - box["height"]) <= 4, "as high as what is in it"
        colours = await inside.evaluate("(card) => getComputedStyle(card).backgroundColor")
        assert colours not in ("rgba(0, 0, 0, 0)", ""), "its styles are there, though the frame has no origin"
        assert (
            await inside.evaluate("() => { try { return document.cookie } catch { return 'none' } }")
            == "none"
        )
        pictures = await inside.locator("img").evaluate_all(
            "(all) => Promise.all(all.map((one) => { one.loading = 'eager'; return one.decode().then(() => one.naturalWidth, () => 0); }))"
        )
        assert all(pictures), "every picture of it is there"
        assert await inside.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    hosts = {urlsplit(one.url).netloc for one in asked if not one.url.startswith("data:")}
    assert hosts == {urlsplit(ELSEWHERE).netloc, urlsplit(demo.url).netloc}, "nobody else is asked"
    for one in asked:
        assert "cookie" not in await one.all_headers(), one.url
    assert not said, said
    if folder := os.environ.get("CHANNEL_SCREENSHOTS"):
        path = Path(folder) / f"embeds-{request.node.callspec.id}.png"
        await page.screenshot(path=path, full_page=True)


async def test_they_are_good_to_use_for_everybody(
    context: BrowserContext, demo: Demo, pages: dict[str, Place]
) -> None:
    paths = (
        pages["permalink"].path,
        pages["permalink-locked"].path,
        f"/@{GERMAN}/werkstatt",
        f"/@{ENGLISH}",
        "/@nobody",
    )
    for path in paths:
        page = await context.new_page()
        await page.goto(f"{demo.url}/embed{path}", wait_until="load")
        rules = ("landmark-one-main", "page-has-heading-one", "region")  # of whole pages, which a card is not
        found = [one for one in await violations(page) if not one.startswith(rules)]
        assert not found, (path, found)
        await page.close()


async def test_a_list_takes_in_what_is_new_without_a_reload(browser: Browser, demo: Demo) -> None:
    context = await context_for(browser, demo, "guest", Look("desk", "light", "en"))
    await context.clock.install()
    page, _, said = await shown(
        context,
        f'<iframe src="{demo.url}/embed/@{GERMAN}" width="500" height="600" sandbox="allow-scripts"></iframe>',
    )
    posts = page.locator("iframe").content_frame.locator("[data-posts]")
    await posts.locator("li").first.wait_for()
    with demo.client("creator") as creator:
        room = next(
            one
            for one in creator.get(f"/api/v1/communities/{GERMAN}/rooms").json()["items"]
            if one["slug"] == "werkstatt"
        )
        made = creator.post(f"/api/v1/rooms/{room['id']}/posts", json={"text": "Fresh from the frame test"})
        assert made.status_code == 201, made.text
    assert await posts.get_by_text("Fresh from the frame test").count() == 0
    await context.clock.fast_forward(61_000)
    await posts.get_by_text("Fresh from the frame test").wait_for()
    assert not said, said
    creator.close()
    await context.close()
