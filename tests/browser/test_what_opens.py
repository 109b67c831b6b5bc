"""What a page shows only when it is asked for is as accessible as the page: dialogs, menus, the sheet, both views."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.demo import Demo
from tests.browser.pages import Place
from tests.browser.visits import COMPOSES, Look, context_for, visit
from tests.media.sending import photo

pytestmark = pytest.mark.browser


async def keys(page: Page) -> None:
    await page.keyboard.press("?")
    await expect(page.locator("dialog.keys-dialog")).to_be_visible()


async def palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await expect(page.locator("dialog.palette [role=option]").first).to_be_visible()


async def details(page: Page) -> None:
    await page.locator(".room-head .who").click()
    await expect(page.locator("#details")).to_be_visible()


async def post_menu(page: Page) -> None:
    article = page.locator("article.post").last
    await article.hover()
    await article.locator("[data-post-menu]").click()
    await expect(page.locator(".menu:visible, dialog[open], [popover]:popover-open").first).to_be_visible()


async def unsent(page: Page) -> None:
    """A post that waits for the network."""
    await page.context.set_offline(True)
    await page.locator("form[data-composer] [name=text]").press_sequentially("In the tunnel")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("article[data-ghost]")).to_be_visible()
    await expect(page.locator(".net-line .line")).to_be_visible()


async def both_views(page: Page) -> None:
    form = page.locator("#compose")
    await form.locator("[name=min_rank]").select_option("20")
    await form.locator("[name=text]").fill("Seladon Nr. 7")
    await expect(page.locator("#views .view")).to_have_count(2)


async def later(page: Page) -> None:
    """Planning when a post opens for others."""
    form = page.locator("#compose")
    await form.locator("[name=min_rank]").select_option("20")
    await form.locator("[name=text]").fill("Seladon Nr. 7")
    await form.locator("[data-later] summary").click()
    await form.locator("[name=openall_n]").fill("3")
    await form.locator("[name=text]").focus()
    await expect(page.locator("#views [data-countdown]").first).to_be_attached()


async def ways_to_send(page: Page) -> None:
    await page.locator("#compose .split summary").click()
    await expect(page.locator("#compose .menu")).to_be_visible()


async def question(page: Page) -> None:
    """The question before a link is revoked."""
    await page.locator("[popovertarget=revoke]").first.click()
    await expect(page.locator("#revoke")).to_be_visible()


async def mistakes(page: Page) -> None:
    """A form that was sent back."""
    await page.locator("#new [name=rank]").fill("10")
    await page.locator("#new [name=name]").fill("Twice")
    async with page.expect_navigation():
        await page.locator("#new button.press").click()
    await expect(page.locator("#problems")).to_be_visible()


FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
WORDS = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGuten Tag\n"


async def files(page: Page) -> None:
    """A video with captions and chapters that cannot be read yet, and a file that waits for the network."""
    form = page.locator("form[data-composer]")
    await _choose(page, "film.mp4", FILM)
    await form.locator("[data-dividing] summary").click()
    lines = form.locator("[data-dividing] textarea")
    await lines.fill("0:00 Guten Tag\n1:30 Am Ofen")
    await lines.blur()
    await expect(form.locator(".divided dd")).to_have_text(["Guten Tag", "Am Ofen"])
    await lines.fill("0:00 Guten Tag\nAm Ofen")
    await lines.blur()
    await expect(form.locator("[data-dividing] .problem")).to_be_visible()
    await expect(form.locator("[data-captioning]")).to_be_visible()
    await _choose(page, "film.fr.vtt", WORDS)
    await form.locator("[data-captioning-in] button").first.click()
    await expect(form.locator("[data-caption=fr]")).to_be_visible()
    await _choose(page, "film.de.vtt", WORDS)
    await expect(form.locator("[data-captioning-in]")).to_be_visible()
    await page.context.set_offline(True)
    await _choose(page, "notes.bin", b"never")
    await expect(form.locator("[data-state=waiting]")).to_be_visible()


async def _choose(page: Page, name: str, content: bytes) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.locator("form[data-composer] button:has(use[href$='#i-image'])").first.click()
    await (await chooser.value).set_files(
        {"name": name, "mimeType": _TYPES.get(name[-4:], ""), "buffer": content}
    )


async def frame(page: Page) -> None:
    """The piece of a picture that is shown: the fields follow what is drawn."""
    form = page.locator("form[data-crop]")
    await expect(form.locator(".crop-stage canvas")).to_be_visible(timeout=SLOW_MS)
    await form.locator("[name=shape]").select_option("1:1")
    await expect(form.locator("[name=crop_width]")).to_have_value("75")
    await form.locator(".window").press("Shift+ArrowLeft")
    await expect(form.locator("[name=crop_x]")).to_have_value("7.5")


async def crop(page: Page) -> None:
    """The same in the composer."""
    form = page.locator("form[data-composer]")
    await _choose(page, "kiln.png", photo())
    await expect(form.locator("[data-act=crop]")).to_be_visible(timeout=SLOW_MS)
    await expect(form.locator(".what > [role=status]")).to_have_text("", timeout=SLOW_MS)
    await form.locator("[data-act=crop]").click()
    dialog = page.locator("dialog.crop-dialog")
    await expect(dialog.locator("canvas")).to_be_visible(timeout=SLOW_MS)
    await dialog.locator("select").first.select_option("4:5")


SLOW_MS = 60_000  # a picture is prepared, and drawn
_TYPES = {".mp4": "video/mp4", ".vtt": "text/vtt", ".png": "image/png"}


async def told_of_tag(page: Page) -> None:
    """What comes of a tag, chosen on its page."""
    await page.locator(".list-head details.drop > summary").click()
    await expect(page.locator(".list-head .told select")).to_be_visible()


OPENERS: list[tuple[str, Callable[[Page], Awaitable[None]]]] = [
    ("room-creator", keys),
    ("room-creator", palette),
    ("room-creator", details),
    ("room-creator", post_menu),
    ("room-creator", unsent),
    ("studio", both_views),
    ("studio", ways_to_send),
    ("studio-invite", question),
    ("studio-tiers", mistakes),
    ("studio", later),
    ("room-creator", files),
    ("studio", files),
    ("room-creator", crop),
    ("studio-medium-signed", frame),
    ("tag", told_of_tag),
]


@pytest.mark.parametrize("number", range(len(OPENERS)), ids=[opens.__name__ for _, opens in OPENERS])
async def test_what_opens_is_accessible(
    browser: Browser, demo: Demo, pages: dict[str, Place], number: int
) -> None:
    name, opens = OPENERS[number]
    look = Look(
        "phone" if number % 2 else "desk", "dark" if number % 3 else "light", "de" if number % 2 else "en"
    )
    context = await context_for(browser, demo, pages[name].who, look)
    try:
        async with visit(context, demo, pages[name]) as seen:
            await seen.page.evaluate(COMPOSES)
            await opens(seen.page)
            wrong = [*(f"sideways: {what}" for what in await seen.sideways()), *await violations(seen.page)]
    finally:
        await context.close()
    assert not wrong, "\n" + "\n".join(wrong)
