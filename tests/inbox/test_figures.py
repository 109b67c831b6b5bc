"""How long answers took: the first one of each, half of them, of thirty days, and what got none."""

import pytest

from channel.errors import Forbidden
from channel.inbox.figures import times
from channel.inbox.model import WINDOW_MS
from channel.storage import Database
from tests.cast import Scene, creator
from tests.comments import saying
from tests.conftest import Clock
from tests.inbox.waiting import put, the
from tests.messages import writing as writing_to
from tests.posts import writing
from tests.questions import asking

HOUR_MS = 3_600_000


async def numbers(scene: Scene) -> dict[str, tuple[int, int, int | None]]:
    """Asked, answered, and hours until half of them were."""
    async with scene.db.read() as tx:
        found = await times(tx, await scene.by(tx, scene.owner), scene.community)
    return {
        one.kind: (one.asked, one.answered, None if one.median_ms is None else one.median_ms // HOUR_MS)
        for one in found
    }


async def test_half_of_the_first_answers_came_within_this_time(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await writing_to.open_box(anna)
    assert await numbers(anna) == dict.fromkeys(("question", "comment", "message"), (0, 0, None))
    for wait in (1, 2, 9):
        await writing_to.write(anna, bob)
        await writing_to.write(anna, bob, "Are you there?")
        clock.forward(wait * HOUR_MS)
        await writing_to.answer(anna, bob)
        await writing_to.answer(anna, bob, "And one more thing")
    await writing_to.write(anna, bob)
    assert (await numbers(anna))["message"] == (4, 3, 2)


async def test_what_was_deleted_is_neither_asked_nor_answered(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await writing_to.open_box(anna)
    gone = await writing_to.write(anna, bob)
    await writing_to.write(anna, bob)
    await writing_to.remove(anna, gone)
    clock.forward(HOUR_MS)
    slip = await writing_to.answer(anna, bob)
    await writing_to.remove(anna, slip)
    clock.forward(HOUR_MS)
    await writing_to.answer(anna, bob)
    assert (await numbers(anna))["message"] == (1, 1, 2)


async def test_of_comments_the_first_answer_of_the_team_in_the_branch_counts(
    db: Database, clock: Clock
) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    post = await writing.post(anna)
    asked = await saying.say(anna, post, bob)
    await saying.say(anna, post, eve, "Same here", reply_to=asked.id)
    await saying.say(anna, post, anna.owner, "To nobody in particular")
    await saying.say(anna, post, eve)
    clock.forward(3 * HOUR_MS)
    await saying.say(anna, post, anna.owner, "Yes", reply_to=asked.id)
    assert (await numbers(anna))["comment"] == (2, 1, 3)
    await writing.remove(anna, post)
    assert (await numbers(anna))["comment"] == (0, 0, None)


async def test_what_is_put_away_without_an_answer_is_left(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    box = await asking.box(anna)
    one, _ = await asking.ask(anna, bob, box), await asking.ask(anna, bob, box)
    clock.forward(5 * HOUR_MS)
    await asking.answer(anna, one)
    await put(anna, "done", await the(anna, "question"))
    assert (await numbers(anna))["question"] == (2, 1, 5)
    clock.forward(WINDOW_MS)
    assert (await numbers(anna))["question"] == (0, 0, None)


async def test_only_who_runs_the_community_sees_it(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    async with db.read() as tx:
        with pytest.raises(Forbidden):
            await times(tx, await anna.by(tx, bob), anna.community)
