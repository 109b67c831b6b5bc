"""Asking: once each, by those who may, while it is asked for."""

import asyncio

import pytest
from sqlalchemy import func, select

from channel import posts
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.events import PostEdited, PromptEnds, room_stream
from channel.members import actions as members
from channel.members import governing
from channel.outbox import events_since, jobs
from channel.questions import Question, Terms, Words, actions, moderating, prompts, queries
from channel.questions.model import MAX_OPEN
from channel.questions.tables import questions
from channel.storage import Database
from tests.cast import creator, person
from tests.conftest import Clock
from tests.questions.asking import ask, box, now, prompt, vote
from tests.questions.counting import counted
from tests.topics.talking import group, say

DAY_MS = 24 * 3600 * 1000


async def test_a_question_is_what_was_asked(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    made = await ask(anna, bob, where, "  Why *blue*?  ", show_name=False)
    assert (made.text, made.show_name, made.state, made.votes) == ("Why *blue*?", False, "open", 0)
    assert (await now(anna, made)) == made
    async with db.read() as tx:
        assert (await queries.prompt(tx, where.post_id)).questions == 1
    await counted(db)


async def test_twenty_at_once_with_one_key_are_one_question(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)

    async def send() -> tuple[Question, bool]:
        async with db.write() as tx:
            by = await anna.by(tx, bob)
            return await actions.ask(tx, by, bob, where, Words.parse("Why?", show_name=True), key="same")

    answers = await asyncio.gather(*(send() for _ in range(20)))
    assert sum(created for _, created in answers) == 1
    assert len({made.id for made, _ in answers}) == 1
    await counted(db)


async def test_without_a_key_the_same_words_are_the_same_question_until_taken_back(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    key = actions.key_of(where, Words.parse("Why?", show_name=True))
    first = await ask(anna, bob, where, key=key)
    async with db.write() as tx:
        again, created = await actions.ask(
            tx, await anna.by(tx, bob), bob, where, Words.parse("Why?", show_name=True), key=key
        )
        assert (again, created) == (first, False)
        await actions.withdraw(tx, await anna.by(tx, bob), first)
    assert (await ask(anna, bob, where, key=key)).id != first.id


@pytest.mark.parametrize("who", ["outsider", "nobody", "muted", "low"])
async def test_who_may_not_ask_is_told_why(db: Database, who: str) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 10)
    bob = await anna.member("bob")
    where = await prompt(anna, asks_rank=10 if who == "low" else None)
    if who == "muted":
        async with db.write() as tx:
            await members.mute(tx, await anna.by(tx, anna.owner), anna.community, bob.id, reason="Loud")
    asker = bob if who in ("muted", "low") else await person(db)
    async with db.write() as tx:
        by = await anna.by(tx, None if who == "nobody" else asker)
        with pytest.raises(Forbidden) as refused:
            await actions.ask(tx, by, asker, where, Words.parse("Why?", show_name=True))
    code = {"muted": "muted", "low": "tier_too_low"}.get(who, "forbidden")
    assert refused.value.code == code


async def test_what_is_closed_to_somebody_takes_no_questions_of_theirs(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 10)
    bob = await anna.member("bob")
    hidden = await prompt(anna, "For gold", min_rank=10)
    vault = await prompt(anna, room=await anna.room("vault", min_rank=10))
    for where in (hidden, vault):
        async with db.write() as tx:
            with pytest.raises(Forbidden):
                await actions.ask(tx, await anna.by(tx, bob), bob, where, Words.parse("Why?", show_name=True))
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(questions)) == 0


async def test_a_prompt_is_over_at_its_time_and_not_before(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    until = clock.now_ms + DAY_MS
    where = await prompt(anna, open_until=until)
    made = await ask(anna, bob, where)
    clock.forward(DAY_MS - 1)
    await ask(anna, bob, where, "And now?")
    async with db.write() as tx:
        await prompts.end_due(tx, PromptEnds(post_id=where.post_id, at=until))
        assert (await queries.prompt(tx, where.post_id)).closed_at is None
    clock.forward(1)
    with pytest.raises(Conflict) as late:
        await ask(anna, bob, where, "Too late?")
    assert late.value.code == "prompt_closed"
    with pytest.raises(Conflict):
        await vote(anna, await anna.member("eve"), made)
    async with db.write() as tx:
        await prompts.end_due(tx, PromptEnds(post_id=where.post_id, at=until))
        await prompts.end_due(tx, PromptEnds(post_id=where.post_id, at=until))
        ended = await queries.prompt(tx, where.post_id)
        logged = await events_since(tx, room_stream(anna.news.id), 0)
    assert ended.closed_at == clock.now_ms
    assert [type(row.event) for row in logged].count(PostEdited) == 1


async def test_a_prompt_can_be_ended_and_begun_again(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    async with db.read() as tx:
        post = await posts.one(tx, where.post_id)
    async with db.write() as tx:
        ended = await prompts.end(tx, await anna.by(tx, anna.owner), post)
    assert ended.closed_at is not None
    with pytest.raises(Conflict):
        await ask(anna, bob, where)
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await prompts.ask_for(tx, await anna.by(tx, bob), post, Terms.parse(tx.now))
        await prompts.ask_for(tx, await anna.by(tx, anna.owner), post, Terms.parse(tx.now))
        where = await queries.prompt(tx, where.post_id)
    await ask(anna, bob, where)


async def test_the_box_takes_questions_only_while_it_is_on(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    async with db.read() as tx:
        closed = await queries.box(tx, anna.community.id)
    with pytest.raises(NotFound):
        await ask(anna, bob, closed)
    opened = await box(anna)
    made = await ask(anna, bob, opened)
    assert made.prompt_id is None
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await prompts.set_box(tx, await anna.by(tx, bob), anna.community, on=False)
    with pytest.raises(NotFound):  # nobody sees what others ask there
        await vote(anna, await anna.member("eve"), made)


async def test_ten_may_wait(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    made = [await ask(anna, bob, where, f"Why {n}?") for n in range(MAX_OPEN)]
    with pytest.raises(Conflict) as full:
        await ask(anna, bob, where, "One more?")
    assert full.value.code == "too_many_questions"
    async with db.write() as tx:
        await actions.withdraw(tx, await anna.by(tx, bob), made[0])
    await ask(anna, bob, where, "One more?")
    await counted(db)


async def test_a_question_is_changed_once_and_only_by_who_asked(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    made = await ask(anna, bob, await prompt(anna))
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await actions.reword(tx, await anna.by(tx, anna.owner), made, Words.parse("Ha", show_name=True))
        with pytest.raises(Forbidden):
            await actions.withdraw(tx, await anna.by(tx, eve), made)
        changed = await actions.reword(tx, await anna.by(tx, bob), made, Words.parse("How?", show_name=False))
        assert (changed.text, changed.show_name) == ("How?", False)
        with pytest.raises(Conflict) as twice:
            await actions.reword(tx, await anna.by(tx, bob), changed, Words.parse("Who?", show_name=False))
    assert twice.value.code == "edited_already"


async def test_what_was_taken_back_leaves_no_words(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    made = await ask(anna, bob, await prompt(anna))
    await vote(anna, eve, made)
    for _ in range(2):
        async with db.write() as tx:
            await actions.withdraw(tx, await anna.by(tx, bob), made)
    after = await now(anna, made)
    assert (after.text, after.state, after.votes) == ("", "withdrawn", 0)
    await counted(db)


async def test_rubbish_is_put_aside_and_can_be_taken_back_in(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    made = await ask(anna, bob, await prompt(anna))
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await moderating.set_spam(tx, await anna.by(tx, bob), made, spam=True)
        owner = await anna.by(tx, anna.owner)
        assert (await moderating.set_spam(tx, owner, made, spam=True)).state == "spam"
    await counted(db)
    async with db.write() as tx:
        assert (
            await moderating.set_spam(tx, await anna.by(tx, anna.owner), made, spam=False)
        ).state == "open"
    await counted(db)


async def test_the_end_is_planned_with_the_prompt(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    where = await prompt(anna, open_until=clock.now_ms + DAY_MS)
    async with db.read() as tx:
        due = [row.due_at for row in await tx.all(select(jobs).where(jobs.c.kind == PromptEnds.kind))]
    assert due == [where.open_until]


async def test_a_closed_community_takes_no_questions(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    where = await prompt(anna)
    async with db.write() as tx:
        await governing.close(tx, await anna.by(tx, anna.owner), anna.community)
    with pytest.raises(Forbidden) as refused:
        await ask(anna, bob, where)
    assert refused.value.code == "community_closed"


async def test_nobody_asks_for_questions_in_a_group(db: Database) -> None:
    anna = await creator(db)
    said = await say(anna, await group(anna))
    async with db.write() as tx:
        with pytest.raises(Invalid, match="asked in its topics"):
            await prompts.ask_for(tx, await anna.by(tx, anna.owner), said, Terms.parse(tx.now))
