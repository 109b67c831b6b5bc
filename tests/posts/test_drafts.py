"""What is not said yet."""

import pytest
from sqlalchemy import func, select

from channel.errors import Conflict, Forbidden, NotFound
from channel.ids import new_id
from channel.members import Role
from channel.posts import drafts
from channel.posts.model import MAX_DRAFTS, Sketch
from channel.posts.tables import drafts as table
from channel.storage import Database
from tests.cast import creator
from tests.conftest import Clock
from tests.posts.writing import post, remove


async def test_a_draft_is_kept_and_grows(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    quoted = await post(anna)
    sketch = Sketch.parse("Half a", room_id=anna.news.id, quote_id=quoted.id, min_rank=0, silent=True)
    async with db.write() as tx:
        saved = await drafts.save_draft(tx, await anna.by(tx, anna.owner), sketch)
    assert saved.sketch == sketch
    clock.forward(5_000)
    async with db.write() as tx:
        by = await anna.by(tx, anna.owner)
        again = await drafts.save_draft(tx, by, Sketch.parse("Half a thought"), saved.id)
    assert again.id == saved.id
    assert again.updated_at == saved.updated_at + 5_000
    async with db.read() as tx:
        assert await drafts.own_drafts(tx, await anna.by(tx, anna.owner)) == [again]


async def test_a_draft_that_was_named_when_it_was_begun_is_kept_once(db: Database, clock: Clock) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    name = new_id(clock.now_ms)
    for text in ("Half a", "Half a thought"):
        async with db.write() as tx:
            by = await anna.by(tx, anna.owner)
            saved = await drafts.save_draft(tx, by, Sketch.parse(text), begun=name)
        assert saved.id == name
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await drafts.save_draft(tx, await zoe.by(tx, zoe.owner), Sketch.parse("Hers now"), begun=name)
    async with db.write() as tx:
        by = await anna.by(tx, anna.owner)
        assert [one.sketch.text for one in await drafts.own_drafts(tx, by)] == ["Half a thought"]
        odd = await drafts.save_draft(tx, by, Sketch.parse("No name"), begun="'; --")
        assert odd.id not in (name, "'; --")


async def test_the_draft_touched_last_comes_first(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    for text in ("one", "two"):
        clock.forward(1_000)
        async with db.write() as tx:
            await drafts.save_draft(tx, await anna.by(tx, anna.owner), Sketch.parse(text))
    async with db.read() as tx:
        found = await drafts.own_drafts(tx, await anna.by(tx, anna.owner))
    assert [one.sketch.text for one in found] == ["two", "one"]


async def test_nobody_else_sees_or_touches_a_draft(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    berta = await anna.member("berta", role=Role.ADMIN)
    async with db.write() as tx:
        saved = await drafts.save_draft(tx, await anna.by(tx, anna.owner), Sketch.parse("Mine"))
    for scene, other in ((anna, berta), (zoe, zoe.owner)):
        async with db.write() as tx:
            by = await scene.by(tx, other)
            assert not await drafts.own_drafts(tx, by)
            assert not await drafts.delete_draft(tx, by, saved.id)
            with pytest.raises(NotFound):
                await drafts.one_draft(tx, by, saved.id)
            with pytest.raises(NotFound):
                await drafts.save_draft(tx, by, Sketch.parse("Hers now"), saved.id)
    async with db.write() as tx:
        assert await drafts.delete_draft(tx, await anna.by(tx, anna.owner), saved.id)


async def test_a_follower_keeps_no_drafts(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await drafts.save_draft(tx, await anna.by(tx, bob), Sketch.parse("Hi"))


async def test_what_belongs_elsewhere_is_left_out(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    hers = await post(zoe)
    sketch = Sketch.parse("Look", room_id=zoe.news.id, quote_id=hers.id)
    async with db.write() as tx:
        saved = await drafts.save_draft(tx, await anna.by(tx, anna.owner), sketch)
    assert (saved.sketch.room_id, saved.sketch.quote_id) == (None, None)


async def test_a_deleted_quote_leaves_the_draft(db: Database) -> None:
    anna = await creator(db)
    quoted = await post(anna)
    async with db.write() as tx:
        sketch = Sketch.parse("Look", quote_id=quoted.id)
        saved = await drafts.save_draft(tx, await anna.by(tx, anna.owner), sketch)
    await remove(anna, quoted)
    async with db.read() as tx:
        found = await drafts.one_draft(tx, await anna.by(tx, anna.owner), saved.id)
    assert (found.sketch.text, found.sketch.quote_id) == ("Look", None)


async def test_a_hundred_drafts_are_enough(db: Database) -> None:
    anna = await creator(db)
    row = {
        "account_id": anna.owner.id,
        "community_id": anna.community.id,
        "text": "x",
        "silent": False,
        "ai": "none",
    }
    async with db.write() as tx:
        rows = [row | {"id": new_id(tx.now), "updated_at": tx.now} for _ in range(MAX_DRAFTS)]
        await tx.run_many(table.insert(), rows)
    with pytest.raises(Conflict):
        async with db.write() as tx:
            await drafts.save_draft(tx, await anna.by(tx, anna.owner), Sketch.parse("One more"))
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(table)) == MAX_DRAFTS
