"""A community may have a name of ninety characters, and its pages stand as they do with a short one."""

import pytest
from playwright.async_api import Browser

from tests.browser.demo import Demo
from tests.browser.pages import Place
from tests.browser.visits import Look, context_for, visit

pytestmark = pytest.mark.browser

HOME = ".page-top > .home > span"
LONG = "Ännchens sehr lange Welt der Töne und Bilder, mit allem und jedem, was überhaupt dazu gehört"


async def test_a_long_name_makes_the_top_of_a_page_no_higher_and_hides_nothing(
    browser: Browser, demo: Demo, pages: dict[str, Place]
) -> None:
    place = pages["feeds"]
    context = await context_for(browser, demo, None, Look("phone", "light", "de"))
    try:
        async with visit(context, demo, place) as seen:
            top = seen.page.locator(".page-top")
            before = await top.bounding_box()
            await seen.page.locator(HOME).evaluate("(one, name) => { one.textContent = name; }", LONG)
            after, way_in = await top.bounding_box(), await top.locator(".button").bounding_box()
            assert before is not None and after is not None and way_in is not None
            assert after["height"] == before["height"]
            assert way_in["x"] + way_in["width"] <= after["width"]
    finally:
        await context.close()
