"""A post that opens later is told, when it opens, to those who may read it then and were not told before. Once."""

import pytest
from sqlalchemy import func, select

from channel import outbox, push
from channel.accounts import Account, sessions
from channel.following import devices, planning
from channel.following.tables import follow_letters, follow_pushes
from channel.notices import planning as letters
from channel.notices.queue import LETTERS
from channel.notices.tables import notices
from channel.posts import queries as posts
from channel.posts import rounds
from channel.posts.model import Post
from channel.posts.steps import DAY_MS, HOUR_MS, Step
from channel.push.planning import plan as plan_pushes
from channel.push.queue import PUSHES
from channel.push.tables import pushes
from channel.tasks import FollowersDue, NoticesDue, PushesDue
from channel.tiers import Tier
from tests.following.conftest import Followroom
from tests.posts.writing import change, open_by_itself, post, remove
from tests.push.browsers import Browser

GOLD, SILVER = 20, 10
ZOE, BOB, CARL = "zoe@example.net", "bob@example.net", "carl@example.net"


@pytest.fixture
async def tiers(room: Followroom) -> dict[int, Tier]:
    return {rank: await room.scene.tier(name, rank) for name, rank in (("Gold", GOLD), ("Silver", SILVER))}


async def early(room: Followroom, *, days: int = 2, **more: object) -> Post:
    """A post for gold that opens to silver after a day and to everyone after `days`; told to whom it is, by now."""
    opens = [Step(room.clock() + DAY_MS, SILVER), Step(room.clock() + days * DAY_MS, None)]
    made = await post(room.scene, "Early", min_rank=GOLD, opens=opens, **more)
    await room.planned()
    return made


async def opens(room: Followroom, made: Post, at_ms: int) -> None:
    """It is that much later, and who opens posts is at work."""
    room.clock.forward(at_ms)
    await open_by_itself(room.scene, made)


async def device(room: Followroom, account: Account, name: str) -> None:
    async with room.db.write() as tx:
        session_id, _ = await sessions.open_session(tx, account.id, device="x", how="link")
        await push.switch_on(tx, push.Owner(account.id, session_id), Browser(name).subscription)
        await push.choose(tx, await room.scene.by(tx, account), room.scene.community, "instant")


async def rows(room: Followroom) -> tuple[int, int, int, int]:
    """How many letters to members and to followers there are, and how many notices to both."""
    async with room.db.read() as tx:
        tables = (notices, follow_letters, pushes, follow_pushes)
        one, two, three, four = [int(await tx.value(select(func.count()).select_from(t))) for t in tables]
    return one, two, three, four


async def waiting(room: Followroom) -> int:
    """How many jobs of those who tell there are."""
    async with room.db.read() as tx:
        of = outbox.jobs.c.consumer.in_(("notices", "push", "following"))
        return int(await tx.value(select(func.count()).select_from(outbox.jobs).where(of)))


async def test_followers_are_told_when_everybody_may_read_it_and_members_who_saw_its_teaser_are_not(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    await room.reader("Bob")
    async with room.db.write() as tx:
        await devices.switch_on(
            tx,
            room.scene.community,
            Browser("f").subscription,
            language="en",
            zone="UTC",
            network="192.0.2.1",
        )
    made = await early(room)
    assert await room.to() == [BOB], "the teaser"
    await opens(room, made, DAY_MS)
    assert await room.to() == []
    assert await rows(room) == (1, 0, 0, 0)
    await opens(room, made, DAY_MS)
    [letter] = await room.brought()
    assert (letter.to, "Early" in letter.text) == (ZOE, True)
    assert await rows(room) == (1, 1, 0, 1)
    await opens(room, made, DAY_MS)
    assert await room.to() == []
    assert await rows(room) == (1, 1, 0, 1), "once"


async def test_who_came_since_is_told_when_it_opens_to_them_and_not_when_to_others(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    made = await early(room)
    carl = await room.reader("Carl", tier=tiers[SILVER])
    bob = await room.reader("Bob")
    await device(room, carl, "carl")
    await device(room, bob, "bob")
    await opens(room, made, DAY_MS)
    await room.planned()
    assert await rows(room) == (1, 0, 1, 0), "silver alone"
    await opens(room, made, DAY_MS)
    room.clock.forward(5 * HOUR_MS)
    assert await room.to() == [BOB, CARL]
    assert await rows(room) == (2, 0, 2, 0)


async def test_a_silent_post_opens_silently_and_costs_nothing(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    made = await early(room, silent=True)
    await room.reader("Bob", tier=tiers[SILVER])
    await opens(room, made, 2 * DAY_MS)
    assert await waiting(room) == 0
    assert await room.to() == []


async def test_where_nobody_is_to_be_told_an_opening_asks_for_no_work(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    made = await early(room)
    await opens(room, made, 2 * DAY_MS)
    assert await waiting(room) == 0


async def test_an_opening_to_a_tier_asks_for_no_work_for_those_who_follow(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    made = await early(room)
    await opens(room, made, DAY_MS)
    assert await waiting(room) == 0


@pytest.mark.parametrize("what", ["deleted", "locked", "private"])
async def test_what_changes_after_it_opened_counts(
    room: Followroom, tiers: dict[int, Tier], what: str
) -> None:
    await room.follower("zoe")
    made = await early(room)
    await opens(room, made, 2 * DAY_MS)
    assert await waiting(room) == 1, "the letter is on its way"
    if what == "deleted":
        await remove(room.scene, made)
    elif what == "locked":
        async with room.db.read() as tx:
            made = await posts.one(tx, made.id)
        await change(room.scene, made, "Early", min_rank=GOLD)
    else:
        await room.hidden()
    assert await room.to() == []


async def test_one_that_is_deleted_before_opens_to_nobody(room: Followroom, tiers: dict[int, Tier]) -> None:
    await room.follower("zoe")
    made = await early(room)
    await remove(room.scene, made)
    await opens(room, made, 2 * DAY_MS)
    assert await waiting(room) == 0


async def test_a_job_that_is_done_again_tells_nobody_twice(room: Followroom, tiers: dict[int, Tier]) -> None:
    await room.follower("zoe")
    made = await early(room)
    bob = await room.reader("Bob")
    await device(room, bob, "bob")
    await opens(room, made, 2 * DAY_MS)
    for _ in range(2):  # the server died before it wrote down that it was done
        now = room.clock.now_ms
        await letters.plan(room.db, NoticesDue(post_id=made.id, opened_at=now))
        await planning.plan(room.db, FollowersDue(post_id=made.id, opened_at=now))
        await plan_pushes(room.db, PushesDue(post_id=made.id, opened_at=now))
    room.clock.forward(5 * HOUR_MS)
    assert await room.to() == [BOB, ZOE]
    assert await rows(room) == (1, 1, 1, 0)
    assert await room.to() == []


async def test_a_server_that_was_away_tells_late_by_all_steps_at_once(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    made = await early(room)
    await opens(room, made, 60 * DAY_MS)
    assert await room.to() == [ZOE]


async def test_what_came_in_the_morning_opens_in_the_morning_and_what_is_gathered_is_gathered(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    daily = await room.follower("day", "daily")
    await room.change(daily, "daily", hour=20)
    made = await early(room, morning=True)
    await opens(room, made, 2 * DAY_MS)
    assert await room.to() == [], "it is midnight"
    room.clock.forward(10 * HOUR_MS)
    assert await room.to() == [ZOE]
    room.clock.forward(11 * HOUR_MS)
    assert await room.to() == ["day@example.net"]


async def test_what_may_be_forgotten_is_told_to_no_member_again(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    bob = await room.reader("Bob")
    await device(room, bob, "bob")
    await room.follower("zoe")
    made = await early(room, days=40)
    room.clock.forward(5 * HOUR_MS)
    assert await room.to() == [BOB]
    async with room.db.write() as tx:
        for claimed in [await PUSHES.claim(tx)]:
            await PUSHES.settle(tx, claimed[0].claim, [one.id for one in claimed], "sent")
    await opens(room, made, DAY_MS)
    room.clock.forward(38 * DAY_MS)
    async with room.db.write() as tx:
        await LETTERS.sweep(tx)
        await PUSHES.sweep(tx)
    assert await rows(room) == (0, 0, 0, 0), "nobody knows any more"
    await opens(room, made, DAY_MS)
    assert await room.to() == [ZOE], "of whom it is known: strangers could never read it"
    assert await rows(room) == (0, 1, 0, 0)


async def test_what_everybody_could_read_once_is_not_told_again_when_it_may_be_forgotten(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    made = await post(room.scene, "Early")
    assert await room.to() == [ZOE]
    room.clock.forward(35 * DAY_MS)
    async with room.db.write() as tx:
        await LETTERS.sweep(tx)
        await planning.LETTERS.sweep(tx)
    assert await rows(room) == (0, 0, 0, 0)
    steps = [Step(room.clock() + DAY_MS, None)]
    made = await change(room.scene, made, "Early", min_rank=GOLD, opens=steps)
    await opens(room, made, DAY_MS)
    assert await room.to() == []


async def test_a_crowd_is_told_in_pieces_that_all_know_that_it_opened(
    room: Followroom, tiers: dict[int, Tier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 1)
    monkeypatch.setattr(rounds, "IN_A_JOB", 1)
    followers = [await room.follower(name, "daily") for name in ("yan", "zoe")]
    for one in followers:
        await room.change(one, "daily", hour=20)
    made = await early(room)
    for name, tier in (("Carl", tiers[SILVER]), ("Bob", None)):
        await room.reader(name, tier=tier)
    await opens(room, made, DAY_MS)
    assert await room.to() == [CARL]
    await opens(room, made, DAY_MS)
    assert await room.to() == [BOB]
    room.clock.forward(20 * HOUR_MS)
    assert await room.to() == ["yan@example.net", ZOE]


async def by_hand(room: Followroom, made: Post, min_rank: int | None, **more: object) -> None:
    """An edit that says who may read it."""
    async with room.db.read() as tx:
        made = await posts.one(tx, made.id)
    await change(room.scene, made, "Early", min_rank=min_rank, opens=[], **more)


async def test_an_edit_that_opens_it_by_hand_tells_who_was_not_told_once(
    room: Followroom, tiers: dict[int, Tier]
) -> None:
    await room.follower("zoe")
    await room.reader("Bob")
    made = await post(room.scene, "Early", min_rank=GOLD)
    assert await room.to() == [BOB], "the teaser"
    carl = await room.reader("Carl", tier=tiers[SILVER])
    await device(room, carl, "carl")
    await by_hand(room, made, SILVER)
    await room.planned()
    assert await rows(room) == (2, 0, 1, 0), "silver alone"
    await by_hand(room, made, None)
    room.clock.forward(5 * HOUR_MS)
    assert await room.to() == [CARL, ZOE]
    for rank in (GOLD, None):
        await by_hand(room, made, rank)
    assert await room.to() == []
    assert await rows(room) == (2, 1, 1, 0), "once, however often it is opened"


async def test_an_edit_that_opens_nothing_tells_nobody(room: Followroom, tiers: dict[int, Tier]) -> None:
    await room.follower("zoe")
    made = await post(room.scene, "Early", min_rank=SILVER)
    free = await post(room.scene, "Early")
    await room.planned()
    await room.to()
    await room.reader("Bob", tier=tiers[SILVER])
    await by_hand(room, made, SILVER, teaser="Soon")
    await by_hand(room, made, GOLD)
    await by_hand(room, free, None, ai="assisted")
    assert await waiting(room) == 0
    assert await room.to() == []


async def test_a_silent_post_is_opened_by_hand_silently(room: Followroom, tiers: dict[int, Tier]) -> None:
    await room.follower("zoe")
    made = await post(room.scene, "Early", min_rank=GOLD, silent=True)
    await by_hand(room, made, None)
    assert await waiting(room) == 0
