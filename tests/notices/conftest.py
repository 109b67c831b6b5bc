"""The mail room that these tests work in."""

from collections.abc import AsyncIterator

import pytest

from channel.storage import Database
from tests.conftest import Clock
from tests.notices.mailroom import Mailroom, open_mailroom


@pytest.fixture
async def room(db: Database, clock: Clock) -> AsyncIterator[Mailroom]:
    async with open_mailroom(db, clock) as opened:
        yield opened
