"""Letters that come back: who is left alone from then on, who is told of it, and what nobody can bring about."""

import re

import pytest
from sqlalchemy import func, select

from channel import following
from channel.accounts import emails
from channel.following import actions as follow
from channel.following.tables import follow_troubles
from channel.incoming import bounces, keeping
from channel.incoming.tables import incoming_mail
from channel.notices.actions import pause
from channel.tasks import FollowersDue
from tests.incoming.postbox import Postbox, report
from tests.posts.writing import post

DAY_MS = 24 * 3_600_000


async def test_every_letter_has_a_return_path_of_its_own_that_names_nobody(box: Postbox) -> None:
    await box.room.reader("Bob"), await box.room.reader("Carol")
    await box.letter()
    paths = [str(one.mail_from) for one in box.room.relay.envelopes]
    assert len(set(paths)) == 2
    for path in paths:
        local, _, domain = path.partition("@")
        assert re.fullmatch(r"mail\+b[a-z2-7]{48}", local), path
        assert len(local) <= 64
        assert domain == "in.example.org"


@pytest.mark.parametrize(
    "name", ["postfix-hard", "exim-hard", "exim-old-hard", "exchange-hard", "gmail-hard", "qmail-hard"]
)
async def test_an_address_that_is_gone_is_left_alone_at_once(box: Postbox, name: str) -> None:
    bob, _ = await box.room.reader("Bob"), await box.room.reader("Carol")
    await box.room.choose(bob, "instant")
    await box.letter()
    path = next(str(one.mail_from) for one in box.room.relay.envelopes if one.rcpt_tos == ["bob@example.net"])
    assert await box.take(report(name, path), path.upper()), "mail servers change the case"
    assert await box.paused(bob) == "hard"
    await post(box.room.scene)
    assert await box.room.to(box.postman()) == ["carol@example.net"]


async def test_a_reader_who_complains_is_left_alone_wherever_the_complaint_comes(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.letter()
    assert await box.take(report("arf-complaint", box.return_path()), "mail@in.example.org")
    assert await box.paused(bob) == "complaint"


async def test_what_fails_for_now_counts_once_a_day_and_five_days_are_enough(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.letter()
    path = box.return_path()
    for day in range(5):
        assert not await box.paused(bob), day
        for again in range(3):
            mail = report("sendmail-soft", path).replace(b"4AS9pQ", f"{day}x{again}".encode())
            assert await box.take(mail, path)
        box.room.clock.forward(DAY_MS)
    assert await box.paused(bob) == "soft"


async def test_a_week_without_trouble_is_forgiven(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    for day in range(8):
        await box.letter(f"Day {day}")
        path = box.return_path()
        assert await box.take(report("sendmail-soft", path), path) or day
        box.room.clock.forward(8 * DAY_MS)
    assert not await box.paused(bob)


@pytest.mark.parametrize(
    "name",
    ["postfix-delayed", "postfix-none", "holiday-none", "person-none", "read-none", "arf-notspam-none"],
)
async def test_what_is_no_failure_of_the_mailbox_pauses_nobody(box: Postbox, name: str) -> None:
    bob = await box.room.reader("Bob")
    await box.letter()
    assert await box.take(report(name, box.return_path()), box.return_path())
    assert not await box.paused(bob)


async def test_a_forged_bounce_changes_nothing(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.letter()
    path = box.return_path()
    local, _, domain = path.partition("@")
    swapped = "a" if local[-3] != "a" else "b"
    for forged in (
        f"{local[:-3]}{swapped}{local[-2:]}@{domain}",
        f"{local[:-4]}@{domain}",
        f"mail+b{'a' * 48}@{domain}",
        f"mail+@{domain}",
    ):
        assert not await box.take(report("postfix-hard", forged), forged)
    foreign = f"{local}@elsewhere.example"
    with pytest.raises(Exception, match="no address of ours"):
        await box.take(report("postfix-hard", foreign), foreign)
    assert not await box.take(report("arf-complaint", "nobody@example.org"), box.addresses.base) or True
    assert not await box.paused(bob)
    box.room.clock.forward(30 * DAY_MS)
    assert not await box.take(report("postfix-hard", path), path), "too long ago"


async def test_a_report_about_an_old_address_says_nothing_of_the_new_one(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.letter()
    path = box.return_path()
    await box.room.address(bob, "bob@example.com")
    assert await box.take(report("postfix-hard", path), path)
    assert not await box.paused(bob)


async def test_the_same_mail_twice_is_one_and_nothing_of_it_is_kept(box: Postbox) -> None:
    await box.room.reader("Bob")
    await box.letter()
    path = box.return_path()
    assert await box.take(report("postfix-hard", path), path)
    again = b"Received: by a second delivery\n" + report("postfix-hard", path)
    assert not await box.take(again, path)
    async with box.room.db.read() as tx:
        rows = await tx.all(select(incoming_mail))
        assert [bytes(row.raw) for row in rows] == [b""]
    box.room.clock.forward(8 * DAY_MS)
    async with box.room.db.write() as tx:
        await keeping.sweep(tx)
        assert await tx.value(select(func.count()).select_from(incoming_mail)) == 0


async def test_the_creator_learns_a_number_and_the_operator_who_it_is(box: Postbox) -> None:
    bob, _ = await box.room.reader("Bob"), await box.room.reader("Carol")
    await box.room.choose(bob, "instant")
    async with box.room.db.read() as tx:
        assert await bounces.count(tx, box.room.scene.community.id) == 0
    await box.letter()
    path = next(str(one.mail_from) for one in box.room.relay.envelopes if one.rcpt_tos == ["bob@example.net"])
    await box.take(report("postfix-hard", path), path)
    async with box.room.db.read() as tx:
        assert await bounces.count(tx, box.room.scene.community.id) == 1
        assert [(one.account.id, one.why) for one in await bounces.paused(tx)] == [(bob.id, "hard")]
    async with box.room.db.write() as tx:
        await bounces.confirmed(tx, bob)
        assert await bounces.count(tx, box.room.scene.community.id) == 0


async def test_a_link_to_confirm_goes_to_a_paused_address_and_to_no_other_that_is_proven(
    box: Postbox,
) -> None:
    bob = await box.room.reader("Bob")
    for paused in (False, True):
        async with box.room.db.write() as tx:
            if paused:
                await pause(tx, bob.id, "bob@example.net", "hard")
            await emails.ask_email_proof(tx, bob.id, "bob@example.net", "en")
        await box.work()
        assert len(box.room.relay.mails) == int(paused)


@pytest.mark.parametrize(
    ("name", "kept", "rests"),
    [("postfix-hard", True, True), ("arf-complaint", False, False), ("sendmail-soft", True, False)],
)
async def test_who_follows_without_an_account_is_left_alone_too(
    box: Postbox, name: str, kept: bool, rests: bool
) -> None:
    scene = box.room.scene
    async with box.room.db.write() as tx:
        wish = following.Wish(scene.community.id, "zoe@example.net", "instant", "en")
        zoe = await follow.confirm(tx, await follow.confirmation(tx, wish))
    made = await post(scene)
    await following.plan(box.room.db, FollowersDue(post_id=made.id))
    await box.postman().round()
    path = next(str(one.mail_from) for one in box.room.relay.envelopes if one.rcpt_tos == ["zoe@example.net"])
    assert await box.take(report(name, path), path)
    async with box.room.db.read() as tx:
        found = await following.count(tx, scene.community.id)
        assert found == int(kept)
        assert not kept or (await following.one(tx, zoe.id)).rests(tx.now) == rests


async def test_who_follows_without_an_account_is_left_alone_after_five_days_of_trouble(box: Postbox) -> None:
    scene = box.room.scene
    async with box.room.db.write() as tx:
        wish = following.Wish(scene.community.id, "zoe@example.net", "instant", "en")
        zoe = await follow.confirm(tx, await follow.confirmation(tx, wish))
    path = box.addresses.bounces(zoe.id, zoe.email, box.room.clock())

    async def trouble(day: int, *, times: int = 1) -> bool:
        """Reports of one day come in; whether it rests from then on."""
        for again in range(times):
            mail = report("sendmail-soft", path).replace(b"4AS9pQ", f"{day}x{again}".encode())
            assert await box.take(mail, path)
        box.room.clock.forward(DAY_MS)
        async with box.room.db.write() as tx:
            await keeping.sweep(tx)
            return (await following.one(tx, zoe.id)).rests(tx.now)

    for day in range(4):
        assert not await trouble(day, times=3), day
    box.room.clock.forward(8 * DAY_MS)
    for day in range(5, 9):
        assert not await trouble(day), f"{day}: a week without trouble is forgiven"
    assert await trouble(9)
    async with box.room.db.write() as tx:
        assert await tx.all(select(follow_troubles)) == [], "counted anew"
        await follow.try_again(tx, zoe.id)
        assert not (await following.one(tx, zoe.id)).rests(tx.now)
