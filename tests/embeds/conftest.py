"""Anna's community on a running server, and pages of other sites that show it."""

from collections.abc import AsyncIterator

import pytest

from channel.members import governing
from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.web.conftest import Site, running


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


async def change(site: Site, **changes: object) -> None:
    """Anna changes something about her community."""
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.edit_community(tx, by, site.anna.community, **changes)
    await site.anna.refresh()
