"""Every page on a phone and on a desk: accessible, without errors, without strangers, without scrolling sideways.

Light and dark, English and German are spread over the pages, so that each page is seen in two of the combinations.
"""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.demo import Demo
from tests.browser.pages import PAGES, Place
from tests.browser.visits import Device, Look, Scheme, context_for, visit

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) =>
    `${id} (${help}) at ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0] ?? {}).message ?? ""}`));
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


@pytest.mark.parametrize(("name", "look"), LOOKS, ids=[f"{name}-{look}" for name, look in LOOKS])
async def test_nothing_is_wrong_with_the_page(
    browser: Browser, demo: Demo, pages: dict[str, Place], name: str, look: Look
) -> None:
    place = pages[name]
    context = await context_for(browser, demo, place.who, look)
    try:
        async with visit(context, demo, place) as seen:
            assert await seen.page.evaluate("document.documentElement.lang") == look.language
            wrong = [*seen.faults, *(f"sideways: {what}" for what in await seen.sideways())]
            wrong += await _violations(seen.page)
    finally:
        await context.close()
    assert not wrong, "\n" + "\n".join(wrong)


async def _violations(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found: list[Any] = await page.evaluate(RUN, RULES)
    return [str(one) for one in found if not _is_under_glass(str(one))]


def _is_under_glass(violation: str) -> bool:
    """Posts scroll under the head of their room: what is covered there now is free a moment later."""
    return (
        violation.startswith("target-size")
        and "partially obscured" in violation
        and "details > summary" in violation
    )


def test_what_we_keep_of_others_is_what_it_says() -> None:
    for file, facts in tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8")).items():
        assert sha256((VENDOR / file).read_bytes()).hexdigest() == facts["sha256"], file
        assert facts["licence"], file
