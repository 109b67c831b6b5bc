"""The window of the installed app, as Chromium itself opens it, with the window's controls laid over the page."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error, Page, async_playwright
from websockets.asyncio.client import ClientConnection, connect

from tests.browser.chromium import ARGUMENTS, executable

# Chromium's tools for its own window: with these they press its buttons, too.
OWN_TOOLS = ("--enable-ui-devtools=0", "--enable-features=ui-debug-tools-enable-synthetic-events")
PORT_FILE = "UIDevToolsActivePort"
TOGGLE = "WindowControlsOverlayToggleButton"
OPENS_WITHIN_S = 20


class NoWindows(Exception):
    """This Chromium is one that opens no windows for apps, or not for programs."""


@contextlib.asynccontextmanager
async def app_window(folder: Path, address: str) -> AsyncIterator[Page]:
    """Install what stands at the address (which is its id, too), open it, and press what hides its title bar."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder, executable_path=executable(), args=[*ARGUMENTS, *OWN_TOOLS], no_viewport=True
        )
        try:
            page = await _opened(context, address)
            await _press_toggle(folder)
            async with asyncio.timeout(OPENS_WITHIN_S):
                while not await page.evaluate("navigator.windowControlsOverlay.visible"):
                    await asyncio.sleep(0.05)
            yield page
        finally:
            await context.close()


async def _opened(context: BrowserContext, address: str) -> Page:
    tab = context.pages[0]
    await tab.goto(address)
    tools = await context.new_cdp_session(tab)
    try:
        await tools.send("PWA.install", {"manifestId": address, "installUrlOrBundleUrl": address})
        await tools.send("PWA.changeAppUserSettings", {"manifestId": address, "displayMode": "standalone"})
        async with context.expect_page() as opened:
            await tools.send("PWA.launch", {"manifestId": address})
    except Error as error:
        raise NoWindows(str(error)) from error
    page = await opened.value
    await page.wait_for_load_state()
    return page


async def _press_toggle(folder: Path) -> None:
    told = folder / PORT_FILE
    if not told.is_file():
        raise NoWindows(f"there is no {PORT_FILE}")
    port = told.read_text().split()[0]
    async with connect(f"ws://127.0.0.1:{port}/0", max_size=None, proxy=None) as line:
        await _asked(line, 1, "DOM.enable")
        root = (await _asked(line, 2, "DOM.getDocument"))["root"]
        toggles = [one["nodeId"] for one in _all(root) if TOGGLE in one.get("attributes", [])]
        if not toggles:
            raise NoWindows(f"there is no {TOGGLE}")
        for number, kind in enumerate(("mousePressed", "mouseReleased"), 3):
            event = {"type": kind, "x": 5, "y": 5, "button": "left", "wheelDirection": "none"}
            await _asked(line, number, "DOM.dispatchMouseEvent", nodeId=toggles[0], event=event)


def _all(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node.get("children", []) for below in _all(child))]


async def _asked(line: ClientConnection, number: int, method: str, **params: object) -> dict[str, Any]:
    await line.send(json.dumps({"id": number, "method": method, "params": params}))
    while True:
        told = json.loads(await asyncio.wait_for(line.recv(), OPENS_WITHIN_S))
        if told.get("id") == number:
            if "error" in told:
                raise NoWindows(told["error"]["message"])
            result: dict[str, Any] = told["result"]
            return result
