"""Looking at a page the way a person does, and writing down everything that went wrong meanwhile."""

import contextlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Frame, Page, Request, expect

from tests.browser.demo import Demo, Who
from tests.browser.pages import Place

Device = Literal["phone", "desk"]
Scheme = Literal["light", "dark"]
SIZES: dict[Device, tuple[int, int]] = {"phone": (390, 844), "desk": (1280, 800)}
REGIONS = {"en": "en-GB", "de": "de-DE"}
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
# Runs before any script of the page.
WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`forbidden by our own policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""

COMPOSES = """async () => {
  while (document.querySelector("form[data-composer]:not([data-alive])")) await new Promise((done) => setTimeout(done, 10));
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """How it is looked at."""

    device: Device
    scheme: Scheme
    language: str

    def __str__(self) -> str:
        return f"{self.device}-{self.scheme}-{self.language}"


@dataclass
class Visit:
    """A page that stands, and what went wrong until then."""

    page: Page
    faults: list[str] = field(default_factory=list)
    _stands: bool = False
    _heard: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    def listen(self, host: str, status: int) -> None:
        """Write down scripts that fail, policies that are broken, files that are missing, strangers that are asked.

        Also of the page that is left for this one: until then nobody has heard what goes wrong on leaving it.
        """

        def said(message: Any) -> None:
            # Chromium itself reports the status of a page that is meant to be an error page.
            own = f"status of {status}" in message.text and message.location.get("url", "") == self.page.url
            if message.type in ("error", "warning") and not own and not self._hangs_up(message.text):
                self.faults.append(f"the console says: {message.text} ({message.location.get('url', '')})")

        self._heard = {
            "framenavigated": self._came,
            "pageerror": lambda error: self.faults.append(f"a script failed: {error}"),
            "requestfailed": self._failed,
            "request": lambda request: self._asked(request, host),
            "console": said,
        }
        for event, hear in self._heard.items():
            self.page.on(event, hear)  # type: ignore[call-overload]

    def listen_no_more(self) -> None:
        for event, hear in self._heard.items():
            self.page.remove_listener(event, hear)

    def _came(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self._stands = True

    def _hangs_up(self, text: str) -> bool:
        """A page that is left before its connection stands ends that, as it ought to."""
        return not self._stands and "closed before the connection is established" in text

    def _asked(self, request: Request, host: str) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            self.faults.append(f"asks a stranger: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.faults.append(f"{request.url}: {request.failure}")

    async def sideways(self) -> list[str]:
        """What reaches over the right edge of the page, when the page can be scrolled sideways."""
        return await self.page.evaluate(SIDEWAYS)  # type: ignore[no-any-return]


SIDEWAYS = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const name = (node) => node.tagName.toLowerCase() + (node.id ? `#${node.id}` : "") + [...node.classList].map((one) => `.${one}`).join("");
  const wide = [...document.body.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > root.clientWidth + 0.5);
  return [`${root.scrollWidth} px wide`, ...wide.slice(0, 8).map(name)];
}"""


async def context_for(browser: Browser, demo: Demo, who: Who, look: Look) -> BrowserContext:
    """A browser profile of its own, signed in as `who`."""
    width, height = SIZES[look.device]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=look.scheme,
        locale=REGIONS[look.language],
        timezone_id="Europe/Berlin",
        has_touch=look.device == "phone",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(WATCH)
    if who in demo.cookies:
        await context.add_cookies([{"name": "channel", "value": demo.cookies[who], "url": demo.url}])
    return context


@contextlib.asynccontextmanager
async def visit(context: BrowserContext, demo: Demo, place: Place) -> AsyncIterator[Visit]:
    """Open the page in a tab of its own and wait until its scripts have done their first work."""
    tab = await context.new_page()
    try:
        async with visit_in(tab, demo, place) as seen:
            yield seen
    finally:
        await tab.close()


@contextlib.asynccontextmanager
async def visit_in(tab: Page, demo: Demo, place: Place) -> AsyncIterator[Visit]:
    """The same in a tab that is there already, in which another page may stand."""
    address = place.path if place.path.startswith("http") else demo.url + place.path
    visit = Visit(tab)
    visit.listen(urlsplit(address).netloc, place.status)
    try:
        answer = await tab.goto(address, wait_until="load")
        assert answer is not None
        if answer.status != place.status:
            visit.faults.append(f"{place.path} answered {answer.status} instead of {place.status}")
        await settled(tab)
        yield visit
    finally:
        visit.listen_no_more()


async def settled(page: Page) -> None:
    """Scripts have started; a live page has its connection; fonts and pictures stand."""
    root = page.locator("html")
    await expect(root).to_have_class(re.compile(r"\bjs\b"))
    if await page.locator("channel-feed, [data-live-room]").count():
        await expect(root).to_have_attribute("data-live", "open")
    await page.evaluate(STANDS)


STANDS = """async () => {
  const pictures = [...document.images].filter((one) => one.loading !== "lazy");
  await Promise.all([document.fonts.ready, ...pictures.map((one) => one.decode().catch(() => undefined))]);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
