"""One world per database for all of these tests; what would change it is taken back at once."""

import contextlib
import os
from collections.abc import AsyncIterator

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


@pytest.fixture(scope="package", params=DATABASES)
def world(request: pytest.FixtureRequest, anyio_backend: str) -> World:
    """The world of world/ on a running app. Tests leave it as they found it, or only add to it.

    Both are kept to the end: the tests of one file ask for the one after the other, and those of the next file again.
    """
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made


@pytest.fixture(scope="package")
async def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with _running("", tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="package")
async def postgres_world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    name = f"s{os.urandom(6).hex()}"
    await databases._fresh_postgres(postgres_url, name)
    async with _running(databases._with_database(postgres_url, name), tmp_path_factory) as made:
        yield made


@contextlib.asynccontextmanager
async def _running(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("security")
    settings = Settings(data=folder, url=HERE, database=url, limit_scale=1_000_000, **MAIL)
    clock = Clock()
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        made = await build_world(app, clock)
        await catch_up(made.db)
        teach(made.db)
        yield made


@pytest.fixture(scope="package")
def walks() -> dict[int, Walk]:
    """By the world in which they were made."""
    return {}


@pytest.fixture(scope="package")
async def walk(world: World, walks: dict[int, Walk]) -> Walk:
    """Every door tried by everybody, once; the tests look at what came back."""
    if id(world) not in walks:
        walks[id(world)] = await walk_everything(world)
    return walks[id(world)]
