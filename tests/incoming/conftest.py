"""The mail room of tests/notices, into which mail comes back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel.storage import Database
from tests.conftest import Clock
from tests.incoming.postbox import Postbox
from tests.notices.mailroom import open_mailroom


@pytest.fixture
async def box(db: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Postbox]:
    async with open_mailroom(db, clock) as opened:
        yield Postbox(opened, tmp_path)
