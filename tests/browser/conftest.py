"""One demo for all tests of this folder, and a browser for each module."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.addresses import places
from tests.browser.chromium import launched
from tests.browser.demo import Demo, running
from tests.browser.pages import Place


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("demo")
    with running(folder) as demo:
        yield demo


@pytest.fixture(scope="session")
def pages(demo: Demo) -> dict[str, Place]:
    return places(demo)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser
