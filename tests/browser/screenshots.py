"""`make screenshots`: every page of the demo, on a phone and at a desk, light and dark, into screenshots/.

Pages of the German community are seen in German, all others in English. Words after the command choose pages by name.
"""

import asyncio
import itertools
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.browser.addresses import places
from tests.browser.chromium import launched
from tests.browser.demo import Demo, running
from tests.browser.pages import PAGES, Place
from tests.browser.visits import Device, Look, Scheme, context_for, visit
from tests.faults.process import ROOT

FOLDER = ROOT / "screenshots"
DEVICES: tuple[Device, ...] = ("phone", "desk")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# A room is as tall as the screen; of these the picture shows the whole page.
IN_FULL = (
    "front",
    "community",
    "studio",
    "account",
    "admin",
    "history",
    "about",
    "terms",
    "contact",
    "api-docs",
    "join",
    "checkout",
    "pay",
    "sandbox",
    "share",
    "permalink-guest",
)
MAX_FULL_PX = 4000


async def take(demo: Demo, wanted: set[str]) -> int:
    """Take the pictures; return how many."""
    FOLDER.mkdir(exist_ok=True)
    count = 0
    async with launched() as browser:
        for place in places(demo).values():
            if wanted and place.name not in wanted:
                continue
            for device, scheme in itertools.product(DEVICES, SCHEMES):
                await _picture(browser, demo, place, Look(device, scheme, place.language))
                count += 1
    return count


async def _picture(browser: Browser, demo: Demo, place: Place, look: Look) -> None:
    context = await context_for(browser, demo, place.who, look)
    try:
        async with visit(context, demo, place) as seen:
            file = FOLDER / f"{place.name}-{look.device}-{look.scheme}.png"
            await _shoot(seen.page, file, place.name.startswith(IN_FULL))
            for fault in seen.faults:
                print(f"{file.name}: {fault}")
    finally:
        await context.close()


async def _shoot(page: Page, file: Path, whole: bool) -> None:
    height = int(await page.evaluate("document.documentElement.scrollHeight")) if whole else 0
    size = page.viewport_size
    if size is not None and height > size["height"]:
        await page.set_viewport_size({"width": size["width"], "height": min(height, MAX_FULL_PX)})
    await page.screenshot(path=file, animations="disabled")


def main() -> int:
    """The exit code."""
    wanted = set(sys.argv[1:])
    unknown = wanted - {page.name for page in PAGES}
    if unknown:
        print(
            f"There is no page {', '.join(sorted(unknown))}. There are: {', '.join(page.name for page in PAGES)}"
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="channel-pictures-") as folder, running(Path(folder)) as demo:
        count = asyncio.run(take(demo, wanted))
    print(f"{count} pictures in {FOLDER}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
