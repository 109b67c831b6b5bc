"""What the tests of the hub begin with."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from channel.settings import Settings
from channel.storage.open import open_migrated
from tests.cast import creator
from tests.conftest import Clock
from tests.hooks.receiver import receiver
from tests.notify.hub import HOST, HUB_URL, Hubbed


@pytest.fixture
async def hubbed(settings: Settings, clock: Clock, tmp_path: Path) -> AsyncIterator[Hubbed]:
    """Anna's community on an installation that has a hub, which takes whatever it is told."""
    db = await open_migrated(replace(settings, websub_hub=HUB_URL), clock=clock)
    async with receiver(tmp_path / "hub", HOST) as there:
        there.answers = ["204 No Content"]
        yield Hubbed(await creator(db), clock, there)
    await db.close()
