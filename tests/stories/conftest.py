"""A browser for each module, and servers on either database."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import launched
from tests.conftest import _fresh_postgres, _with_database
from tests.faults.process import ServerProcess
from tests.stories.stage import serving

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that nobody has set up; its parameter names the database."""
    database = ""
    if request.param == "postgres":
        url, name = request.getfixturevalue("postgres_url"), f"t{os.urandom(6).hex()}"
        asyncio.run(_fresh_postgres(url, name))
        database = _with_database(url, name)
    with serving(tmp_path, database) as server:
        yield server
