"""Who follows without an account and answers a letter learns from it where that goes: it never ends in silence."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from channel.notify import Desk, Postman
from channel.rooms.tables import rooms
from channel.settings import Settings
from tests.following.conftest import Followroom
from tests.notices.mailroom import SECRET, SITE
from tests.notify.office import Arrived
from tests.posts.writing import post

OPEN = replace(SITE, mail_from="Channel <hello@example.org>", incoming_address="mail+*@example.org")
OPERATOR = "An answer to this mail goes to whoever runs channel.example.org, and into no room of Annas world."
MEMBERS = "To answer, become a member: https://channel.example.org/follow/by/"


async def letter(room: Followroom, settings: Settings) -> Arrived:
    postman = Postman(room.db, room.sender().line, Desk(settings, SECRET), rate=1000)
    [found] = await room.brought(postman)
    return found


async def answers_are_taken(room: Followroom) -> None:
    async with room.db.write() as tx:
        await tx.run(update(rooms).values(mail_replies=True))


async def test_a_letter_says_where_an_answer_goes_in_both_of_its_shapes(room: Followroom) -> None:
    await room.follower("zoe")
    await post(room.scene)
    found = await letter(room, OPEN)
    assert found.mail["Reply-To"] is None
    assert OPERATOR in found.text and OPERATOR in found.html
    assert MEMBERS not in found.text, "no room takes answers"


@pytest.mark.parametrize(
    "address", ["no-reply@example.org", "Channel <NoReply@example.org>", "mail@example.org"]
)
async def test_where_nobody_reads_them_it_says_so(room: Followroom, address: str) -> None:
    await room.follower("zoe", language="de")
    await post(room.scene)
    found = await letter(room, replace(OPEN, mail_from=address))
    assert "Niemand liest, was auf diese Mail geantwortet wird." in found.text
    assert "betreiben" not in found.text


async def test_where_members_answer_it_leads_to_becoming_one(room: Followroom) -> None:
    await room.follower("zoe")
    await answers_are_taken(room)
    await post(room.scene)
    found = await letter(room, OPEN)
    assert found.mail["Reply-To"] is None, "a comment is somebody's who is in"
    assert MEMBERS in found.text and "#h-pass" in found.text
    assert OPERATOR in found.text
    await post(room.scene)
    assert MEMBERS not in (await letter(room, replace(OPEN, incoming_address=""))).text, "no mail comes in"


async def test_a_member_whose_answer_is_taken_reads_only_what_becomes_of_it(room: Followroom) -> None:
    await room.reader("Bob")
    await post(room.scene)
    assert OPERATOR in (await letter(room, OPEN)).text
    await answers_are_taken(room)
    await post(room.scene)
    found = await letter(room, OPEN)
    assert found.mail["Reply-To"]
    assert "stands under the post as a comment" in found.text
    assert OPERATOR not in found.text and MEMBERS not in found.text
