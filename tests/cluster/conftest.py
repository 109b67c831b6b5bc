"""Two nodes on one PostgreSQL and one NATS, each with a data folder of its own and the same key."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from channel.app import build, drain
from channel.secret import KEY_FILE
from channel.settings import Settings
from tests.cluster.nats import Nats
from tests.conftest import Sweeper
from tests.live.site import Site, running, serving_ours


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    server = Nats(tmp_path)
    try:
        await server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
async def shared(sweeper: Sweeper, tmp_path: Path) -> Settings:
    """Settings of an empty installation on PostgreSQL, without a bus."""
    sweeper.sweep()
    return Settings(
        data=tmp_path / "a", url="http://127.0.0.1:8000", database=sweeper.url, limit_scale=1000, log="text"
    )


@dataclass
class Nodes:
    """Two servers of one installation. Both `Site`s know the same creator, community and rooms."""

    a: Site
    b: Site


@contextlib.asynccontextmanager
async def two_nodes(settings: Settings) -> AsyncIterator[Nodes]:
    async with running(settings) as a:
        other = replace(settings, data=settings.data.with_name("b"))
        other.data.mkdir()
        shutil.copy(settings.data / KEY_FILE, other.data / KEY_FILE)
        app = build(other)
        async with serving_ours(app) as port:
            b = Site(app, port)
            b._number = 1_000_000  # of the keys of its posts
            b.creator, b.community, b.room, b.gold = a.creator, a.community, a.room, a.gold
            try:
                yield Nodes(a, b)
            finally:
                await drain(app)


def bus_of(site: Site) -> Any:
    return site.app.state.services.bus


async def until(state: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not state():
            await asyncio.sleep(0.01)


async def connected(nodes: Nodes) -> None:
    await until(lambda: bus_of(nodes.a).connected and bus_of(nodes.b).connected)


@pytest.fixture
async def nodes(shared: Settings, nats: Nats) -> AsyncIterator[Nodes]:
    async with two_nodes(replace(shared, bus=nats.url)) as made:
        yield made


@pytest.fixture
def quick_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """NATS is missed, and found again, sooner than in life."""
    from channel.bus import nats as bus

    monkeypatch.setattr(bus, "LONGEST_WAIT_S", 0.3)
    monkeypatch.setattr(bus, "PING_S", 0.3)
    monkeypatch.setattr(bus, "LOOK_S", 0.1)
