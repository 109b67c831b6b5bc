"""Every page on a phone and on a desk: accessible, without errors, without strangers, without scrolling sideways.

Light and dark, English and German are spread over the pages, so that each page is seen in two of the combinations.
"""

import contextlib
import tomllib
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from playwright.async_api import Browser, Page

from tests.browser.axe import VENDOR, violations
from tests.browser.demo import Demo, Who
from tests.browser.pages import PAGES, Place
from tests.browser.visits import Device, Look, Scheme, context_for, visit_in

pytestmark = pytest.mark.browser


# What these say is new is not any more once the others have been looked at.
OF_WHAT_IS_UNREAD = {
    "home", "home-unread", "community-member", "messages", "studio-inbox", "studio-messages", "account-notices",
}  # fmt: skip


def _looks() -> list[tuple[str, Look]]:
    """Two looks at each page, each the opposite of the other; those that one browser profile serves follow each other."""
    found = []
    for number, page in enumerate(PAGES):
        for turn, device in enumerate[Device](("phone", "desk")):
            scheme: Scheme = "dark" if (number + turn) % 2 else "light"
            language = "de" if (number // 2 + turn) % 2 else "en"
            found.append((page, Look(device, scheme, language)))

    def turns(case: tuple[Place, Look]) -> tuple[bool, str, str]:
        page, look = case
        return page.name not in OF_WHAT_IS_UNREAD, page.who, str(look)

    return [(page.name, look) for page, look in sorted(found, key=turns)]


LOOKS = _looks()


class Tab:
    """The one tab of a browser profile, for as long as the same person looks in the same way.

    To go on to the next page in it costs much less than a tab for each.
    """

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self._browser = browser
        self._demo = demo
        self._of: tuple[Who, Look] | None = None
        self._page: Page | None = None

    @contextlib.asynccontextmanager
    async def of(self, who: Who, look: Look) -> AsyncIterator[Page]:
        """Nothing but the profile itself goes along to the next page; a page that broke off leaves no tab behind."""
        if self._page is None or self._of != (who, look):
            await self.close()
            self._page = await (await context_for(self._browser, self._demo, who, look)).new_page()
            self._of = who, look
        try:
            yield self._page
            await self._page.evaluate("sessionStorage.clear()")
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            await page.context.close()


@pytest.fixture(scope="module")
async def tab(browser: Browser, demo: Demo) -> AsyncIterator[Tab]:
    tab = Tab(browser, demo)
    yield tab
    await tab.close()


@pytest.mark.parametrize(("name", "look"), LOOKS, ids=[f"{name}-{look}" for name, look in LOOKS])
async def test_nothing_is_wrong_with_the_page(
    demo: Demo, pages: dict[str, Place], tab: Tab, name: str, look: Look
) -> None:
    place = pages[name]
    async with tab.of(place.who, look) as page, visit_in(page, demo, place) as seen:
        assert await seen.page.evaluate("document.documentElement.lang") == look.language
        wrong = [*seen.faults, *(f"sideways: {what}" for what in await seen.sideways())]
        wrong += await violations(seen.page)
    assert not wrong, "\n" + "\n".join(wrong)


def test_what_we_keep_of_others_is_what_it_says() -> None:
    for file, facts in tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8")).items():
        assert sha256((VENDOR / file).read_bytes()).hexdigest() == facts["sha256"], file
        assert facts["licence"], file
