"""Answering: a post, told to all who asked, of what they may read."""

import asyncio

import pytest

from channel import posts
from channel.errors import Conflict, Forbidden
from channel.events import QuestionAnswered, account_stream
from channel.members import Role
from channel.outbox import events_since
from channel.posts.model import Draft
from channel.questions import Words, actions, answering
from channel.storage import Database
from tests.cast import Scene, creator
from tests.questions.asking import answer, ask, merge, now, prompt, vote
from tests.questions.counting import counted


async def told(scene: Scene, who: object) -> list[QuestionAnswered]:
    async with scene.db.read() as tx:
        logged = await events_since(tx, account_stream(who.id), 0)  # type: ignore[attr-defined]
    return [row.event for row in logged if isinstance(row.event, QuestionAnswered)]


async def test_an_answer_is_a_post_and_all_who_asked_are_told(db: Database) -> None:
    anna = await creator(db)
    bob, eve, kim = [await anna.member(name) for name in ("bob", "eve", "kim")]
    where = await prompt(anna)
    one, double = await ask(anna, bob, where, "Why blue?"), await ask(anna, eve, where, "Why the blue?")
    await vote(anna, kim, one)
    await merge(anna, one, double)
    post = await answer(anna, one, "Because of the **sea**.")
    assert post.text == "> Why blue?\n>\n> – bob\n\nBecause of the **sea**."
    after = await now(anna, one)
    assert (after.state, after.answer and after.answer.post_id) == ("answered", post.id)
    merged = await now(anna, double)
    assert (merged.fate, merged.answer and merged.answer.post_id) == ("answered", post.id)
    event = {"community_id": anna.community.id, "question_id": one.id, "post_id": post.id}
    for who in (bob, eve):
        assert await told(anna, who) == [QuestionAnswered(account_id=who.id, **event)]
    assert await told(anna, kim) == []
    await counted(db)


async def test_a_name_that_is_not_shown_is_in_no_post(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    made = await ask(anna, bob, await prompt(anna), show_name=False)
    assert "bob" not in (await answer(anna, made)).text


async def test_an_answer_that_was_sent_twice_is_one(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    made, other = await ask(anna, bob, where), await ask(anna, bob, where, "How?")
    answers = await asyncio.gather(*(answer(anna, made, key="same") for _ in range(8)))
    assert len({post.id for post in answers}) == 1
    assert len(await told(anna, bob)) == 1
    for question, key in ((made, "another"), (other, "same")):
        with pytest.raises(Conflict):
            await answer(anna, question, key=key)
    assert (await now(anna, other)).state == "open"


async def test_a_name_withdrawn_while_the_answer_is_written_stays_out(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    made = await ask(anna, bob, await prompt(anna))
    asked = answering.about(made)
    rendered = await posts.prepare(Draft.parse(answering.quoting(asked, "So.")), rooms={})
    async with db.write() as tx:
        await actions.reword(tx, await anna.by(tx, bob), made, Words.parse(made.text, show_name=False))
    async with db.write() as tx:
        with pytest.raises(Conflict) as refused:
            reply = answering.Reply(asked, anna.news, rendered)
            await answering.answer(tx, await anna.by(tx, anna.owner), anna.owner, anna.community, reply)
    assert refused.value.code == "edited_meanwhile"


async def test_an_answer_that_who_asked_cannot_read_is_asked_about_first(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 10)
    bob = await anna.member("bob")
    made = await ask(anna, bob, await prompt(anna))
    for more in ({"min_rank": 10}, {"room": await anna.room("vault", min_rank=10)}):
        with pytest.raises(Conflict) as refused:
            await answer(anna, made, **more)  # type: ignore[arg-type]
        assert refused.value.code == "asker_locked_out"
    assert (await answer(anna, made, min_rank=10, anyway=True)).min_rank == 10


async def test_who_only_moderates_does_not_answer(db: Database) -> None:
    anna = await creator(db)
    mod = await anna.member("mod", role=Role.MODERATOR)
    made = await ask(anna, await anna.member("bob"), await prompt(anna))
    with pytest.raises(Forbidden):
        await answer(anna, made, by=mod)
