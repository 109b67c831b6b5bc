"""One world on each database for all of these tests; what would change it is taken back at once."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel.app import build
from channel.search import catch_up
from channel.settings import Settings
from tests import conftest as databases
from tests.conftest import DATABASES, Clock
from tests.security.sights import World
from tests.security.state import teach
from tests.security.walk import Walk, walk_everything
from tests.security.wire import HERE
from tests.security.world import build_world

MAIL = {
    "smtp": "smtp+plain://127.0.0.1:1",
    "mail_from": "Channel <hello@channel.test>",
    "incoming_address": "mail+*@in.channel.test",
    "incoming_secret": "a-secret-that-nobody-here-knows",
}


@contextlib.asynccontextmanager
async def running(folder: Path, database: str = "") -> AsyncIterator[World]:
    """The world of world.py on a running app. Tests leave it as they found it, or only add to it."""
    settings = Settings(data=folder, url=HERE, database=database, limit_scale=1_000_000, **MAIL)
    clock = Clock()
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        made = await build_world(app, clock)
        await catch_up(made.db)
        teach(made.db)
        yield made


# Both stand until the end: one fixture with a parameter would build them anew for each file.
@pytest.fixture(scope="session")
async def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running(tmp_path_factory.mktemp("security")) as world:
        yield world


@pytest.fixture(scope="session")
async def postgres_world(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> AsyncIterator[World]:
    name = f"s{os.urandom(6).hex()}"
    await databases._fresh_postgres(postgres_url, name)
    database = databases._with_database(postgres_url, name)
    async with running(tmp_path_factory.mktemp("security"), database) as world:
        yield world


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest) -> World:
    """On one of the databases."""
    world: World = request.getfixturevalue(f"{request.param}_world")
    return world


@pytest.fixture(scope="session")
async def sqlite_walk(sqlite_world: World) -> Walk:
    return await walk_everything(sqlite_world)


@pytest.fixture(scope="session")
async def postgres_walk(postgres_world: World) -> Walk:
    return await walk_everything(postgres_world)


@pytest.fixture
def walk(request: pytest.FixtureRequest, world: World) -> Walk:
    """Every door tried by everybody, once; the tests look at what came back."""
    walk: Walk = request.getfixturevalue("postgres_walk" if world.second else "sqlite_walk")
    return walk
