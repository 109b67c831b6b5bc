"""An installation with a creator, an admin and a mail relay, and browsers without scripts."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channel import accounts
from channel.accounts import Account
from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.notify.relay import Inbox, listening
from tests.web.conftest import Browser, Page, Site, running


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """Anna's community on a running server that sends no mail."""
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def mailing(settings: Settings, clock: Clock, inbox: Inbox) -> AsyncIterator[Site]:
    """The same, with a relay on this machine that keeps what it gets."""
    async with listening(inbox) as port:
        smtp = f"smtp+plain://127.0.0.1:{port}"
        with_mail = replace(settings, smtp=smtp, mail_from="Channel <hello@channel.test>")
        async for app, client in running(with_mail, clock):
            db = app.state.services.db
            yield Site(app, db, clock, with_mail, await creator(db), client)


async def person(site: Site, name: str, *, admin: bool = False, handle: str | None = None) -> Account:
    async with site.db.write() as tx:
        return await accounts.create(tx, name=name, handle=handle, is_admin=admin)


async def admin_of(site: Site) -> Browser:
    return await site.browser(await person(site, "Root", admin=True, handle="root_admin"))


def says(page: Page, status: int, *words: str) -> None:
    """The page has the status and says all of this."""
    assert page.status == status, (page.status, page.text[:3000])
    for word in words:
        assert word in page.text, word


def found(page: Page, pattern: str) -> str:
    """What stands in the group of a pattern."""
    hit = re.search(pattern, page.text)
    assert hit, (pattern, page.text[:3000])
    return hit[1]
