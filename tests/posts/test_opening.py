"""The waterfall: a post opens by itself, step by step, late at worst and never early, once whoever is at work."""

import asyncio

import pytest
from sqlalchemy import func, select

from channel import outbox, posts
from channel.chores import janitor, scheduler
from channel.errors import Conflict, Forbidden, Invalid
from channel.events import Event, PostEdited, PostOpened, PostOpens, room_stream
from channel.members import Role
from channel.outbox import events_since
from channel.posts import drafts, opening, queries
from channel.posts.model import Draft, Post, Sketch
from channel.posts.steps import DAY_MS, HOUR_MS, MAX_STEPS, Step, Wait
from channel.render import versions as wordings
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import change, post, remove, write

GOLD, SILVER = 20, 10


async def tiered(db: Database) -> Scene:
    anna = await creator(db)
    await anna.tier("Silver", SILVER)
    await anna.tier("Gold", GOLD)
    return anna


def planned(clock: Clock) -> list[Step]:
    """Silver after a day, everyone after a week."""
    return [Step(clock.now_ms + DAY_MS, SILVER), Step(clock.now_ms + 7 * DAY_MS, None)]


async def early(db: Database, clock: Clock) -> tuple[Scene, Post]:
    """A post for gold that opens as planned."""
    anna = await tiered(db)
    return anna, await post(anna, "Early", min_rank=GOLD, opens=planned(clock))


async def worked_off(db: Database) -> None:
    await Worker(db, {"schedule": scheduler(db), "janitor": janitor(db)}).work_off()


async def stored(db: Database, made: Post) -> Post:
    async with db.read() as tx:
        return await posts.one(tx, made.id)


async def told(scene: Scene, kind: type[Event] = PostOpened) -> list[Event]:
    async with scene.db.read() as tx:
        logged = await events_since(tx, room_stream(scene.news.id), 0, limit=1000)
    return [row.event for row in logged if isinstance(row.event, kind)]


async def jobs(db: Database) -> int:
    """How many openings there are, waiting, planned or given up."""
    async with db.read() as tx:
        planned = outbox.jobs.c.consumer == "schedule"
        return int(await tx.value(select(func.count()).select_from(outbox.jobs).where(planned)))


async def test_a_post_opens_step_by_step_at_its_time(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    assert (await stored(db, made)).opens == tuple(planned(clock))
    later = planned(clock)[1]
    clock.forward(DAY_MS)
    await worked_off(db)
    silver = await stored(db, made)
    assert (silver.min_rank, silver.opens, silver.rev) == (SILVER, (later,), 2)
    clock.forward(6 * DAY_MS)
    await worked_off(db)
    free = await stored(db, made)
    assert (free.min_rank, free.opens, free.rev, free.text) == (None, (), 3, "Early")
    assert free.edited_at is None, "opening is no editing"
    assert await told(anna) == [
        PostOpened(room_id=anna.news.id, post_id=made.id, min_rank=SILVER, rev=2),
        PostOpened(room_id=anna.news.id, post_id=made.id, min_rank=None, rev=3),
    ]
    assert await jobs(db) == 0


async def test_a_post_never_opens_early(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    clock.forward(DAY_MS - 1)
    await worked_off(db)
    async with db.write() as tx:  # a job that comes too soon, for whatever reason
        await opening.open_due(tx, PostOpens(post_id=made.id, at=made.opens[0].at))
    assert await stored(db, made) == made
    assert await told(anna) == []


async def test_what_was_missed_while_the_server_was_down_happens_at_its_start_as_one(
    db: Database, clock: Clock
) -> None:
    anna, made = await early(db, clock)
    clock.forward(30 * DAY_MS)
    await worked_off(db)
    assert (await stored(db, made)).min_rank is None
    assert await told(anna) == [PostOpened(room_id=anna.news.id, post_id=made.id, min_rank=None, rev=2)]
    assert await jobs(db) == 0


async def test_a_late_worker_opens_late_and_the_next_step_keeps_its_time(db: Database, clock: Clock) -> None:
    _, made = await early(db, clock)
    clock.forward(2 * DAY_MS)
    await worked_off(db)
    assert (await stored(db, made)).min_rank == SILVER
    clock.forward(5 * DAY_MS - 1)
    await worked_off(db)
    assert (await stored(db, made)).min_rank == SILVER
    clock.forward(1)
    await worked_off(db)
    assert (await stored(db, made)).min_rank is None


async def test_each_step_is_taken_once_whoever_is_at_work(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    task = PostOpens(post_id=made.id, at=made.opens[0].at)
    clock.forward(DAY_MS)
    handle = scheduler(db)
    await asyncio.gather(worked_off(db), worked_off(db), *(handle(task) for _ in range(8)))
    assert (await stored(db, made)).rev == 2
    assert len(await told(anna)) == 1
    clock.forward(6 * DAY_MS)
    await asyncio.gather(worked_off(db), worked_off(db))
    await handle(task)
    assert (await stored(db, made)).rev == 3
    assert len(await told(anna)) == 2
    assert await jobs(db) == 0


async def test_a_worker_that_died_over_it_leaves_it_to_the_next(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    clock.forward(DAY_MS)
    async with db.write() as tx:
        assert len(await outbox.claim(tx, ["schedule"])) == 1  # and it is never heard of again
    await worked_off(db)
    assert (await stored(db, made)).min_rank == GOLD
    clock.forward(outbox.LEASE_MS)
    await worked_off(db)
    assert (await stored(db, made)).min_rank == SILVER
    assert len(await told(anna)) == 1


async def test_a_clock_that_is_set_back_loses_no_opening(db: Database, clock: Clock) -> None:
    _, made = await early(db, clock)
    clock.forward(DAY_MS)
    async with db.write() as tx:
        [job] = await outbox.claim(tx, ["schedule"])
    clock.forward(-HOUR_MS)
    assert isinstance(job.event, PostOpens)
    async with db.write() as tx:
        await opening.open_due(tx, job.event)
        await outbox.settle(tx, job)
    assert (await stored(db, made)).min_rank == GOLD
    clock.forward(HOUR_MS)
    await worked_off(db)
    assert (await stored(db, made)).min_rank == SILVER


async def test_an_edit_leaves_what_is_planned_unless_it_says_otherwise(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    better = await change(anna, made, "Early, better", min_rank=GOLD)
    assert better.opens == made.opens
    clock.forward(DAY_MS)
    await worked_off(db)
    now = await stored(db, made)
    assert (now.min_rank, now.text) == (SILVER, "Early, better")


async def test_an_edit_moves_the_plan_and_the_old_moment_passes(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    moved = [Step(clock.now_ms + 3 * DAY_MS, 0)]
    changed = await change(anna, made, "Early", min_rank=GOLD, opens=moved)
    assert (changed.opens, changed.rev, changed.edited_at) == (tuple(moved), 2, None), (
        "the words are the same"
    )
    assert len(await told(anna, PostEdited)) == 1, "cards tell another time now"
    clock.forward(DAY_MS)
    await worked_off(db)
    assert await stored(db, made) == changed
    clock.forward(2 * DAY_MS)
    await worked_off(db)
    assert (await stored(db, made)).min_rank == 0
    async with db.read() as tx:
        assert len(await queries.history(tx, changed)) == 1


async def test_an_overdue_step_that_is_sent_again_is_no_mistake(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    clock.forward(DAY_MS)
    kept = await change(anna, made, "Early, better", min_rank=GOLD, opens=made.opens)
    assert kept.opens == made.opens
    await worked_off(db)
    assert (await stored(db, made)).min_rank == SILVER


async def test_opening_it_by_hand_leaves_only_what_still_opens_something(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    by_hand = await change(anna, made, "Early", min_rank=SILVER)
    assert by_hand.opens == made.opens[1:]
    for_all = await change(anna, by_hand, "Early", min_rank=None)
    assert for_all.opens == ()
    clock.forward(30 * DAY_MS)
    await worked_off(db)
    assert await stored(db, made) == for_all
    assert await told(anna) == []


@pytest.mark.parametrize("way", ["called off", "edited", "deleted"])
async def test_nothing_opens_that_was_called_off_or_deleted(db: Database, clock: Clock, way: str) -> None:
    anna, made = await early(db, clock)
    if way == "called off":
        async with db.write() as tx:
            await opening.call_off(tx, await anna.by(tx, anna.owner), made)
    elif way == "edited":
        await change(anna, made, "Early", min_rank=GOLD, opens=[])
    else:
        await remove(anna, made)
    before = await stored(db, made)
    assert before.opens == ()
    clock.forward(30 * DAY_MS)
    await worked_off(db)
    assert await stored(db, made) == before
    assert before.min_rank == GOLD
    assert await told(anna) == []
    assert await jobs(db) == 0


async def test_who_may_not_change_a_post_calls_nothing_off(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    berta = await anna.member("berta", role=Role.EDITOR)
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await opening.call_off(tx, await anna.by(tx, berta), made)
    clock.forward(DAY_MS)
    await worked_off(db)
    with pytest.raises(Conflict):  # it opened after she had looked
        async with db.write() as tx:
            await opening.call_off(tx, await anna.by(tx, anna.owner), made)


async def test_who_edits_while_it_opens_is_told_to_look_again(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    clock.forward(DAY_MS)
    await worked_off(db)
    with pytest.raises(Conflict):
        await change(anna, made, "Written before it opened", min_rank=GOLD)
    assert (await stored(db, made)).min_rank == SILVER


async def test_edits_and_openings_at_once_end_in_one_order(db: Database, clock: Clock) -> None:
    anna, made = await early(db, clock)
    clock.forward(DAY_MS)
    edits = [change(anna, made, f"Edit {n}", min_rank=GOLD) for n in range(4)]
    outcomes = await asyncio.gather(worked_off(db), *edits, return_exceptions=True)
    assert all(one is None or isinstance(one, Post | Conflict) for one in outcomes), outcomes
    await worked_off(db)
    now = await stored(db, made)
    assert (now.min_rank, len(await told(anna))) == (SILVER, 1)
    assert now.rev == 2 + sum(isinstance(one, Post) for one in outcomes)


async def test_opening_a_post_in_time_opens_its_words_of_today_and_not_its_past(
    db: Database, clock: Clock
) -> None:
    anna, made = await early(db, clock)
    second = await change(anna, made, "Said better", min_rank=GOLD)
    clock.forward(7 * DAY_MS)
    await worked_off(db)
    free = await stored(db, made)
    third = await change(anna, free, "Said best", min_rank=None)
    async with db.read() as tx:
        versions = await queries.history(tx, third)
    assert [one.text for one in versions] == ["Early", second.text, "Said best"]
    shown = wordings.version_views(versions, third, anna.news, 0)
    readable = ["".join(text for _, text in one.changes) if one.changes else "" for one in shown]
    assert readable[-1] == "", "nobody without gold has ever seen the first wording"
    assert "better" in readable[0] + readable[1], "the second one is what opened to all"
    assert "Early" not in repr(shown)


async def test_a_plan_must_hold_together(db: Database, clock: Clock) -> None:
    now = clock.now_ms
    wrong = [
        (None, [Step(now + 1, 0)]),
        (SILVER, [Step(now + 1, SILVER)]),
        (SILVER, [Step(now + 1, GOLD)]),
        (GOLD, [Step(now + 1, 0), Step(now + 2, SILVER)]),
        (GOLD, [Step(now + 1, None), Step(now + 2, None)]),
        (GOLD, [Step(now + 2, SILVER), Step(now + 1, None)]),
        (GOLD, [Step(now + 1, SILVER), Step(now + 1, None)]),
        (GOLD, [Step(now + 1, -5)]),
        (GOLD, [Step(now + n, 19 - n) for n in range(MAX_STEPS + 1)]),
    ]
    for min_rank, opens in wrong:
        with pytest.raises(Invalid) as refused:
            Draft.parse("Early", min_rank=min_rank, opens=opens)
        assert set(refused.value.fields) == {"opens"}, (min_rank, opens)


async def test_a_plan_is_for_what_lies_ahead_and_for_tiers_that_are_there(db: Database, clock: Clock) -> None:
    anna = await tiered(db)
    now = clock.now_ms
    for step in (Step(now, SILVER), Step(now - DAY_MS, SILVER), Step(now + 367 * DAY_MS, SILVER)):
        with pytest.raises(Invalid) as refused:
            await post(anna, "Early", min_rank=GOLD, opens=[step])
        assert set(refused.value.fields) == {"opens"}
    with pytest.raises(Invalid) as refused:
        await post(anna, "Early", min_rank=GOLD, opens=[Step(now + 1, 15)])
    assert "20 (Gold)" in refused.value.fields["opens"]
    made = await post(anna, "Early", min_rank=GOLD, opens=[Step(now + 366 * DAY_MS, 0)])
    with pytest.raises(Invalid):
        await change(anna, made, "Early", min_rank=GOLD, opens=[Step(now, SILVER)])
    assert await stored(db, made) == made


async def test_the_same_key_again_plans_nothing_again(db: Database, clock: Clock) -> None:
    anna = await tiered(db)
    for _ in range(2):
        await write(anna, "Early", key="k1", min_rank=GOLD, opens=planned(clock))
    assert await jobs(db) == 1


async def test_a_draft_keeps_its_plan(db: Database) -> None:
    anna = await tiered(db)
    waits = (Wait(3, "hours", SILVER), Wait(2, "days", None))
    async with db.write() as tx:
        by = await anna.by(tx, anna.owner)
        saved = await drafts.save_draft(tx, by, Sketch.parse("Early", min_rank=GOLD, opens=waits))
        assert (await drafts.one_draft(tx, by, saved.id)).sketch.opens == waits
