"""Comments: once per key, in one order, counted as they are, by those who may."""

import asyncio
import random

import pytest

from channel import comments
from channel.comments import Comment, queries, reading
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.members import Role
from channel.storage import Database
from tests.cast import creator, person
from tests.comments.saying import approve, change, counted, log, remove, rule, say, say_once
from tests.posts.writing import post
from tests.posts.writing import remove as remove_post


async def test_a_comment_is_what_was_written(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    under = await post(anna, "Hello")
    made = await say(anna, under, ben, "**Well** said, see https://example.org")
    async with db.read() as tx:
        assert await comments.one(tx, made.id) == made
    assert "<strong>Well</strong>" in made.html
    assert (made.seq, made.state, made.rev, made.author.id) == (1, "shown", 1, ben.id)
    assert await log(anna, under) == [(1, "comment.published")]
    assert await counted(anna, under) == (1, 1)


async def test_headings_and_tables_are_for_posts(db: Database) -> None:
    made = await comments.prepare("# Big\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted", rooms={})
    assert "<h3>" not in made.html
    assert "<table" not in made.html
    assert "<blockquote>" in made.html


async def test_too_long_or_empty_is_said_with_the_remedy(db: Database) -> None:
    with pytest.raises(Invalid, match="4,000 characters; this has 4,001"):
        await comments.prepare("x" * 4001, rooms={})
    with pytest.raises(Invalid, match="Write something first"):
        await comments.prepare(" \u200b ", rooms={})
    with pytest.raises(Invalid, match="control characters"):
        await comments.prepare("a\x00b", rooms={})


async def test_the_same_key_again_gives_the_first_comment(db: Database) -> None:
    anna = await creator(db)
    under = await post(anna, "Hello")
    first, created = await say_once(anna, under, anna.owner, "Once", key="k1")
    again, created_again = await say_once(anna, under, anna.owner, "Once more", key="k1")
    assert (created, created_again) == (True, False)
    assert again == first
    assert await counted(anna, under) == (1, 1)


async def test_one_key_under_many_posts_at_once_is_one_comment_and_leaves_no_gap(db: Database) -> None:
    anna = await creator(db)
    under = [await post(anna, f"Post {n}") for n in range(4)]
    answers = await asyncio.gather(*(say_once(anna, one, anna.owner, key="same") for one in under * 4))
    assert sum(created for _, created in answers) == 1
    assert len({made.id for made, _ in answers}) == 1
    for one in under:
        await say(anna, one, anna.owner)
        seqs = [seq for seq, _ in await log(anna, one)]
        assert seqs == [*range(1, len(seqs) + 1)]


async def test_an_answer_hangs_below_a_comment_and_no_deeper(db: Database) -> None:
    anna = await creator(db)
    under, elsewhere = await post(anna, "Hello"), await post(anna, "Other")
    top = await say(anna, under, anna.owner, "Top")
    answer = await say(anna, under, anna.owner, "Answer", reply_to=top.id)
    deeper = await say(anna, under, anna.owner, "Deeper", reply_to=answer.id)
    assert (answer.reply_to, deeper.reply_to) == (top.id, top.id)
    foreign = await say(anna, elsewhere, anna.owner)
    for gone in (foreign.id, "nothing", "x\0"):
        with pytest.raises(Invalid) as wrong:
            await say(anna, under, anna.owner, reply_to=gone)
        assert "reply_to" in wrong.value.fields
    async with db.read() as tx:
        tops, answers = await queries.branches(tx, under.id, ("", False))
    assert [one.id for one in tops] == [top.id]
    assert [one.id for one in answers] == [answer.id, deeper.id]


async def test_an_edit_keeps_what_it_said_and_is_the_authors(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    under = await post(anna, "Hello")
    made = await say(anna, under, ben, "First")
    edited = await change(anna, made, "Second")
    assert (edited.text, edited.rev, edited.edited_at) == ("Second", 2, edited.edited_at)
    async with db.read() as tx:
        assert [one.text for one in await queries.history(tx, edited)] == ["First", "Second"]
    with pytest.raises(Forbidden):
        await change(anna, made, "Not mine", by=anna.owner)
    assert (await change(anna, edited, "Second")).rev == 2
    with pytest.raises(Conflict) as meanwhile:
        rendered = await comments.prepare("Third", rooms={})
        async with db.write() as tx:
            thread, found = await reading.of_comment(tx, made.id, ben.id, hold=True)
            await comments.edit(tx, thread, found, rendered, rev=1)
    assert meanwhile.value.code == "edited_meanwhile"


async def test_what_is_deleted_leaves_a_trace_and_no_word(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    under = await post(anna, "Hello")
    made = await change(anna, await say(anna, under, ben, "Secret"), "Also secret")
    gone = await remove(anna, made, by=anna.owner, reason="Off the point")
    assert (gone.state, gone.text, gone.html, gone.reason) == ("deleted", "", "", "Off the point")
    async with db.read() as tx:
        assert await comments.one(tx, made.id) == gone
        assert await queries.history(tx, gone) == []
    assert await counted(anna, under) == (0, 0)
    before = await log(anna, under)
    await remove(anna, made, by=anna.owner)
    assert await log(anna, under) == before


async def test_who_deletes_what(db: Database) -> None:
    anna = await creator(db)
    ben, cem = await anna.member("ben"), await anna.member("cem")
    mia = await anna.member("mia", role=Role.MODERATOR)
    under = await post(anna, "Hello")
    made = await say(anna, under, ben)
    with pytest.raises(Forbidden):
        await remove(anna, made, by=cem)
    with pytest.raises(Forbidden) as higher:
        await remove(anna, await say(anna, under, anna.owner), by=mia)
    assert higher.value.code == "rank"
    assert (await remove(anna, made, by=mia)).state == "deleted"


async def test_nobody_reaches_what_stands_under_a_locked_or_deleted_post(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("gold", 10)
    ben = await anna.member("ben")
    zoe = await anna.member("zoe", tier=gold)
    under = await post(anna, "For gold", min_rank=10)
    made = await say(anna, under, zoe)
    with pytest.raises(Forbidden) as locked:
        await say(anna, under, ben)
    assert locked.value.code == "post_locked"
    with pytest.raises(Forbidden):
        await change(anna, made, "Hers", by=ben)
    stranger = await person(db)
    with pytest.raises(Forbidden):
        await remove(anna, made, by=stranger)
    await remove_post(anna, under)
    with pytest.raises(NotFound):
        await say(anna, under, anna.owner)
    with pytest.raises(NotFound):
        await remove(anna, made, by=zoe)


async def test_the_count_is_that_of_the_rows_whatever_happens_at_once(db: Database) -> None:
    anna = await creator(db)
    people = [await anna.member(name) for name in ("ben", "cem", "dua")]
    await rule(anna, comment_first_held=True)
    under = [await post(anna, f"Post {n}") for n in range(2)]
    dice = random.Random(7)
    made: list[Comment] = []

    async def something(n: int) -> None:
        who = dice.choice([anna.owner, *people])
        old = dice.choice(made) if made else None
        try:
            if old is None or n % 2 == 0:
                made.append(await say(anna, dice.choice(under), who, f"Said {n}", key=f"k{n % 40}"))
            elif n % 5 == 1:
                await approve(anna, old)
            elif n % 5 == 2:
                await remove(anna, old, by=dice.choice([anna.owner, old.author]))
            else:
                await change(anna, old, f"Changed {n}")
        except ChannelError:
            pass  # somebody was quicker; what counts is below

    for start in range(0, 120, 12):
        await asyncio.gather(*(something(n) for n in range(start, start + 12)))
        for one in under:
            said, rows = await counted(anna, one)
            assert said == rows
    for one in under:
        seqs = [seq for seq, _ in await log(anna, one)]
        assert seqs == [*range(1, len(seqs) + 1)]
    kinds = {kind for one in under for _, kind in await log(anna, one)}
    assert kinds == {
        "comment.published", "comment.edited", "comment.deleted", "comment.held", "comment.shown",
    }  # fmt: skip
