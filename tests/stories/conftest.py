"""A browser for each module, and servers on either database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import launched
from tests.conftest import _fresh_postgres
from tests.faults.process import ServerProcess

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@contextlib.contextmanager
def serving(folder: Path, database: str = "", url: str = "") -> Iterator[ServerProcess]:
    """A server on empty data, ready."""
    with ServerProcess(folder) as server:
        if database:
            server.environment["CHANNEL_DATABASE"] = database
        if url:
            server.url = url.format(port=server.port)
            server.environment["CHANNEL_URL"] = server.url
        server.start()
        server.wait_ready()
        yield server


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that nobody has set up; its parameter names the database."""
    database = ""
    if request.param == "postgres":
        database = asyncio.run(_fresh_postgres(request.getfixturevalue("postgres_url")))
    with serving(tmp_path, database) as server:
        yield server
