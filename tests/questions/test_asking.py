"""Asking, voting, merging, answering: once each, by those who may, and counted as the rows are."""

import asyncio
import random

import pytest
from sqlalchemy import func, select

from channel import posts
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.events import PostEdited, PromptEnds, QuestionAnswered, account_stream, room_stream
from channel.members import Role, governing
from channel.members import actions as members
from channel.outbox import events_since, jobs
from channel.posts.model import Draft
from channel.questions import Question, Terms, Words, actions, answering, moderating, prompts, queries
from channel.questions.model import MAX_OPEN
from channel.questions.tables import prompts as prompt_table
from channel.questions.tables import questions, votes
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.questions.asking import answer, ask, box, merge, now, prompt, unvote, vote
from tests.topics.talking import group, say

DAY_MS = 24 * 3600 * 1000


async def counted(db: Database) -> None:
    """Every stored number is the number of rows it counts."""
    async with db.read() as tx:
        rows = (await tx.all(select(questions.c.id, questions.c.votes, questions.c.state))) or []
        for row in rows:
            number = await tx.value(
                select(func.count()).select_from(votes).where(votes.c.question_id == row.id)
            )
            assert number == row.votes, row
            assert row.votes == 0 or row.state in ("open", "answered", "spam"), row
        for row in await tx.all(select(prompt_table.c.post_id, prompt_table.c.questions)):
            listed = select(func.count()).select_from(questions)
            listed = listed.where(
                questions.c.prompt_id == row.post_id, questions.c.state.in_(["open", "answered"])
            )
            assert await tx.value(listed) == row.questions, row
        own = select(func.count()).select_from(votes.join(questions, questions.c.id == votes.c.question_id))
        assert await tx.value(own.where(questions.c.author_id == votes.c.account_id)) == 0, (
            "a vote for oneself"
        )


async def told(scene: Scene, who: object) -> list[QuestionAnswered]:
    async with scene.db.read() as tx:
        logged = await events_since(tx, account_stream(who.id), 0)  # type: ignore[attr-defined]
    return [row.event for row in logged if isinstance(row.event, QuestionAnswered)]


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


async def test_a_vote_is_one_of_each_person_and_not_ones_own(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    made = await ask(anna, bob, await prompt(anna))
    assert [await vote(anna, eve, made) for _ in range(3)] == [True, False, False]
    with pytest.raises(Conflict) as own:
        await vote(anna, bob, made)
    assert own.value.code == "own_question"
    assert (await now(anna, made)).votes == 1
    assert [await unvote(anna, eve, made) for _ in range(2)] == [True, False]
    await counted(db)


@pytest.mark.parametrize("terms", [{"votes": False}, {"shown": "answered"}])
async def test_there_are_no_votes_where_nobody_sees_or_wants_them(
    db: Database, terms: dict[str, object]
) -> None:
    anna = await creator(db)
    made = await ask(anna, await anna.member("bob"), await prompt(anna, **terms))
    with pytest.raises(Conflict) as refused:
        await vote(anna, await anna.member("eve"), made)
    assert refused.value.code == "no_votes"


async def test_merging_unites_the_votes_one_of_each_person(db: Database) -> None:
    anna = await creator(db)
    people = [await anna.member(name) for name in ("bob", "eve", "kim", "lou")]
    bob, eve, kim, lou = people
    where = await prompt(anna)
    target, double = await ask(anna, bob, where), await ask(anna, eve, where, "Why so?")
    for who, what in ((kim, target), (kim, double), (lou, double), (bob, double), (eve, target)):
        await vote(anna, who, what)
    merged = await merge(anna, target, double)
    assert merged.votes == 3, "kim once, lou, and eve who asked the same; not bob, whose own it is"
    assert (await now(anna, double)).state == "merged"
    assert await vote(anna, await anna.member("max"), double), (
        "who has an old page votes for the one that is left"
    )
    assert (await now(anna, target)).votes == 4
    await counted(db)


async def test_only_open_ones_of_one_place_are_merged_by_who_may(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    editor = await anna.member("ed", role=Role.EDITOR)
    where = await prompt(anna)
    one, other = await ask(anna, bob, where), await ask(anna, eve, where)
    elsewhere = await ask(anna, eve, await prompt(anna, "Another"))
    for target, double, by, error in (
        (one, elsewhere, None, Invalid), (one, one, None, Invalid), (one, other, editor, Forbidden),
        (one, other, bob, Forbidden),
    ):  # fmt: skip
        with pytest.raises(error):
            await merge(anna, target, double, by=by)
    await answer(anna, other)
    with pytest.raises(Conflict):
        await merge(anna, one, other)
    await counted(db)


async def test_when_the_one_that_is_left_is_taken_back_the_next_stands_for_it(db: Database) -> None:
    anna = await creator(db)
    bob, eve, kim = [await anna.member(name) for name in ("bob", "eve", "kim")]
    where = await prompt(anna)
    first, second, third = [await ask(anna, who, where, f"Why, {who.name}?") for who in (bob, eve, kim)]
    await merge(anna, first, second, third)
    async with db.write() as tx:
        await actions.withdraw(tx, await anna.by(tx, bob), first)
    second, third = sorted((second, third), key=lambda one: one.id)  # of one moment, so in no order
    heir = await now(anna, second)
    assert (heir.state, heir.votes) == ("open", 1)
    assert (await now(anna, third)).merged_into == second.id
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


@pytest.mark.parametrize("seed", range(4))
async def test_numbers_are_those_of_the_rows_after_anything_at_once(db: Database, seed: int) -> None:
    """Votes, merges, answers, withdrawals and rubbish, in whatever order they come through."""
    anna = await creator(db)
    people = [await anna.member(f"m{n}") for n in range(6)]
    where = await prompt(anna)
    made = [await ask(anna, people[n % 6], where, f"Why {n}?") for n in range(10)]
    dice = random.Random(seed)

    async def something() -> None:
        who, one, other = dice.choice(people), dice.choice(made), dice.choice(made)
        act = dice.choice(
            ["vote"] * 8 + ["unvote"] * 2 + ["merge"] * 4 + ["withdraw", "spam", "answer", "ask"]
        )
        try:
            match act:
                case "vote":
                    await vote(anna, who, one)
                case "unvote":
                    await unvote(anna, who, one)
                case "merge":
                    await merge(anna, one, other)
                case "withdraw":
                    async with db.write() as tx:
                        author = await anna.by(tx, one.author)
                        await actions.withdraw(tx, author, await queries.one(tx, one.id))
                case "spam":
                    async with db.write() as tx:
                        owner = await anna.by(tx, anna.owner)
                        await moderating.set_spam(tx, owner, one, spam=dice.random() < 0.5)
                case "answer":
                    await answer(anna, one)
                case _:
                    made.append(await ask(anna, who, where, f"Why {dice.random()}?"))
        except ChannelError:
            pass  # somebody was faster, or may not: neither may leave a wrong number

    for _ in range(6):
        await asyncio.gather(*(something() for _ in range(20)))
        await counted(db)
    async with db.read() as tx:
        states = {row.state for row in await tx.all(select(questions.c.state))}
        assert await tx.value(select(func.count()).select_from(votes)) > 0
    assert "merged" in states, "the premise: something was merged"


async def test_nobody_asks_for_questions_in_a_group(db: Database) -> None:
    anna = await creator(db)
    said = await say(anna, await group(anna))
    async with db.write() as tx:
        with pytest.raises(Invalid, match="asked in its topics"):
            await prompts.ask_for(tx, await anna.by(tx, anna.owner), said, Terms.parse(tx.now))
