"""What people see of mail that comes in: a paused address, the number for a creator, addresses for drafts."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from channel import rooms
from channel.accounts import Account, emails
from channel.accounts.tables import accounts
from channel.incoming import bounces
from channel.notices.actions import pause
from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.incoming.postbox import PATTERN
from tests.topics import talking
from tests.web.conftest import Page, Site, running
from tests.web_account.conftest import says

OUT = {"smtp": "smtp+plain://127.0.0.1:9", "mail_from": "Channel <hello@channel.test>"}


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    given = replace(settings, incoming_address=PATTERN, **OUT)  # type: ignore[arg-type]
    async for app, client in running(given, clock):
        yield Site(app, app.state.services.db, clock, given, await creator(app.state.services.db), client)


async def _bob(site: Site, *, paused: str = "") -> Account:
    bob = await site.anna.member("Bob")
    async with site.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == bob.id).values(email="bob@example.net"))
        if paused:
            await pause(tx, bob.id, "bob@example.net", paused)
    return bob


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("hard", "is not there"),
        ("soft", "mailbox full"),
        ("complaint", "as unwanted"),
        ("smtp", "refused our letters"),
    ],
)
async def test_a_paused_address_is_told_where_its_owner_looks(site: Site, why: str, said: str) -> None:
    browser = await site.browser(await _bob(site, paused=why))
    says(await browser.get("/"), 200, "Letters to you come back")
    says(await browser.get("/account/notices"), 200, said, "Try again")


async def test_an_address_is_tried_again_by_a_link_that_is_mailed_to_it(site: Site) -> None:
    bob = await _bob(site, paused="hard")
    browser = await site.browser(bob)
    says(
        await browser.follow("/account/notices", {"do": "again"}), 200, "Open the link in it", "is not there"
    )
    async with site.db.write() as tx:
        secret = await emails.email_proof(tx, bob.id, "bob@example.net")
    says(await browser.get(f"/account/email/{secret}"), 200)
    says(await browser.get("/"), 200, "Letters to you come back")
    await browser.post(f"/account/email/{secret}")
    assert "Letters to you come back" not in await browser.get("/")
    async with site.db.read() as tx:
        assert await bounces.paused(tx) == []


async def test_the_creator_sees_a_number(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    assert "no letters" not in await anna.get("/studio/anna/members")
    await _bob(site, paused="hard")
    says(await anna.get("/studio/anna/members"), 200, "1 member gets no letters")


async def test_addresses_for_drafts_are_made_renewed_and_removed(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    says(await anna.get("/studio/anna/drafts"), 200, "/studio/anna/drafts/by-mail")
    form = {"room": site.anna.news.id, "do": "renew"}
    says(await anna.get("/studio/anna/drafts/by-mail"), 200, "no address for this room")
    first = _address(await anna.follow("/studio/anna/drafts/by-mail", form))
    second = _address(await anna.follow("/studio/anna/drafts/by-mail", form))
    assert first != second
    gone = await anna.follow("/studio/anna/drafts/by-mail", form | {"do": "remove"})
    says(gone, 200, "no address for this room")
    says(await anna.post("/studio/anna/drafts/by-mail", form | {"room": "nothing"}), 422, "Choose a channel")
    says(
        await anna.post("/studio/anna/drafts/by-mail", form | {"do": "publish"}), 422, "Choose a new address"
    )
    bob = await site.browser(await _bob(site))
    assert (await bob.post("/studio/anna/drafts/by-mail", form)).status == 403


def _address(page: Page) -> str:
    found = re.search(r"mailto:(mail\+d[a-z2-7]+@in\.example\.org)", page.text)
    assert found
    return found[1]


async def test_a_room_says_whether_letters_can_be_answered(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    says(
        await anna.get("/studio/anna/rooms/news"),
        200,
        "Answers to letters about posts",
        "takes no messages yet",
    )
    fields = {"name": "News", "slug": "news", "has_rules": "1", "comments": "1"}

    async def after(**more: str) -> tuple[bool, str]:
        await anna.follow("/studio/anna/rooms/news", fields | more)
        async with site.db.read() as tx:
            room = await rooms.one(tx, site.anna.news.id)
        return room.mail_replies, room.mail_to

    assert await after(mail_to="inbox") == (True, "inbox")
    assert await after() == (True, "inbox"), "who is not asked changes nothing"
    assert await after(mail_to="comment") == (True, "comment")
    assert (await after(mail_to="none"))[0] is False
    says(await anna.post("/studio/anna/rooms/news", fields | {"mail_to": "moon"}), 422, "or the inbox")


async def test_a_group_says_whether_letters_about_its_topics_can_be_answered(site: Site) -> None:
    anna, talk = await site.browser(site.anna.owner), await talking.group(site.anna, slow_s=60)
    shown = await anna.get("/studio/anna/rooms/talk")
    says(shown, 200, "Answers to letters about messages", "Become messages in the topic")
    fields = {"name": "Talk", "slug": "talk", "ruled": "1", "slow_s": "60", "mail_to": "comment"}
    await anna.follow("/studio/anna/rooms/talk", fields)
    async with site.db.read() as tx:
        room = await rooms.one(tx, talk.id)
    assert (room.mail_replies, room.mail_to, room.slow_s) == (True, "comment", 60)
    await anna.follow("/studio/anna/rooms/talk", fields | {"mail_to": "none"})
    async with site.db.read() as tx:
        assert not (await rooms.one(tx, talk.id)).mail_replies
