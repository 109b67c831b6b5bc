"""Every page on a phone and on a desk: accessible, without errors, without strangers, without scrolling sideways.

Light and dark, English and German are spread over the pages, so that each page is seen in two of the combinations.
"""

import tomllib
from hashlib import sha256

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.browser.axe import VENDOR, violations
from tests.browser.demo import Demo, Who
from tests.browser.pages import PAGES, Place
from tests.browser.visits import Device, Look, Scheme, context_for, visit

pytestmark = pytest.mark.browser


def _looks() -> list[tuple[str, Look]]:
    """Two looks at each page, each the opposite of the other."""
    found = []
    for number, page in enumerate(PAGES):
        for turn, device in enumerate[Device](("phone", "desk")):
            scheme: Scheme = "dark" if (number + turn) % 2 else "light"
            language = "de" if (number // 2 + turn) % 2 else "en"
            found.append((page.name, Look(device, scheme, language)))
    return found


LOOKS = _looks()


@pytest.fixture(scope="module")
def profiles() -> dict[tuple[Who, Look], BrowserContext]:
    """Browser profiles that were opened already: their caches make the next page quick. They go with the browser."""
    return {}


@pytest.mark.parametrize(("name", "look"), LOOKS, ids=[f"{name}-{look}" for name, look in LOOKS])
async def test_nothing_is_wrong_with_the_page(
    browser: Browser,
    demo: Demo,
    pages: dict[str, Place],
    profiles: dict[tuple[Who, Look], BrowserContext],
    name: str,
    look: Look,
) -> None:
    place = pages[name]
    if (place.who, look) not in profiles:
        profiles[place.who, look] = await context_for(browser, demo, place.who, look)
    async with visit(profiles[place.who, look], demo, place) as seen:
        assert await seen.page.evaluate("document.documentElement.lang") == look.language
        wrong = [*seen.faults, *(f"sideways: {what}" for what in await seen.sideways())]
        wrong += await violations(seen.page)
    assert not wrong, "\n" + "\n".join(wrong)


def test_what_we_keep_of_others_is_what_it_says() -> None:
    for file, facts in tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8")).items():
        assert sha256((VENDOR / file).read_bytes()).hexdigest() == facts["sha256"], file
        assert facts["licence"], file
