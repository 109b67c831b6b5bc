"""Letters as their readers see them: in a narrow window and a wide one, on light and on dark paper, and as plain text.

A mail program shows them within a page of its own, without our scripts and style sheets, and asks nobody for anything.
"""

import io
import os
import re

import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from channel.storage import Database
from tests.browser.axe import violations
from tests.browser.letters import FAMILIES, TEMPLATES, Bag, templates
from tests.browser.visits import SIDEWAYS, Scheme
from tests.conftest import Clock
from tests.notify.office import Arrived

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("LETTER_PICTURES", "")  # where somebody wants to look at them
WIDTHS = (390, 600)
# Each is seen in all four ways, two in each language.
LOOKS: dict[str, tuple[tuple[int, Scheme], ...]] = {
    "en": ((WIDTHS[0], "light"), (WIDTHS[1], "dark")),
    "de": ((WIDTHS[0], "dark"), (WIDTHS[1], "light")),
}
LONGEST_LINE_OCTETS = 998  # RFC 5322, 2.1.1
ENTITY = re.compile(r"&(?:#\w+|[a-z]{2,8});", re.IGNORECASE)
LEFT_OVER = ("%(", "{{", "{%", "None", "\n\n\n")
SAID_OTHERWISE = ("sign_in", "email_proof")  # of a link, where the picture has a button
# A mail program has landmarks of its own, and puts a letter into one of them.
PAGES_ALONE = ("region", "landmark-one-main")


def test_every_template_is_looked_at() -> None:
    assert set(FAMILIES) == set(TEMPLATES)
    assert set().union(*TEMPLATES.values()) == templates()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("family", FAMILIES)
async def test_letters_are_fit_to_be_seen_and_read_well_as_text(
    browser: Browser, db: Database, clock: Clock, family: str, language: str
) -> None:
    found = await FAMILIES[family](db, clock, language)
    assert {one.name for one in found.letters} == TEMPLATES[family]
    wrong = over_the_line(found)
    for letter in found.letters:
        wrong += [f"{letter.name}, as text: {what}" for what in as_text(letter)]
    for width, scheme in LOOKS[language]:
        for number, letter in enumerate(found.letters):
            name = f"{letter.name.replace('/', '-')}-{number}-{language}-{width}-{scheme}"
            wrong += [f"{name}: {what}" for what in await as_picture(browser, letter, name, width, scheme)]
    assert not wrong, "\n" + "\n".join(wrong)


def over_the_line(found: Bag) -> list[str]:
    """What mail servers might refuse, or mend in their own way."""
    lines = [line for raw in found.raw for line in raw.split(b"\r\n")]
    return [
        f"{len(line)} octets: {line[:60]!r}"
        for line in lines
        if len(line) > LONGEST_LINE_OCTETS or b"\n" in line
    ]


def as_text(letter: Arrived) -> list[str]:
    """What is wrong with the plain letter, read alone."""
    wrong = [f"lacks {link}" for link in letter.shown_links() if link not in letter.text]
    wrong += [f"says {entity}" for entity in ENTITY.findall(letter.text)]
    wrong += [f"has {left!r}" for left in LEFT_OVER if left in letter.text]
    said = letter.text.replace("\n> ", "\n")
    alike = letter.name not in SAID_OTHERWISE
    missing = [word for word in letter.shown_words() if alike and word not in said]
    wrong += [f"lacks the words {missing}"] if missing else []
    return wrong


async def as_picture(browser: Browser, letter: Arrived, name: str, width: int, scheme: Scheme) -> list[str]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    wrong: list[str] = []
    context.on("request", lambda request: wrong.append(f"asks for {request.url}"))
    try:
        page = await context.new_page()
        await page.set_content(letter.html, wait_until="load")
        wrong += await faults(page)
        picture = await page.screenshot(full_page=True)
        if PICTURES:
            with open(f"{PICTURES}/{name}.png", "wb") as file:
                file.write(picture)
        return [*wrong, *blank(picture)]
    finally:
        await context.close()


async def faults(page: Page) -> list[str]:
    wrong = [f"sideways: {what}" for what in await page.evaluate(SIDEWAYS)]
    headings = await page.locator("h1:visible").count()
    wrong += [] if headings == 1 else [f"{headings} headings"]
    leads = await page.locator("a.button:visible, .card > p > a:visible").count()
    wrong += [] if leads else ["leads nowhere"]
    found = await violations(page)
    return wrong + [one for one in found if not one.startswith(PAGES_ALONE)]


def blank(picture: bytes) -> list[str]:
    """Whether there is too little to see: paper, words in more than one strength, and a button have many colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    colours = image.getcolors(maxcolors=1 << 24) or []
    share = max(count for count, _ in colours) / (image.width * image.height)
    return [] if len(colours) >= 32 and share < 0.9 else [f"{len(colours)} colours, one on {share:.0%} of it"]
