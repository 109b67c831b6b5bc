"""The ground that the behaviours of a provider are tried on."""

from collections.abc import AsyncIterator

import pytest

from channel.storage import Database
from tests.conftest import Clock
from tests.contract.ground import Ground, Way


@pytest.fixture
async def ground(way: Way, db: Database, clock: Clock) -> AsyncIterator[Ground]:
    made = await way.opened(db, clock)
    with made.ends:
        yield made
