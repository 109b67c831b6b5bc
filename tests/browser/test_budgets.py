"""What interface.md promises in numbers: a first visit to a room stays small, and nothing shifts while it loads."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.demo import Demo
from tests.browser.pages import Place
from tests.browser.visits import Look, context_for, settled, visit

pytestmark = pytest.mark.browser

MAX_SCRIPT_BYTES = 60_000
MAX_STYLE_BYTES = 25_000
MAX_SHIFT = 0.02
ROOMS = ("room", "room-creator", "room-guest")
SHIFTING = ("room", "room-creator", "home", "community", "join", "studio", "studio-members")
WEIGHED = """() => performance.getEntriesByType("resource").map(({ name, encodedBodySize }) => [name, encodedBodySize])"""
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (!shift.hadRecentInput) window.shifts.push([shift.value, shift.sources.map(({ node }) => node?.className ?? String(node?.nodeName)).join(", ")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("name", ROOMS)
async def test_a_first_visit_to_a_room_loads_little(
    browser: Browser, demo: Demo, pages: dict[str, Place], name: str
) -> None:
    context = await context_for(browser, demo, pages[name].who, Look("phone", "light", "en"))
    try:
        async with visit(context, demo, pages[name]) as seen:
            weights = await weights_of(seen.page)
    finally:
        await context.close()
    scripts = {path: size for path, size in weights.items() if path.endswith(".js")}
    styles = {path: size for path, size in weights.items() if path.endswith(".css")}
    assert scripts
    assert styles
    assert all(weights.values()), f"something was not measured: {weights}"
    assert sum(scripts.values()) <= MAX_SCRIPT_BYTES, scripts
    assert sum(styles.values()) <= MAX_STYLE_BYTES, styles


async def weights_of(page: Page) -> dict[str, int]:
    """Compressed bytes of each file that the page asked for, once its live connection stands."""
    await page.evaluate("new Promise((done) => requestIdleCallback(done))")
    found: list[tuple[str, int]] = await page.evaluate(WEIGHED)
    return {name: size for name, size in found if "/static/" in name}


@pytest.mark.parametrize("device", ["phone", "desk"])
@pytest.mark.parametrize("name", SHIFTING)
async def test_nothing_shifts_while_a_page_loads(
    browser: Browser, demo: Demo, pages: dict[str, Place], name: str, device: str
) -> None:
    look = Look("phone" if device == "phone" else "desk", "light", "de")
    context = await context_for(browser, demo, pages[name].who, look)
    await context.add_init_script(WATCH_SHIFTS)
    try:
        async with visit(context, demo, pages[name]) as seen:
            await settled(seen.page)
            shifts: list[tuple[float, str]] = await seen.page.evaluate("window.shifts")
    finally:
        await context.close()
    assert sum(value for value, _ in shifts) < MAX_SHIFT, shifts
