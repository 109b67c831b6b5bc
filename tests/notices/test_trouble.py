"""What goes wrong on the way: mail servers that refuse, hang or die, and crashes. Nobody ever gets a letter twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from channel import notices, outbox
from channel.accounts import create
from channel.accounts.tables import accounts
from channel.errors import Unavailable
from channel.members.tables import memberships
from channel.notices import planning, queries, queue
from channel.notices.actions import resume
from channel.notices.tables import notice_rules
from channel.notices.tables import notices as rows
from channel.notify import Desk, Postman
from channel.notify.sender import Written
from channel.posts.rounds import IN_A_JOB
from channel.tasks import NoticesDue
from channel.worker import Worker
from tests.notices.mailroom import SECRET, SITE, Mailroom
from tests.posts.writing import post

MINUTE_MS = 60_000


async def test_an_address_that_is_refused_for_good_is_left_alone_and_its_account_told(room: Mailroom) -> None:
    bob, _ = await room.reader("Bob"), await room.reader("Carol")
    room.relay.recipients["bob@example.net"] = "550 5.1.1 nobody here"
    await post(room.scene)
    assert await room.to() == ["carol@example.net"]
    assert (await room.states())["bob@example.net"].startswith("failed")
    async with room.db.read() as tx:
        assert await queries.refused(tx, bob.id, "bob@example.net")
    room.relay.recipients.clear()
    await post(room.scene)
    assert await room.to() == ["carol@example.net"]
    assert room.relay.asked.count("bob@example.net") == 1
    async with room.db.write() as tx:
        await resume(tx, bob.id)
    await post(room.scene)
    assert await room.to() == ["bob@example.net", "carol@example.net"]
    room.relay.recipients["bob@example.net"] = "550 gone"
    await post(room.scene)
    await room.to()
    await room.address(bob, "bob@example.com")
    await post(room.scene)
    assert "bob@example.com" in await room.to(), "another address is another matter"


@pytest.mark.parametrize("answer", ["450 4.2.1 mailbox busy", "451 4.7.1 greylisted"])
async def test_an_address_that_is_refused_for_now_is_tried_again_later(room: Mailroom, answer: str) -> None:
    await room.reader("Bob"), await room.reader("Carol")
    room.relay.recipients["bob@example.net"] = answer
    await post(room.scene)
    assert await room.to() == ["carol@example.net"]
    assert await room.to() == [], "not at once"
    room.relay.recipients.clear()
    room.clock.forward(MINUTE_MS)
    assert await room.to() == ["bob@example.net"]


async def test_a_server_that_refuses_us_says_nothing_about_the_address(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    room.relay.recipients["bob@example.net"] = "550 5.7.1 your network is blocked"
    await post(room.scene)
    assert await room.to() == []
    async with room.db.read() as tx:
        assert not await queries.refused(tx, bob.id, "bob@example.net")
    room.relay.recipients.clear()
    room.clock.forward(MINUTE_MS)
    assert await room.to() == ["bob@example.net"]


@pytest.mark.parametrize(("answer", "again"), [("451 4.3.0 later", True), ("554 5.6.0 not this", False)])
async def test_a_letter_that_is_refused_was_certainly_not_taken(
    room: Mailroom, answer: str, again: bool
) -> None:
    await room.reader("Bob")
    room.relay.answer = answer
    await post(room.scene)
    assert await room.to() == []
    room.relay.answer = "250 OK"
    room.clock.forward(MINUTE_MS)
    assert await room.to() == (["bob@example.net"] if again else [])
    assert (await room.states())["bob@example.net"].partition(" ")[0] == ("sent" if again else "failed")


async def test_while_the_server_is_away_all_wait_and_nothing_is_lost(room: Mailroom) -> None:
    for name in ("Bob", "Carol", "Dora"):
        await room.reader(name)
    await post(room.scene)
    port, room.port = room.port, 9
    assert await room.to() == []
    room.port = port
    for _ in range(20):
        room.clock.forward(MINUTE_MS)
    assert await room.to() == ["bob@example.net", "carol@example.net", "dora@example.net"]


async def test_a_letter_that_nobody_takes_for_three_days_is_given_up(room: Mailroom) -> None:
    await room.reader("Bob")
    await post(room.scene)
    room.relay.recipients["bob@example.net"] = "450 later"
    for _ in range(75):
        await room.to()
        room.clock.forward(60 * MINUTE_MS)
    assert (await room.states())["bob@example.net"].startswith("failed")
    assert 10 < room.relay.asked.count("bob@example.net") < 80


@pytest.mark.parametrize("how", ["cut", "hang"])
async def test_when_the_line_breaks_while_it_is_handed_over_it_is_never_sent_again(
    room: Mailroom, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.reader("Bob")
    await post(room.scene)
    if how == "cut":
        room.relay.dies = True
    else:
        monkeypatch.setattr("channel.notify.email.SEND_TIMEOUT_S", 0.3)
        held = asyncio.Event()

        async def hangs(*_: Any) -> str:
            await held.wait()
            return "250 OK"

        monkeypatch.setattr(room.relay, "handle_DATA", hangs)
    await room.to()
    monkeypatch.undo()
    before, room.relay.dies = len(room.relay.envelopes), False
    room.clock.forward(24 * 60 * MINUTE_MS)
    await room.to()
    assert len(room.relay.envelopes) == before
    assert (await room.states())["bob@example.net"].startswith("failed Not known")


async def test_a_server_that_takes_it_and_never_says_goodbye_has_taken_it(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.notify.email.GOODBYE_S", 0.2)

    async def silent(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("aiosmtpd.smtp.SMTP.smtp_QUIT", silent)
    await room.reader("Bob")
    await post(room.scene)
    assert await room.to() == ["bob@example.net"]
    assert await room.states() == {"bob@example.net": "sent"}


class Dying:
    """A line on which the server dies: before or after it is handed over."""

    def __init__(self, room: Mailroom, when: str) -> None:
        self._line = room.sender().line()
        self._when = when

    async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
        async def then_dies() -> Any:
            if self._when == "before the mark":
                raise KeyboardInterrupt
            mail = await write()
            if self._when == "after the mark":
                raise KeyboardInterrupt
            return mail

        await self._line.deliver(to, then_dies, sender)
        raise KeyboardInterrupt  # taken, and not written down

    async def close(self) -> None:
        await self._line.close()


@pytest.mark.parametrize(
    ("when", "first", "later"),
    [
        ("before the mark", [], ["bob@example.net"]),
        ("after the mark", [], []),
        ("after it was taken", ["bob@example.net"], []),
    ],
)
async def test_a_crash_brings_no_letter_twice_and_loses_none_that_was_not_marked(
    room: Mailroom, when: str, first: list[str], later: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash tidies nothing: what the postman would still write down in its end is left out."""
    await room.reader("Bob")
    await post(room.scene)
    await room.planned()

    async def nothing(*_: Any) -> None:
        return

    with monkeypatch.context() as patch:
        patch.setattr("channel.notices.queue.Queue.release", nothing)
        with pytest.raises(KeyboardInterrupt):
            await room.hire(Dying(room, when)).round()
    assert [str(mail["To"]) for mail in room.relay.mails] == first
    room.read = len(room.relay.mails)
    assert await room.to() == [], "the lease holds"
    room.clock.forward(queue.LEASE_MS)
    assert await room.to() == later


async def test_a_stop_lets_the_next_one_begin_at_once(room: Mailroom) -> None:
    for name in ("Bob", "Carol"):
        await room.reader(name)
    await post(room.scene)
    await room.planned()
    with pytest.raises(KeyboardInterrupt):
        await room.hire(Dying(room, "before the mark")).round()
    assert await room.to() == ["bob@example.net", "carol@example.net"]


async def test_an_order_to_stop_is_obeyed_while_the_database_is_away(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.reader("Bob")
    await post(room.scene)
    await room.planned()

    async def away(*_: Any) -> None:
        raise Unavailable("The database cannot be reached.")

    class Stopped:
        async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
            raise asyncio.CancelledError

        async def close(self) -> None:
            return

    monkeypatch.setattr("channel.notices.queue.Queue.release", away)
    with pytest.raises(asyncio.CancelledError):
        await room.hire(Stopped()).run()


async def test_a_lease_that_was_lost_sends_nothing(room: Mailroom) -> None:
    await room.reader("Bob")
    await post(room.scene)
    await room.planned()

    class Slow:
        async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
            room.clock.forward(queue.LEASE_MS)
            async with room.db.write() as tx:
                assert await queue.LETTERS.claim(tx), "somebody else has it now"
            assert await write() is None
            return False

        async def close(self) -> None:
            return

    await room.hire(Slow()).round()


async def test_a_fault_in_one_letter_does_not_stop_the_others(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.reader("Bob")
    await room.reader("Carol")
    await post(room.scene)
    from channel.notify.posted.writing import write as real

    def faulty(desk: Any, envelope: Any, *more: Any) -> Any:
        if envelope.to == "bob@example.net":
            raise ValueError("a bug")
        return real(desk, envelope, *more)

    monkeypatch.setattr("channel.notify.posted.readers.write", faulty)
    assert await room.to() == ["carol@example.net"]
    monkeypatch.undo()
    room.clock.forward(MINUTE_MS)
    assert await room.to() == ["bob@example.net"]


async def crowd(room: Mailroom, many: int) -> None:
    """Members who chose letters, written straight into the tables: by the doors it would take minutes."""
    async with room.db.write(heavy=True) as tx:
        first = await create(tx, name="Pattern")
        pattern = (await tx.all(select(accounts).where(accounts.c.id == first.id)))[0]._asdict()
        people: list[dict[str, Any]] = []
        for number in range(many):
            account_id = f"00000000-0000-7000-8000-{number:012x}"
            people.append(
                pattern | {"id": account_id, "name": f"P{number}", "email": f"p{number}@example.net"}
            )
        await tx.run_many(accounts.insert(), people)
        owner = (await tx.all(select(memberships)))[0]._asdict()
        theirs = owner | {"role": "member", "tier_id": room.scene.free.id}
        await tx.run_many(memberships.insert(), [theirs | {"account_id": one["id"]} for one in people])
        rule = {"place": room.scene.community.id, "community_id": room.scene.community.id, "room_id": None}
        rule |= {"how": "instant", "chosen_at": tx.now}
        await tx.run_many(notice_rules.insert(), [rule | {"account_id": one["id"]} for one in people])


async def planned(room: Mailroom) -> Sequence[Any]:
    async with room.db.read() as tx:
        query = select(rows.c.account_id, func.count().label("many")).group_by(rows.c.account_id)
        return await tx.all(query)


async def test_two_thousand_are_planned_in_pieces_through_a_crash_none_twice_and_none_missed(
    room: Mailroom,
) -> None:
    await crowd(room, 2_000)
    made = await post(room.scene)
    handle = notices.planner(room.db, mail=True)
    for _ in range(4):
        async with room.db.write() as tx:
            [job] = await outbox.claim(tx, ["notices"], limit=1)
        await handle(job.event)
        async with room.db.write() as tx:
            await outbox.settle(tx, job)
    async with room.db.write() as tx:
        [job] = await outbox.claim(tx, ["notices"], limit=1)
    assert isinstance(job.event, NoticesDue)
    assert job.event.after.endswith(f"{4 * IN_A_JOB - 1:012x}"), "it goes on where it was"
    await handle(job.event)
    # The server dies here: the piece is written and its job is not settled, so it is done again after its lease.
    room.clock.forward(outbox.LEASE_MS)
    await Worker(room.db, {"notices": handle}).work_off()
    found = await planned(room)
    assert len(found) == 2_000
    assert {row.many for row in found} == {1}
    await planning.plan(room.db, NoticesDue(post_id=made.id))
    assert len(await planned(room)) == 2_000


async def test_without_mail_nothing_is_planned(room: Mailroom) -> None:
    await room.reader("Bob")
    await post(room.scene)
    await Worker(room.db, {"notices": notices.planner(room.db, mail=False)}).work_off()
    assert await room.states() == {}


async def test_letters_leave_no_faster_than_the_operator_allows(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Bob", "Carol", "Dora"):
        await room.reader(name)
    await post(room.scene)
    await room.planned()
    waited: list[float] = []
    real = asyncio.sleep

    async def noted(seconds: float) -> None:
        waited.append(seconds)
        await real(0)

    postman = Postman(room.db, room.sender().line, Desk(SITE, SECRET), rate=0.001)
    with monkeypatch.context() as patch:
        patch.setattr("channel.notify.posted.postman.asyncio.sleep", noted)
        await postman.round()
    assert len(room.relay.envelopes) == 3
    long = [seconds for seconds in waited if seconds > 500]
    assert len(long) == 2, "the first one at once, then one in 1,000 seconds"
    assert long[1] > 1_500
