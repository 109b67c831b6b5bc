"""What is said in groups is found by its topic, and only as far back as the viewer sees. On both databases."""

import pytest

from channel.questions import Terms, prompts
from channel.storage import Database
from tests.cast import creator, member, person
from tests.conftest import Clock
from tests.polls.asking import ask
from tests.posts.writing import post
from tests.questions.asking import prompt
from tests.search.looking import texts
from tests.topics.talking import group, merge, move, say, start


@pytest.mark.parametrize("history", [0, 2])
async def test_nobody_finds_what_lies_before_their_time(db: Database, clock: Clock, history: int) -> None:
    anna = await creator(db)
    talk = await group(anna, history=history)
    there = await member(db, anna, "Theo")
    said = []
    for number in range(6):
        clock.forward(0 if number % 2 else 1)  # two in one moment
        said.append((await say(anna, talk, f"glaze {number}")).text)
    clock.forward(1)
    late = await member(db, anna, "Lea")
    clock.forward(120_000)
    await say(anna, talk, "glaze since")
    clock.forward(1)
    newest = ["glaze since", *reversed(said)]
    assert await texts(anna, "glaze", there) == await texts(anna, "glaze", anna.owner) == newest
    for limit in (1, 2, 20):
        assert await texts(anna, "glaze", late, limit=limit) == newest[: 1 + history], limit
        assert await texts(anna, "glaze", None, limit=limit) == newest[:history], limit
        assert await texts(anna, f"from:{anna.owner.handle}", late, limit=limit) == newest[: 1 + history]
    assert await texts(anna, 'glaze "glaze 0"', late) == []
    assert await texts(anna, "topic:general", late) == newest[: 1 + history]


async def test_a_topic_is_named(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    talk, shed = await group(anna), await group(anna, "shed")
    kiln = await start(anna, talk, "Kiln 100% hot")
    clay = await start(anna, talk, "Clay & water")
    other = await start(anna, shed, "Kiln 100% hot")
    for topic, room, words in (
        (kiln, talk, "one"),
        (clay, talk, "two"),
        (None, talk, "three"),
        (other, shed, "four"),
    ):
        clock.forward(1)
        last = await say(anna, room, f"glaze {words}", topic=topic)
        if words == "two":
            moving = last
    assert await texts(anna, 'glaze topic:"KILN 100% HOT"') == ["glaze four", "glaze one"]
    assert await texts(anna, 'in:talk topic:"kiln 100%"') == ["glaze one"]
    assert await texts(anna, "topic:general") == ["glaze three"]
    assert await texts(anna, "glaze topic:clay topic:kiln") == await texts(anna, "topic:%") == []
    assert await texts(anna, "topic:unknown glaze") == await texts(anna, "topic:lay") == []
    await move(anna, talk, [moving], kiln)
    assert await texts(anna, "in:talk topic:kiln") == ["glaze two", "glaze one"]
    assert await texts(anna, "topic:clay") == []
    await merge(anna, talk, kiln, clay)
    assert await texts(anna, "in:talk topic:clay") == ["glaze two", "glaze one"]
    assert await texts(anna, "in:talk topic:kiln") == []


async def test_a_topic_of_the_hidden_past_is_none(db: Database, clock: Clock) -> None:
    """Were its name known, what begins so would not be looked for."""
    anna = await creator(db)
    talk = await group(anna, history=0)
    past, since = await start(anna, talk, "Kiln"), await start(anna, talk, "Kilns of today")
    await say(anna, talk, "old glaze", topic=past)
    clock.forward(1)
    late = await member(db, anna, "Lea")
    await say(anna, talk, "new glaze", topic=since)
    assert await texts(anna, "topic:kiln", anna.owner) == ["old glaze"]
    assert await texts(anna, "topic:kiln", late) == ["new glaze"]
    assert await texts(anna, 'topic:"kiln" glaze', late) == ["new glaze"]


async def test_messages_are_told_apart_from_posts(db: Database) -> None:
    anna = await creator(db)
    talk = await group(anna)
    vault = await anna.tier("Gold", 20) and await group(anna, "vault", min_rank=20)
    await post(anna, "glaze posted")
    await say(anna, talk, "glaze said")
    await say(anna, vault, "glaze whispered")
    bob = await member(db, anna, "bob")
    assert (
        await texts(anna, "is:message", bob) == await texts(anna, "glaze is:message", bob) == ["glaze said"]
    )
    assert await texts(anna, "is:post", bob) == ["glaze posted"]
    assert sorted(await texts(anna, "is:message", anna.owner)) == ["glaze said", "glaze whispered"]


async def test_what_asks_for_questions_is_found(db: Database) -> None:
    anna = await creator(db)
    await post(anna, "any questions")
    asking = await prompt(anna, "ask me")
    assert await texts(anna, "has:question") == await texts(anna, "mit:frage") == ["ask me"]
    assert await texts(anna, "has:question has:poll") == []
    later = await post(anna, "ask me later")
    async with db.write() as tx:
        by = await anna.by(tx, anna.owner)
        await prompts.ask_for(tx, by, later, Terms.parse(tx.now))
    assert sorted(await texts(anna, "has:question")) == ["ask me", "ask me later"]
    assert asking.post_id != later.id


async def test_what_has_a_poll_is_found(db: Database) -> None:
    anna = await creator(db)
    gus = await person(db, "Gus")
    await ask(anna, text="Which glaze?", options=["Red", "Blue"])
    await ask(anna, text="Which clay?", options=["Red", "Blue"], min_rank=0)
    assert await texts(anna, "has:poll", gus) == ["Which glaze?"]
    assert await texts(anna, "clay has:poll", anna.owner) == ["Which clay?"]
    assert await texts(anna, "has:poll has:link") == []
