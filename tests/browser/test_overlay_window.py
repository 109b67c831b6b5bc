"""What the other tests of the overlay pretend is what Chromium does in a window of the installed app."""

from pathlib import Path

import pytest

from tests.browser.chromium import installed
from tests.browser.demo import Demo
from tests.browser.windows import NoWindows, app_window

pytestmark = pytest.mark.browser
TOLD = """() => {
  const { x, y, width, height } = navigator.windowControlsOverlay.getTitlebarAreaRect();
  const { blockSize, paddingLeft, paddingRight, webkitAppRegion } = getComputedStyle(document.body, "::before");
  return {
    mode: matchMedia("(display-mode: window-controls-overlay)").matches,
    area: [x, y, width, height],
    window: [innerWidth, outerHeight - innerHeight],
    bar: [blockSize, paddingLeft, paddingRight, webkitAppRegion],
    first: document.querySelector(".page-top").getBoundingClientRect().top,
  };
}"""


async def test_in_the_window_of_the_app_the_bar_is_where_the_title_bar_was(
    demo: Demo, tmp_path: Path
) -> None:
    try:
        async with app_window(tmp_path / "profile", f"{demo.url}/") as page:
            await page.goto(f"{demo.url}/app?lang=en")
            there = page.locator("[data-install-when=there]")
            await there.wait_for()
            await page.goto(f"{demo.url}/sign-in")
            told = await page.evaluate(TOLD)
    except NoWindows as why:
        if installed():
            raise  # every Chromium of a system opens them
        pytest.skip(f"playwright's own browser opens no window of an app: {why}")
    x, y, width, height = told["area"]
    assert told["mode"] and y == 0 and height > 0 and 0 < width < told["window"][0]
    right = told["window"][0] - x - width
    assert told["bar"] == [f"{height}px", f"{x + 12}px", f"{right + 12}px", "drag"]
    assert told["first"] == height
