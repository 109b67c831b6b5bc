"""Anna's community on a running server, and feeds read as readers read them."""

from collections.abc import AsyncIterator

import pytest

from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.web.conftest import Site, running


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)
