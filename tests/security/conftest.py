"""One world per database for all of these tests; what would change it is taken back at once."""

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
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The world of world/ on a running app. Tests leave it as they found it, or only add to it."""
    url = ""
    if request.param == "postgres":
        server, name = request.getfixturevalue("postgres_url"), f"s{os.urandom(6).hex()}"
        await databases._fresh_postgres(server, name)
        url = databases._with_database(server, name)
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
async def walk(world: World) -> Walk:
    """Every door tried by everybody, once; the tests look at what came back."""
    return await walk_everything(world)
