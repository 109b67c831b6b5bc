"""Chromium's own judgement of whether the site can be installed: what Lighthouse asks it, too."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.browser.demo import Demo
from tests.browser.pages import GERMAN

pytestmark = pytest.mark.browser
# The contexts of a test keep nothing on the disk, like private windows, in which nothing is installed.
OF_THE_TEST = {"in-incognito"}
PLACES = {"/app": "/", f"/@{GERMAN}": f"/@{GERMAN}"}


@pytest.mark.parametrize("path", PLACES)
async def test_the_site_and_each_community_can_be_installed(browser: Browser, demo: Demo, path: str) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    try:
        page = await context.new_page()
        chromium = await context.new_cdp_session(page)
        await page.goto(demo.url + path)
        async with asyncio.timeout(20):  # the manifest comes after the page
            while not (told := await chromium.send("Page.getAppManifest"))["url"]:
                await asyncio.sleep(0.05)
        assert told["errors"] == []
        identity = await chromium.send("Page.getAppId")
        assert identity["appId"] == demo.url + PLACES[path]
        errors = await chromium.send("Page.getInstallabilityErrors")
        assert {one["errorId"] for one in errors["installabilityErrors"]} <= OF_THE_TEST
    finally:
        await context.close()


async def test_a_page_without_a_manifest_could_not(browser: Browser, demo: Demo) -> None:
    """The premise: Chromium says so where something lacks."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        chromium = await context.new_cdp_session(page)
        await page.goto(f"{demo.url}/health")
        errors = await chromium.send("Page.getInstallabilityErrors")
        assert "no-manifest" in {one["errorId"] for one in errors["installabilityErrors"]}
    finally:
        await context.close()
