"""A running site on each database and each server: ours, which hands connections over, and a stock one."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channel.metrics import LoopLag
from channel.settings import Settings
from tests.live.site import Site, running


@pytest.fixture(params=["ours", "stock"])
def server(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is turned away because the machine has other work. What is late is shown by tests/metrics and test_entrance."""

    async def rest(lag: LoopLag) -> None:
        pass

    monkeypatch.setattr(LoopLag, "run", rest)


@pytest.fixture
async def site(settings: Settings, server: str, unhurried: None) -> AsyncIterator[Site]:
    async with running(replace(settings, url="http://127.0.0.1:8000"), server) as site:
        yield site
