"""Voting and merging: one vote of each person, and numbers that are those of the rows."""

import asyncio
import random

import pytest
from sqlalchemy import func, select

from channel.errors import ChannelError, Conflict, Forbidden, Invalid
from channel.members import Role
from channel.questions import actions, moderating, queries
from channel.questions.tables import questions, votes
from channel.storage import Database
from tests.cast import creator
from tests.questions.asking import answer, ask, merge, now, prompt, unvote, vote
from tests.questions.counting import counted


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
