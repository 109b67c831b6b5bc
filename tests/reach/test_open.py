"""What everybody may read of a community's reach: only where it is wanted, and only sums of what may be shown."""

import msgspec
import pytest

from channel import communities
from channel.errors import NotFound
from channel.posts.model import Post
from channel.reach.model import Report
from channel.reach.open import WEEK_MS, WEEKS, OpenReach, open_reach
from channel.reach.strangers import Strangers
from channel.reach.tables import post_reach
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import post, remove
from tests.reach.test_strangers import Outside, follow

REPORT = Report(
    members=95, may_see=90, by_tier={"Free": 90}, chosen=80, queued=80, accepted=60, shown=20, opened=10, seen=70, lapsed=0,
    ways={"push": 20, "mail": 40, "live": 10}, reasons={"no_device": 20}, outside=Strangers(40, {"mail": 30}, {"unchosen": 10}),
)  # fmt: skip


async def keeps(scene: Scene, made: Post, report: Report = REPORT, *, ago_ms: int = 0) -> None:
    """As if it had been counted."""
    async with scene.db.write() as tx:
        row = {
            "post_id": made.id, "community_id": made.community_id, "room_id": made.room_id,
            "published_at": tx.now - ago_ms, "counted_at": tx.now, "counts": msgspec.json.encode(report).decode(),
        }  # fmt: skip
        await tx.run(post_reach.insert().values(**row))


async def shown(scene: Scene) -> OpenReach:
    async with scene.db.read() as tx:
        return await open_reach(tx, await communities.one(tx, scene.community.id))


async def wanted(db: Database) -> Scene:
    scene = await creator(db)
    async with db.write() as tx:
        await communities.update_fields(tx, scene.community.id, reach_shown=True)
    return scene


async def test_nothing_is_shown_before_somebody_wants_it(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    with pytest.raises(NotFound):
        await shown(scene)
    async with db.write() as tx:
        await communities.update_fields(tx, scene.community.id, reach_shown=True)
    assert (await shown(scene)).posts == 0
    async with db.write() as tx:
        await communities.update_fields(tx, scene.community.id, visibility="private")
    with pytest.raises(NotFound):
        await shown(scene)


async def test_posts_for_everybody_are_added_up(db: Database, clock: Clock) -> None:
    scene = await wanted(db)
    other = await scene.room("other")
    for number in range(3):
        await keeps(scene, await post(scene, f"P{number}"))
    await keeps(scene, await post(scene, "There", room=other))
    async with db.write() as tx:
        await follow(tx, scene, Outside(), "mail", 27)
    found = await shown(scene)
    assert (found.members, found.followers, found.posts, found.locked) == (1, 20, 4, 0)
    assert found.ways == {"push": 80, "mail": 160, "live": 40, "outside_push": 0, "outside_mail": 120}
    by = {one.room.slug: (one.posts, one.accepted, one.seen) for one in found.rooms}
    assert by == {"news": (3, 66, 77), "other": (1, None, None)}


async def test_of_posts_that_not_everybody_reads_it_says_how_many(db: Database, clock: Clock) -> None:
    scene = await wanted(db)
    vault = await scene.room("vault", min_rank=0)
    for number in range(3):
        await keeps(scene, await post(scene, f"P{number}", min_rank=0))
        await keeps(scene, await post(scene, f"Q{number}", room=vault))
    found = await shown(scene)
    assert (found.posts, found.locked, sum(found.ways.values())) == (0, 6, 0)
    assert [one.room.slug for one in found.rooms] == ["news"]


async def test_what_was_deleted_is_old_or_small_does_not_count(db: Database, clock: Clock) -> None:
    scene = await wanted(db)
    gone = await post(scene, "Gone")
    await keeps(scene, gone)
    await remove(scene, gone)
    await keeps(scene, await post(scene, "Old"), ago_ms=WEEKS * WEEK_MS + 1)
    await keeps(scene, await post(scene, "Small"), Report(members=9, may_see=9, by_tier={"Free": 9}))
    found = await shown(scene)
    assert (found.posts, found.locked, sum(found.ways.values())) == (0, 0, 0)


async def test_what_was_kept_before_strangers_were_counted_is_read(db: Database, clock: Clock) -> None:
    scene = await wanted(db)
    made = await post(scene, "Words")
    await keeps(scene, made)
    async with db.write() as tx:
        old = msgspec.to_builtins(REPORT)
        del old["outside"]
        await tx.run(post_reach.update().values(counts=msgspec.json.encode(old).decode()))
    assert (await shown(scene)).ways["outside_mail"] == 0
