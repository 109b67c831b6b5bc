"""The depot that these tests work in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel.storage import Database
from tests.conftest import Clock
from tests.push.depot import Depot, open_depot


@pytest.fixture
async def depot(db: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Depot]:
    async with open_depot(db, clock, tmp_path) as opened:
        yield opened
