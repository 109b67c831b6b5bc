"""Answers to letters become comments of whom the letter went to, by the rules of the page, or come back with a reason."""

import pytest

from channel.accounts import suspend
from channel.members import actions
from tests.comments import saying
from tests.incoming.postbox import Postbox, written
from tests.notify.relay import plain
from tests.posts.writing import post, remove

HOUR_MS = 3_600_000


async def test_an_answer_becomes_a_comment_with_only_what_was_written(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    mail = written("How hot?\r\n\r\nOn Sat, 28 Nov 2026, Channel wrote:\r\n> The kiln is hot.\r\n")
    assert await box.take(mail, box.reply_to())
    [comment] = await box.said(made)
    assert (comment.text, comment.author.id, comment.state) == ("How hot?", bob.id, "shown")
    assert box.told == [(box.room.scene.news.id, made.id)]
    assert not await box.take(mail, box.reply_to()), "handed over twice"
    assert len(await box.said(made)) == 1
    assert await box.answers() == []


async def test_nothing_can_be_answered_unless_the_room_allows_it(box: Postbox) -> None:
    await box.room.reader("Bob")
    await box.letter()
    assert box.reply_to() == ""
    await box.answerable()
    made = await box.letter()
    where = box.reply_to()
    assert where
    words = plain(box.room.relay.mails[-1])
    assert "Answer this mail" in words
    assert "attach do not come along" in words
    await box.answerable(False)
    await box.take(written("How hot?"), where)
    assert await box.said(made) == []
    [told] = await box.answers()
    assert "are not taken in this room" in told
    assert "How hot?" in told


async def test_a_locked_post_and_a_digest_are_answered_nowhere(box: Postbox) -> None:
    gold = await box.room.scene.tier("Gold", 10)
    await box.room.reader("Bob")
    await box.answerable()
    await post(box.room.scene, "Secret glaze", min_rank=gold.rank)
    await box.room.brought(box.postman())
    assert box.reply_to() == ""
    await post(box.room.scene, "One")
    await post(box.room.scene, "Two")
    await box.room.brought(box.postman())
    assert box.reply_to() == ""


async def test_an_answer_from_another_address_is_told_to_its_owner_and_nobody_else(box: Postbox) -> None:
    await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    await box.take(written("I am Bob!", sender="mallory@example.com"), box.reply_to())
    assert await box.said(made) == []
    [told] = await box.answers()
    assert told.startswith("bob@example.net")
    assert "another address" in told


async def test_a_refused_answer_keeps_its_words_and_is_told_once_an_hour(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    async with box.room.db.write() as tx:
        scene = box.room.scene
        await actions.mute(tx, await scene.by(tx, scene.owner), scene.community, bob.id)
    where = box.reply_to()
    for number in range(8):
        await box.take(written(f"Number {number}", name=str(number)), where)
    for number in range(6):
        [told] = await box.answers()
        assert f"Number {number}" in told
        assert await box.answers() == [], "one an hour"
        box.room.clock.forward(HOUR_MS + 1)
    assert await box.answers() == [], "and no more than five wait for theirs"
    assert await box.said(made) == []
    await box.take(written("Number 9", name="9"), where)
    assert ["Number 9" in one for one in await box.answers()] == [True]


@pytest.mark.parametrize(
    "more",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=1"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"List_Id": "<a.example>"},
        {"From": "MAILER-DAEMON@example.net"},
        {"From": ""},
        {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
    ],
)
async def test_what_a_program_wrote_is_no_comment_and_never_answered(
    box: Postbox, more: dict[str, str]
) -> None:
    await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    assert await box.take(written("I am away.", **more), box.reply_to())
    assert await box.said(made) == []
    assert await box.answers() == []


async def test_the_rules_of_the_page_hold(box: Postbox) -> None:
    await box.room.reader("Bob")
    await box.answerable()
    await saying.rule(box.room.scene, comment_first_held=True)
    made = await box.letter()
    await box.take(written("First!"), box.reply_to())
    [comment] = await box.said(made)
    assert comment.state == "held"
    await saying.rule(box.room.scene, comments=False)
    await box.take(written("Second!", name="2"), box.reply_to())
    assert len(await box.said(made)) == 1
    assert ["switched off" in one for one in await box.answers()] == [True]


async def test_too_long_an_answer_and_an_empty_one_come_back(box: Postbox) -> None:
    await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    where = box.reply_to()
    await box.take(written("hot " * 2_000), where)
    [told] = await box.answers()
    assert "hot hot" in told
    box.room.clock.forward(HOUR_MS + 1)
    await box.take(written("> The kiln is hot.", name="2"), where)
    [told] = await box.answers()
    assert "no words of your own" in told
    assert await box.said(made) == []


async def test_whoever_answers_too_often_is_told_to_wait(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    box.busy.add(bob.id)
    await box.take(written("Again!"), box.reply_to())
    assert await box.said(made) == []
    assert ["within an hour" in one for one in await box.answers()] == [True]


async def test_a_post_or_a_person_that_is_gone_takes_nothing(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    where = box.reply_to()
    await remove(box.room.scene, made)
    await box.take(written("Gone?"), where)
    assert len(await box.answers()) == 1
    made = await box.letter("Another")
    where = box.reply_to()
    async with box.room.db.write() as tx:
        await suspend(tx, bob.id)
    await box.take(written("Me?", name="2"), where)
    assert await box.said(made) == []
    assert await box.answers() == []


@pytest.mark.parametrize(
    ("has", "sends"),
    [
        ("bob+channel@example.net", "Bob@Example.net"),
        ("bob.b@googlemail.com", "bobb+x@gmail.com"),
        ("bob@xn--bcher-kva.example", "bob@bücher.example"),
    ],
)
async def test_an_answer_may_come_from_another_spelling_of_the_same_mailbox(
    box: Postbox, has: str, sends: str
) -> None:
    bob = await box.room.reader("Bob")
    await box.room.address(bob, has)
    await box.answerable()
    made = await box.letter()
    await box.take(written("How hot?", sender=sends), box.reply_to())
    assert [one.text for one in await box.said(made)] == ["How hot?"]


@pytest.mark.parametrize(
    "more",
    [
        {"Subject": "Automatische Antwort: Kiln"},
        {"Subject": "Abwesenheitsnotiz: Kiln"},
        {"Subject": "Out of Office: Kiln"},
        {"Subject": "=?utf-8?q?R=C3=A9ponse_automatique?= : Kiln"},
        {"Precedence": "auto-reply"},
        {"X-Autoreply-From": "bob@example.net"},
        {"X-Mail-Autoreply": "autoreply"},
        {"Auto-Submitted": "auto-replied (vacation)"},
    ],
)
async def test_a_note_of_absence_is_no_comment_whatever_it_says_it_is_by(
    box: Postbox, more: dict[str, str]
) -> None:
    await box.room.reader("Bob")
    await box.answerable()
    made = await box.letter()
    heads = {"Subject": "Re: Kiln"} | more
    away = written(
        "I am away until Monday.", **{key.replace("-", "_"): value for key, value in heads.items()}
    )
    await box.take(away, box.reply_to())
    assert await box.said(made) == []
    assert await box.answers() == []
    await box.take(written("Out?", name="2", Subject="Re: Out of office"), box.reply_to())
    assert len(await box.said(made)) == 1, "a person's answer to a post of that name"
