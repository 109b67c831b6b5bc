"""The switchboard that these tests work at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel.notify import HookCourier
from channel.storage import Database
from tests.cast import creator
from tests.conftest import Clock
from tests.hooks.desk import BASE, SECRET, Switchboard
from tests.hooks.receiver import HOST, receiver

SIDES = (HOST, "api.telegram.org", "discord.com", "mastodon.social")


@pytest.fixture
async def board(db: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with receiver(tmp_path, *SIDES) as there:
        yield Switchboard(await creator(db), clock, there, HookCourier(db, there.outside(), SECRET, BASE))
