"""`python -m tests.bench.phone`: what a room of pictures is like on a phone.

Ten photos of 12 million pixels are dropped into a creator's composer and published as soon as all of them arrived; the
clock runs until a follower's phone, which has the room open, shows all ten. Then Lighthouse looks at the same room, signed
out, as a phone on slow 4G (its own settings: 150 ms, 1.6 Mbit/s, a processor four times slower). It is fetched from npm
and needs Node; without them that part is left out.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, Page, Response

from tests.bench.pictures import PHOTOS, photo
from tests.browser.chromium import executable, launched
from tests.stories.cast import Creator, Follower
from tests.stories.stage import ROOM, Stage, staged

TURNS = 3
LOADS = 5
LIGHTHOUSE = "lighthouse@12"
PATIENCE_MS = 300_000
ATTACHED = f"() => document.querySelectorAll('form [name=media]').length === {PHOTOS}"
SHOWN = """n => {
    const shown = [...document.querySelectorAll('channel-feed article.post img')].filter(one => one.currentSrc.includes('/media/'));
    for (const one of shown) one.loading = 'eager';
    return shown.length === n && shown.every(one => one.complete && one.naturalWidth > 0);
}"""


class Loaded:
    """Bytes of media that a page has loaded."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("response", self._note)

    def _note(self, answer: Response) -> None:
        if "/media/" in answer.url:
            self.bytes += int(answer.headers.get("content-length", 0))


async def _drop(creator: Creator, phone: Follower, photos: list[Path], turn: int) -> float:
    """Seconds from the drop to all pictures on the other's phone."""
    began_s = time.perf_counter()
    await creator.page.locator("form[data-composer] ~ input[type=file]").first.set_input_files(photos)
    await creator.page.wait_for_function(ATTACHED, timeout=PATIENCE_MS)
    await creator.page.locator("form[data-composer] button:not([type=button])").last.click()
    await phone.page.wait_for_function(SHOWN, arg=PHOTOS * (turn + 1), timeout=PATIENCE_MS)
    return time.perf_counter() - began_s


async def drops(stage: Stage, browser: Browser, photos: list[Path]) -> None:
    creator, phone = await stage.anna(browser), await stage.follower(browser, "Ben")
    await creator.go(ROOM)
    await creator.is_live()
    loaded, took = Loaded(phone.page), []
    for turn in range(TURNS):
        took.append(await _drop(creator, phone, photos, turn))
    originals = sum(path.stat().st_size for path in photos)
    print(
        f"{PHOTOS} photos of 12 megapixels, {originals / 1e6:.0f} MB, {os.cpu_count()} cores, {TURNS} turns"
    )
    print(
        f"  from the drop to all on the phone  p50 {statistics.median(took):.1f} s ({min(took):.1f} to {max(took):.1f})"
    )
    print(
        f"  the phone loads of an album        {loaded.bytes / TURNS / 1e3:.0f} kB, {loaded.bytes / TURNS / originals:.1%} of the originals"
    )


def lighthouse(stage: Stage, folder: Path) -> None:
    if shutil.which("npx") is None:
        print("Lighthouse is left out: it needs node, npx and a registry.")
        return
    scores, shifts, paints = [], [], []
    for turn in range(LOADS):
        out = folder / f"lighthouse-{turn}.json"
        command = [
            "npx", "--yes", LIGHTHOUSE, stage.server.url + ROOM, "--only-categories=performance", "--output=json",
            f"--output-path={out}", "--quiet", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ]  # fmt: skip
        subprocess.run(
            command,
            check=True,
            env=os.environ | {"CHROME_PATH": executable() or ""},
            stdout=subprocess.DEVNULL,
        )
        told = json.loads(out.read_text())
        audits = told["audits"]
        scores.append(told["categories"]["performance"]["score"] * 100)
        shifts.append(audits["cumulative-layout-shift"]["numericValue"])
        paints.append(
            (
                audits["first-contentful-paint"]["numericValue"],
                audits["largest-contentful-paint"]["numericValue"],
            )
        )
    first, largest = (statistics.median(each) for each in zip(*paints, strict=True))
    print(f"Lighthouse, a room with {TURNS} albums on slow 4G, {LOADS} loads")
    print(f"  performance   {statistics.median(scores):.0f} ({min(scores):.0f} to {max(scores):.0f})")
    print(f"  layout shift  {max(shifts):.3f} at most")
    print(f"  first paint   {first / 1000:.1f} s, largest {largest / 1000:.1f} s")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as name:
        folder = Path(name)
        photos = [folder / f"photo-{n}.jpg" for n in range(PHOTOS)]
        for path in photos:
            photo(path)
        (folder / "data").mkdir()
        with staged(folder / "data") as stage:
            async with launched() as browser:
                await drops(stage, browser, photos)
            lighthouse(stage, folder)


if __name__ == "__main__":
    asyncio.run(main())
