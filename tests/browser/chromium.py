"""Which Chromium drives the tests, and how it is started: the system's own, else the one that playwright keeps."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A list takes the place of playwright's own: what that switches off for the sake of steady tests has to be named again.
STEADY = (
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
# Quiet when it starts: nobody outside is asked.
QUIET = ("AimEnabled", "NetworkTimeServiceQuerying", "OptimizationHints", "PreconnectToSearch")
# Two pages of the address bar, which Chromium makes for each of its windows, though nobody sees them: a third of what a
# visit costs.
UNSEEN = ("WebUIOmniboxAimPopup", "WebUIOmniboxPopup")


def without(*features: str) -> str:
    """The argument that switches features of Chromium off, instead of those that are off by themselves."""
    return f"--disable-features={','.join(features)}"


ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    without(*STEADY, *QUIET, *UNSEEN),
]
KEPT = Path.home() / ".cache" / "ms-playwright"


def installed() -> str | None:
    """A browser that the system has, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def executable() -> str | None:
    """The browser to start; None stands for playwright's own. Fails when there is neither."""
    path = installed()
    assert path or any(KEPT.glob("chromium*")), "There is no Chromium. Run: make browser"
    return path


@contextlib.asynccontextmanager
async def launched(*more: str) -> AsyncIterator[Browser]:
    """A running browser without a window. `more`: arguments for it; one that it has already takes its place."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            await browser.close()
