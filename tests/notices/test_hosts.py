"""Letters to a host with a bound of its own, and to one that asks for less: others go on, and none is lost or twice."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from channel.accounts.tables import accounts
from channel.following import Wish
from channel.following import actions as following
from channel.notices import planner, queue
from channel.notices.pace import MINUTE_MS
from channel.notices.tables import notices
from channel.notify import Postman
from channel.notify.following import following_handler
from channel.notify.sender import Mail
from channel.worker import Worker
from tests.notices.mailroom import SECRET, SITE, Mailroom
from tests.notices.test_trouble import crowd
from tests.posts.writing import post

BUSY = "450 4.7.28 too many letters from you"


async def at(room: Mailroom, host: str, *names: str) -> None:
    for name in names:
        await room.address(await room.reader(name), f"{name.lower()}@{host}")


async def tries(room: Mailroom) -> dict[str, int]:
    async with room.db.read() as tx:
        found = await tx.all(
            select(accounts.c.email, notices.c.tries).join(accounts, accounts.c.id == notices.c.account_id)
        )
    return {row.email: row.tries for row in found}


async def minutes(room: Mailroom, postman: Postman, many: int) -> list[list[str]]:
    """To whom letters came in each of the next minutes."""
    found = []
    for _ in range(many):
        came = []
        for _ in range(30):
            room.clock.forward(MINUTE_MS // 30)
            came += await room.to(postman)
        found.append(sorted(came))
    return found


async def test_a_host_gets_so_many_a_minute_and_others_do_not_wait_for_it(room: Mailroom) -> None:
    await at(room, "big.example", *"ABCDEFGHIJ")
    await at(room, "one.example", "Y")
    await at(room, "two.example", "Z")
    await post(room.scene)
    postman = room.hire(per_host=4)
    first = await room.to(postman)
    assert {"y@one.example", "z@two.example"} < set(first)
    assert len(first) == 3
    later = await minutes(room, postman, 4)
    assert sum(len(came) for came in later) == 9
    assert 3 <= len(later[0]) <= 4
    assert len(later[1]) == 4
    everybody = [*first, *(address for came in later for address in came)]
    assert len(everybody) == len(set(everybody)) == 12
    assert set((await room.states()).values()) == {"sent"}
    assert set((await tries(room)).values()) == {1}, "waiting is no failed try"


async def test_all_processes_together_send_a_host_no_more_than_that(room: Mailroom) -> None:
    await at(room, "big.example", *"ABCDEF")
    for name in "UVWXYZ":
        async with room.db.write() as tx:  # those without an account have a queue of their own
            wish = Wish(room.scene.community.id, f"{name.lower()}@big.example", "instant", "en")
            await following.confirm(tx, await following.confirmation(tx, wish))
    await post(room.scene)
    handle = following_handler(room.db, room.sender(), replace(SITE, smtp="smtp+plain://127.0.0.1:9"), SECRET)
    plans = {"notices": planner(room.db, mail=True), "following": handle}
    await Worker(room.db, plans).work_off()
    postmen = [room.hire(per_host=4) for _ in range(3)]
    came = [len(await room.to(postman)) for postman in postmen]
    assert sum(came) == 1, "of three processes and two kinds of readers"
    each = []
    for minute in range(4):
        postmen[minute % 3] = room.hire(per_host=4)  # one that starts again begins not anew
        found = 0
        for _ in range(30):
            room.clock.forward(MINUTE_MS // 30)
            for postman in postmen:
                found += len(await room.to(postman))
        each.append(found)
    assert max(each) <= 4 and sum(each) == 11, each


async def test_however_many_stand_before_them_others_are_found(room: Mailroom) -> None:
    await crowd(room, queue.FOREMOST * 2 + 30)
    await post(room.scene)
    await room.planned()
    await at(room, "small.example", "Z")
    await post(room.scene)
    came = await room.to(room.hire(per_host=1))
    assert sorted(address.partition("@")[2] for address in came) == ["example.net", "small.example"]


@pytest.mark.parametrize(
    "answer", [BUSY, "421 4.7.0 try again later", "451 4.7.650 temporarily rate limited"]
)
async def test_a_host_that_asks_for_less_is_left_alone_for_a_while_and_the_others_are_not(
    room: Mailroom, answer: str
) -> None:
    await at(room, "big.example", *"ABC")
    await at(room, "small.example", "Z")
    room.relay.recipients["big.example"] = answer
    await post(room.scene)
    postman = room.hire()
    assert await room.to(postman) == ["z@small.example"]
    assert len(room.relay.asked) == 2, "one of three was tried"
    assert await room.to(postman) == []
    room.clock.forward(MINUTE_MS)
    assert await room.to(postman) == []
    assert len(room.relay.asked) == 3
    room.clock.forward(MINUTE_MS)
    assert await room.to(postman) == []
    assert len(room.relay.asked) == 3, "the second pause is longer"
    room.relay.recipients.clear()
    room.clock.forward(MINUTE_MS)
    came = await room.to(postman)
    room.clock.forward(2 * MINUTE_MS)
    came += await room.to(postman)
    assert sorted(came) == ["a@big.example", "b@big.example", "c@big.example"]
    assert sorted((await tries(room)).values()) in ([1, 1, 1, 3], [1, 1, 2, 2]), "only what was tried counts"


async def test_a_letter_that_is_not_wanted_now_lets_the_others_of_its_host_wait_too(room: Mailroom) -> None:
    await at(room, "big.example", *"AB")
    room.relay.answer = "451 4.3.2 system is busy"
    await post(room.scene)
    postman = room.hire()
    assert await room.to(postman) == []
    assert len(room.relay.asked) == 1
    room.relay.answer = "250 OK"
    room.clock.forward(MINUTE_MS)
    assert await room.to(postman) == ["a@big.example", "b@big.example"]


@pytest.mark.parametrize("answer", ["450 4.2.1 mailbox busy", "451 4.7.1 greylisted", "452 4.2.2 over quota"])
async def test_what_is_said_of_one_mailbox_holds_for_no_other(room: Mailroom, answer: str) -> None:
    await at(room, "big.example", *"ABC")
    room.relay.recipients["a@big.example"] = answer
    await post(room.scene)
    assert await room.to() == ["b@big.example", "c@big.example"]


async def test_a_relay_that_asks_for_less_is_asked_by_one_letter_only(room: Mailroom) -> None:
    await at(room, "big.example", *"AB")
    await at(room, "small.example", "Z")
    room.relay.sender_answer = "451 4.7.1 slow down"
    await post(room.scene)
    postman = room.hire()
    for _ in range(3):
        assert await room.to(postman) == []
    assert room.relay.named == 1
    room.relay.sender_answer = ""
    room.clock.forward(MINUTE_MS)
    assert await room.to(postman) == ["a@big.example", "b@big.example", "z@small.example"]
    assert sorted((await tries(room)).values()) == [1, 1, 2]


async def test_one_who_asked_for_less_for_days_gets_no_old_letters(room: Mailroom) -> None:
    await at(room, "big.example", *"ABCDE")
    room.relay.recipients["big.example"] = BUSY
    await post(room.scene)
    postman = room.hire()
    for _ in range(80):
        assert await room.to(postman) == []
        room.clock.forward(60 * MINUTE_MS)
    states = await room.states()
    assert {state.partition(" ")[0] for state in states.values()} == {"failed"}
    room.relay.recipients.clear()
    assert await room.to(postman) == []


async def test_a_relay_that_asked_for_less_for_days_gets_no_old_letters(room: Mailroom) -> None:
    await at(room, "big.example", *"ABCDE")
    room.relay.sender_answer = BUSY
    await post(room.scene)
    postman = room.hire()
    for _ in range(90):
        assert await room.to(postman) == []
        room.clock.forward(60 * MINUTE_MS)
    assert {state.partition(" ")[0] for state in (await room.states()).values()} == {"failed"}


async def test_a_letter_that_stood_in_the_line_for_days_is_tried_more_than_once(room: Mailroom) -> None:
    await at(room, "big.example", *"AB")
    await post(room.scene)
    await room.planned()
    room.clock.forward(queue.GIVEN_UP_MS + MINUTE_MS)
    room.relay.recipients["a@big.example"] = "450 4.2.1 mailbox busy"
    assert await room.to() == ["b@big.example"]
    room.relay.recipients.clear()
    room.clock.forward(MINUTE_MS)
    assert await room.to() == ["a@big.example"]


async def test_a_sign_in_link_waits_for_nobody(room: Mailroom) -> None:
    await at(room, "big.example", "A")
    room.relay.recipients["big.example"] = BUSY
    await post(room.scene)
    postman = room.hire(per_host=1)
    await room.to(postman)
    room.relay.recipients.clear()
    for _ in range(3):
        await room.sender().send(Mail(to="a@big.example", subject="In", text="In", html="In"))
    assert len(room.relay.mails) == 3
