"""Answers to letters that go to the team alone: where the creator wants it so, or where nobody comments."""

import pytest

from channel.members import actions, joining
from tests.comments import saying
from tests.incoming.postbox import Postbox, written
from tests.notify.relay import plain
from tests.posts.writing import remove

PUBLIC, PRIVATE = "stands under the post as a comment", "and to nobody else"


def _says(box: Postbox) -> str:
    """The last letter as text."""
    return plain(box.room.relay.mails[-1])


async def test_an_answer_goes_to_the_inbox_where_the_room_says_so(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.box()
    await box.answerable(to="inbox")
    made = await box.letter()
    assert PRIVATE in _says(box)
    assert PUBLIC not in _says(box)
    mail = written("How hot?\r\n\r\nOn Sat, 28 Nov 2026, Channel wrote:\r\n> The kiln is hot.\r\n")
    assert await box.take(mail, box.reply_to())
    assert await box.said(made) == []
    [said] = await box.messages(bob)
    head, _, text = said.partition("\n\n")
    assert head.endswith(f"/@anna/news/{made.seq})")
    assert text == "How hot?"
    assert box.told == [], "nobody hears of a comment"
    assert await box.waiting() == ["message"]
    assert not await box.take(mail, box.reply_to()), "handed over twice"
    assert len(await box.messages(bob)) == 1
    assert await box.answers() == []


async def test_who_may_not_comment_writes_to_the_inbox_and_the_letter_says_so(box: Postbox) -> None:
    gold = await box.room.scene.tier("Gold", 10)
    bob = await box.room.reader("Bob")
    await box.box()
    await box.answerable()
    await box.letter()
    assert PUBLIC in _says(box)
    await saying.rule(box.room.scene, comment_rank=gold.rank)
    made = await box.letter("Another")
    assert PRIVATE in _says(box)
    await box.take(written("For you."), box.reply_to())
    await saying.rule(box.room.scene, comments=False)
    made_later = await box.letter("A third")
    assert PRIVATE in _says(box)
    await box.take(written("For you, too.", name="2"), box.reply_to())
    assert [*await box.said(made), *await box.said(made_later)] == []
    assert [one.rpartition("\n")[2] for one in await box.messages(bob)] == ["For you.", "For you, too."]


async def test_what_was_called_private_never_becomes_public(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.box()
    await box.answerable(to="inbox")
    made = await box.letter()
    where = box.reply_to()
    await box.answerable(to="comment")
    await box.take(written("A secret."), where)
    assert await box.said(made) == []
    assert len(await box.messages(bob)) == 1
    await box.box(on=False)
    await box.take(written("Another.", name="2"), where)
    assert await box.said(made) == []
    assert ["take no messages" in one for one in await box.answers()] == [True]


async def test_what_was_to_be_a_comment_is_a_message_once_nobody_comments_any_more(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.box()
    await box.answerable()
    made = await box.letter()
    where = box.reply_to()
    await saying.rule(box.room.scene, comments=False)
    await box.take(written("How hot?"), where)
    assert await box.said(made) == []
    assert len(await box.messages(bob)) == 1
    assert await box.answers() == []


@pytest.mark.parametrize("to", ["comment", "inbox"])
async def test_where_neither_is_taken_a_letter_offers_nothing(box: Postbox, to: str) -> None:
    gold = await box.room.scene.tier("Gold", 10)
    await box.room.reader("Bob")
    await box.box(min_rank=gold.rank)
    await box.answerable(to=to)
    await saying.rule(box.room.scene, comments=False)
    await box.letter()
    assert box.reply_to() == ""
    assert PUBLIC not in _says(box)
    assert PRIVATE not in _says(box)


async def test_a_comment_that_is_refused_says_why_where_no_message_can_be_sent(box: Postbox) -> None:
    bob = await box.room.reader("Bob")
    await box.answerable()
    await box.letter()
    where = box.reply_to()
    await saying.rule(box.room.scene, comments=False)
    await box.take(written("How hot?"), where)
    assert await box.messages(bob) == []
    assert ["switched off" in one for one in await box.answers()] == [True]


@pytest.mark.parametrize(
    "why", ["muted", "banned", "left", "deleted", "lapsed", "sender", "empty", "busy", "program"]
)
async def test_the_checks_of_comments_hold_for_messages(box: Postbox, why: str) -> None:
    scene = box.room.scene
    gold = await scene.tier("Gold", 10)
    bob = await box.room.reader("Bob", tier=gold)
    await box.box()
    await box.answerable(to="inbox")
    made = await box.letter() if why != "lapsed" else await box.letter(min_rank=gold.rank)
    where, sender, text = box.reply_to(), "bob@example.net", "How hot?"
    assert where
    more: dict[str, str] = {}
    async with box.room.db.write() as tx:
        anna = await scene.by(tx, scene.owner)
        match why:
            case "muted":
                await actions.mute(tx, anna, scene.community, bob.id)
            case "banned":
                await actions.ban(tx, anna, scene.community, bob.id)
            case "left":
                await joining.leave(tx, bob.id, scene.community)
            case "lapsed":
                await actions.give_tier(tx, anna, scene.community, [bob.id], scene.free.id)
    match why:
        case "deleted":
            await remove(scene, made)
        case "sender":
            sender = "mallory@example.com"
        case "empty":
            text = "> The kiln is hot."
        case "busy":
            box.busy.add(bob.id)
        case "program":
            more = {"Auto_Submitted": "auto-replied"}
    await box.take(written(text, sender=sender, **more), where)
    assert await box.messages(bob) == []
    assert await box.said(made) == []
    assert len(await box.answers()) == (0 if why == "program" else 1)
