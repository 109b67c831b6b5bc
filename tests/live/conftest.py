"""One running site per test."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channel.settings import Settings
from tests.live.site import Site, running


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    async with running(replace(settings, url="http://127.0.0.1:8000")) as site:
        yield site
