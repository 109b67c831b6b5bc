"""A world for each file of these tests: what would change it is taken back at once, and no file sees what another added.

It is built once for each database, and a file begins with a copy of all that was stored then.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from channel.app import build
from channel.outbox import jobs
from channel.payments.tables import connections
from channel.search import catch_up
from channel.settings import Settings
from channel.storage import Database
from tests import conftest as databases
from tests.conftest import DATABASES, Clock
from tests.security.sights import World
from tests.security.state import teach
from tests.security.walk import Walk, walk_everything
from tests.security.wire import HERE
from tests.security.world import build_world, furnish

MAIL = {
    "smtp": "smtp+plain://127.0.0.1:1",
    "mail_from": "Channel <hello@channel.test>",
    "incoming_address": "mail+*@in.channel.test",
    "incoming_secret": "a-secret-that-nobody-here-knows",
}
SETTLES_S = 60


class Worlds:
    """Those of this process, as they were when they had been built, by the kind of their database; and their walks."""

    def __init__(self, folder: Path) -> None:
        self.walks: dict[bool, Walk] = {}
        self._folder = folder
        self._built: dict[str, World] = {}

    @contextlib.asynccontextmanager
    async def copied(self, server: str) -> AsyncIterator[World]:
        """One on a running app. `server`: the PostgreSQL that it is on; SQLite when it is empty."""
        if server not in self._built:
            self._built[server] = await self._build(server)
        first, name = self._built[server], f"s{os.urandom(6).hex()}"
        settings: Settings = first.app.state.services.settings
        given = replace(settings, data=self._folder / name)
        shutil.copytree(settings.data, given.data)
        if server:
            given = replace(given, database=databases._with_database(server, name))
            before = make_url(settings.database).database
            await databases._on_server(server, f"CREATE DATABASE {name} TEMPLATE {before}")
        clock = Clock(first.clock.now_ms)
        app = build(given, clock=clock)
        async with app.router.lifespan_context(app):
            furnish(app)
            made = first.on(app, clock)
            teach(made.db)
            yield made
        if server:
            await databases._on_server(server, f"DROP DATABASE {name}")

    async def _build(self, server: str) -> World:
        folder = self._folder / ("postgres" if server else "sqlite")
        folder.mkdir()
        url = await databases._fresh_postgres(server) if server else ""
        clock = Clock()
        app = build(Settings(data=folder, url=HERE, database=url, limit_scale=1_000_000, **MAIL), clock=clock)
        async with app.router.lifespan_context(app):
            made = await build_world(app, clock)
            await catch_up(made.db)
        again = build(app.state.services.settings, clock=clock)
        async with again.router.lifespan_context(again):
            furnish(again)
            await _settled(again.state.services.db)
        return made


async def _settled(db: Database) -> None:
    """What a start finds to do at once is done: asking what was paid, for one. From here on a start changes nothing."""
    unasked = select(connections.c.id).where(connections.c.reconciled_at.is_(None))
    async with asyncio.timeout(SETTLES_S):
        while True:
            async with db.read() as tx:
                due = select(jobs.c.id).where(jobs.c.state == "waiting", jobs.c.due_at <= tx.now)
                if not await tx.all(unasked) and not await tx.all(due):
                    return
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("security"))


@pytest.fixture(scope="module", params=DATABASES)
async def world(request: pytest.FixtureRequest, worlds: Worlds) -> AsyncIterator[World]:
    """The world of world/ on a running app. Tests leave it as they found it, or only add to it."""
    server = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    async with worlds.copied(server) as made:
        yield made


@pytest.fixture(scope="module")
async def walk(world: World, worlds: Worlds) -> Walk:
    """Every door tried by everybody, once; the tests look at what came back."""
    if world.second not in worlds.walks:
        worlds.walks[world.second] = await walk_everything(world)
    return worlds.walks[world.second]
