"""Where people live, as their browsers say it: it sets the hours of who never chose any, and of nobody else. On both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from channel import notices
from channel.accounts import Account
from channel.errors import Invalid
from channel.notices.actions import inherit_times, keep_zone, pause, set_times
from channel.notices.model import Times, parse_zone, zone_of_browser
from channel.notices.queries import chose_times, refused
from channel.notices.tables import notice_times
from tests.notices.mailroom import Mailroom

ANGELES = "America/Los_Angeles"


async def kept(room: Mailroom, account: Account, zone: str) -> Times:
    """The times of the account, once its browser has said where it is."""
    async with room.db.write() as tx:
        await keep_zone(tx, account.id, zone)
        return await notices.times(tx, account.id)


async def known(room: Mailroom, account: Account) -> bool:
    async with room.db.read() as tx:
        return await chose_times(tx, account.id)


async def test_a_browser_says_where_somebody_is_who_never_chose(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    assert await kept(room, bob, "") == Times()
    assert not await known(room, bob)
    assert await kept(room, bob, ANGELES) == Times(ANGELES)
    assert await known(room, bob)
    assert await kept(room, bob, "Asia/Tokyo") == Times(ANGELES), "a journey moves nobody's nights"


@pytest.mark.parametrize(
    "given", [{"zone": "UTC"}, {"zone": "Asia/Tokyo", "quiet_from": 60, "quiet_to": 90}, {"hour": 7}]
)
async def test_what_was_chosen_stays(room: Mailroom, given: dict[str, object]) -> None:
    bob = await room.reader("Bob")
    await room.times(bob, **given)
    before = await kept(room, bob, "")
    assert await kept(room, bob, ANGELES) == before
    assert await known(room, bob)


async def test_an_address_that_was_refused_chose_nothing(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    async with room.db.write() as tx:
        await pause(tx, bob.id, "bob@example.net")
    assert not await known(room, bob)
    assert await kept(room, bob, ANGELES) == Times(ANGELES)
    async with room.db.read() as tx:
        assert await refused(tx, bob.id, "bob@example.net"), "and it is still left alone"
    await room.times(bob, wait_hours=8)
    assert await kept(room, bob, ANGELES) == Times(wait_hours=8), "chosen since"
    async with room.db.write() as tx:
        await tx.run(update(notice_times).values(quiet_from=60, quiet_to=90, wait_hours=4))
    assert (await kept(room, bob, ANGELES)).zone == "UTC"


FOLLOWED = Times("Europe/Berlin", 7, 1320, 360)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, FOLLOWED),
        (Times(ANGELES), replace(FOLLOWED, zone=ANGELES)),
        (Times(ANGELES, 8), Times(ANGELES, 8)),
        (Times(quiet_from=60, quiet_to=90), Times(quiet_from=60, quiet_to=90)),
    ],
)
async def test_hours_of_a_follower_come_along_where_the_account_chose_none(
    room: Mailroom, before: Times | None, after: Times
) -> None:
    bob = await room.reader("Bob")
    async with room.db.write() as tx:
        if before:
            await set_times(tx, bob.id, before)
        await inherit_times(tx, bob.id, FOLLOWED)
        assert await notices.times(tx, bob.id) == after


def test_what_is_no_zone_is_unknown_from_a_script_and_wrong_from_a_program() -> None:
    for text in ("", "Mars/Olympus", "../../etc/passwd", "\x00", "x" * 70_000, "Etc/GMT+8"):
        assert zone_of_browser(text) == ""
        with pytest.raises(Invalid) as wrong:
            parse_zone(text)
        assert set(wrong.value.fields) == {"zone"}
    for text in (ANGELES, "Asia/Calcutta", "UTC"):
        assert zone_of_browser(text) == parse_zone(text) == text
