"""Who plays in the stories, and what each does with the pages. They find things by what forms are made of, not by words,
so that the same story runs in every language."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, WebSocket, expect

from channel.i18n import translation
from tests.browser.visits import COMPOSES

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
REGIONS = {"en": "en-GB", "de": "de-DE"}
PATIENCE_MS = 30_000


# Chromium's own, on a busy machine: it shows a page without the transition to it that the styles allow. No script fails.
SKIPPED = "Transition was aborted because of invalid state. ViewTransition opt-in disabled"


@dataclass
class Person:
    """Somebody with a browser of their own."""

    page: Page
    url: str
    language: str = "en"
    heard: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda error: self._note(str(error)))

    def _note(self, fault: str) -> None:
        if fault != SKIPPED:
            self.faults.append(fault)

    def _listen(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda frame: self.heard.append(str(frame)))

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def say(self, message: str) -> str:
        """The words of the interface in this person's language."""
        return translation(self.language).gettext(message)

    async def go(self, path: str) -> int:
        answer = await self.page.goto(path if path.startswith("http") else self.url + path)
        assert answer is not None
        return answer.status

    async def press(self, selector: str) -> None:
        """Press a button that leads to another page, and wait for it."""
        async with self.page.expect_navigation():
            await self.page.locator(selector).click()

    async def is_live(self) -> None:
        """The connection stands, and the composer, which is loaded after the feed, has its scripts."""
        await expect(self.page.locator("html")).to_have_attribute("data-live", "open")
        await self.page.evaluate(COMPOSES)

    @property
    def texts(self) -> Locator:
        """What the open posts of the room say, in order."""
        return self.page.locator("channel-feed article.post[data-id]:not([data-locked]) .bubble > .text")


@dataclass
class Creator(Person):
    """Runs a community."""

    handle: str = "brandt"

    async def sets_up(self, link: str) -> None:
        """From the printed link to an empty community."""
        await self.go(link)
        assert await self.page.locator("html").get_attribute("lang") == self.language
        await self.page.locator("[name=name]").fill("Mara Brandt")
        await self.page.locator("[name=handle]").fill("mara")
        await self.press("form[action='/setup'] button")
        await expect(self.page).to_have_url(self.url + "/new")

    async def founds(self, name: str) -> None:
        await self.page.locator("[name=name]").fill(name)
        await self.page.locator("[name=handle]").fill(self.handle)
        await self.press("form[action='/new'] button.press")
        await expect(self.page).to_have_url(f"{self.url}/studio/{self.handle}")

    async def invites(self, label: str) -> str:
        """Make a link; return its address."""
        await self.go(f"/studio/{self.handle}/invites")
        await self.page.locator("#new [name=label]").fill(label)
        await self.press("#new button.press")
        address = self.page.locator("#address")
        await expect(address).to_have_text(re.compile(r"/join/\w{22,}$"))
        return await address.inner_text()

    async def makes_tier(self, name: str, rank: int) -> None:
        await self.go(f"/studio/{self.handle}/tiers")
        await self.page.locator("#new [name=name]").fill(name)
        await self.page.locator("#new [name=rank]").fill(str(rank))
        await self.press("#new button.press")
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(
            name
        )  # its own page: prices come next

    async def writes_at_the_desk(self, text: str, *, rank: int | None = None, teaser: str = "") -> None:
        """In the studio; the post is sent when the desk says so."""
        await self.go(f"/studio/{self.handle}")
        form = self.page.locator("#compose")
        await form.locator("[name=text]").fill(text)
        if rank is not None:
            await form.locator("[name=min_rank]").select_option(str(rank))
            await form.locator("[name=teaser]").fill(teaser)
        await form.locator("[data-send]").click()
        await expect(self.page.locator("#toasts .toast.good")).to_be_visible()

    async def writes_in_the_room(self, text: str) -> None:
        """In the room itself; the post is sent when it stands without a clock."""
        form = self.page.locator("form[data-composer]")
        await form.locator("[name=text]").fill(text)
        await form.locator("[data-send]").click()
        await expect(self.texts.last).to_have_text(text)
        await expect(self.page.locator("[data-ghost]")).to_have_count(0)

    async def opens_member(self, name: str) -> None:
        await self.go(f"/studio/{self.handle}/members?q={name}")
        await self.press(f"td.name a:has-text('{name}')")

    async def gives_tier(self, member: str, tier: str) -> None:
        await self.opens_member(member)
        await self.page.locator("label.choice:has([name=tier_id])", has_text=tier).click()
        await self.press("form:has([name=tier_id]) button.soft")

    async def bans(self, member: str, reason: str) -> None:
        await self.opens_member(member)
        await self.page.locator("label.choice:has([name=do][value=ban])").click()
        await self.page.locator("[name=reason]").fill(reason)
        await self.press("form:has([name=reason]) button.danger")


@dataclass
class Follower(Person):
    """Follows it."""

    async def joins(self, link: str, name: str) -> None:
        """Open the pass, give a name, go in."""
        assert await self.go(link) == 200
        assert await self.page.locator("html").get_attribute("lang") == self.language
        await self.page.locator("[name=display_name]").fill(name)
        await self.press("#join button")
        await expect(self.page).to_have_url(re.compile(r"/@\w+/news\?welcome=1"))

    async def stamps(self) -> None:
        """Mark the page as it stands: a reload would wipe it."""
        await self.page.evaluate("window.stamped = true")

    async def never_reloaded(self) -> bool:
        return bool(await self.page.evaluate("window.stamped === true"))


async def profile(
    browser: Browser, language: str, *, phone: bool = False, zone: str = "Europe/Berlin", **more: Any
) -> BrowserContext:
    """A fresh browser profile on a phone or at a desk, and where that stands."""
    context = await browser.new_context(
        viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
        locale=REGIONS[language],
        timezone_id=zone,
        has_touch=phone,
        **more,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context
