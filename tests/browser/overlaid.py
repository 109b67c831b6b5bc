"""A page in the window of the installed app, with the window's controls laid over it.

Where a browser has such a window it sets titlebar-area-*; in the style sheets that are sent here their values stand in
their place, as the tools for developers of Chromium pretend them.
"""

import re
from dataclasses import dataclass

from playwright.async_api import BrowserContext, Route

from channel.web.static import Assets, static_folder

NAMED = re.compile(r"env\((titlebar-area-\w+)(?:, ?\w+%?)?\)")


@dataclass(frozen=True, slots=True)
class Frame:
    """A window, and the part of its top that is left of the controls or right of them."""

    width: int
    height: int
    area: tuple[int, int, int, int]  # x, y, width, height

    @property
    def bar(self) -> int:
        return self.area[1] + self.area[3]


WINDOWS = Frame(1280, 800, (0, 0, 1062, 33))
MAC = Frame(800, 600, (85, 0, 660, 38))


async def lay_over(context: BrowserContext, frame: Frame) -> None:
    """From the next page on."""
    assets = Assets(static_folder())
    values = dict(zip(("x", "y", "width", "height"), (f"{length}px" for length in frame.area), strict=True))

    async def sheet(route: Route) -> None:
        path = route.request.url.partition("/static/")[2]
        path = path if path in assets.paths else path.partition("/")[2]
        said = NAMED.sub(
            lambda found: values[found[1].removeprefix("titlebar-area-")], assets.content(path).decode()
        )
        await route.fulfill(body=said, content_type="text/css")

    await context.route("**/static/**/*.css", sheet)
