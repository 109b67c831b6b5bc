"""Every page on a phone and on a desk: accessible, without errors, without strangers, without scrolling sideways.

Light and dark, English and German are spread over the pages, so that each page is seen in two of the combinations.
"""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.demo import Demo, Who
from tests.browser.pages import PAGES, Place
from tests.browser.visits import Device, Look, Scheme, context_for, visit

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) =>
    `${id} (${help}) at ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0] ?? {}).message ?? ""}`));
}"""
# Posts scroll under the glass of their room: what it covers now is free a moment later.
LIFT_GLASS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".room-head, .room-foot, .day.glass, .tabs.glass { display: none !important }");
  document.adoptedStyleSheets.push(sheet);
}"""


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
        wrong += await _violations(seen.page)
    assert not wrong, "\n" + "\n".join(wrong)


async def _violations(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found = await _run(page, {"type": "tag", "values": RULES})
    covered = [one for one in found if "partially obscured" in one]
    if covered:
        await page.evaluate(LIFT_GLASS)
        found = [one for one in found if one not in covered]
        found += await _run(page, {"type": "rule", "values": ["target-size"]})
    return found


async def _run(page: Page, only: dict[str, Any]) -> list[str]:
    found: list[Any] = await page.evaluate(RUN, only)
    return [str(one) for one in found]


def test_what_we_keep_of_others_is_what_it_says() -> None:
    for file, facts in tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8")).items():
        assert sha256((VENDOR / file).read_bytes()).hexdigest() == facts["sha256"], file
        assert facts["licence"], file
