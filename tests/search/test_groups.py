"""What is said in groups is found by its topic, and only as far back as the viewer sees. On both databases."""

import pytest

from channel.storage import Database
from tests.cast import creator, member, person
from tests.conftest import Clock
from tests.polls.asking import ask
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


async def test_what_has_a_poll_is_found(db: Database) -> None:
    anna = await creator(db)
    gus = await person(db, "Gus")
    await ask(anna, text="Which glaze?", options=["Red", "Blue"])
    await ask(anna, text="Which clay?", options=["Red", "Blue"], min_rank=0)
    assert await texts(anna, "has:poll", gus) == ["Which glaze?"]
    assert await texts(anna, "clay has:poll", anna.owner) == ["Which clay?"]
    assert await texts(anna, "has:poll has:link") == []
