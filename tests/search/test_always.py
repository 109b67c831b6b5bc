"""Whatever happens in whatever order: the index says what the posts say, once it has caught up."""

import random
import secrets

import pytest
from sqlalchemy import select

from channel import posts, rooms
from channel.members.model import needed
from channel.posts.model import Post
from channel.posts.steps import HOUR_MS, Step
from channel.posts.tables import posts as post_table
from channel.search import Indexer, catch_up
from channel.search.indexer import start_anew
from channel.search.tables import audiences, changes, docs
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import change, open_by_itself, post, remove
from tests.search.looking import filed, texts

GOLD = 20
STEPS = 40


async def alike(scene: Scene) -> None:
    """The index is what the posts are, no more and no less."""
    await catch_up(scene.db)
    in_index = select(docs.c.doc_id, docs.c.rev, audiences.c.room_id, audiences.c.rank).join(
        audiences, audiences.c.id == docs.c.audience_id
    )
    stored = select(post_table.c.id, post_table.c.rev, post_table.c.room_id, post_table.c.min_rank)
    async with scene.db.read() as tx:
        found = {tuple(row) for row in await tx.all(in_index)}
        rows = await tx.all(stored.where(post_table.c.deleted_at.is_(None)))
        assert await tx.all(select(changes)) == []
    assert found == {(row.id, row.rev, row.room_id, needed(row.min_rank)) for row in rows}
    assert await filed(scene.db) == len(rows)


class Life:
    """A random one."""

    def __init__(self, scene: Scene, clock: Clock, seed: int) -> None:
        self.scene, self.clock, self.chance = scene, clock, random.Random(seed)
        self.alive: dict[str, tuple[Post, str]] = {}

    async def step(self) -> None:
        self.clock.forward(self.chance.choice((0, 0, 1, HOUR_MS)))
        act = self.chance.choice((self.publish, self.publish, self.edit, self.delete, self.open, self.file))
        await act()

    async def publish(self) -> None:
        word = secrets.token_hex(6)
        rank = self.chance.choice((None, 0, GOLD))
        opens = [Step(self.clock.now_ms + HOUR_MS, None)] if rank else []
        made = await post(self.scene, f"word {word}", min_rank=rank, opens=opens)
        self.alive[made.id] = made, word

    async def one(self) -> Post | None:
        if not self.alive:
            return None
        async with self.scene.db.read() as tx:
            return await posts.one(tx, self.chance.choice([*self.alive]))

    async def edit(self) -> None:
        if old := await self.one():
            word = secrets.token_hex(6)
            rank = self.chance.choice((None, 0, GOLD))
            self.alive[old.id] = await change(self.scene, old, f"word {word}", min_rank=rank), word

    async def delete(self) -> None:
        if old := await self.one():
            del self.alive[old.id]
            await remove(self.scene, old)

    async def open(self) -> None:
        if (old := await self.one()) and old.opens:
            await open_by_itself(self.scene, old)

    async def file(self) -> None:
        await Indexer(self.scene.db).step()


@pytest.mark.parametrize("seed", range(4))
async def test_the_index_is_what_the_posts_are(db: Database, clock: Clock, seed: int) -> None:
    scene = await creator(db)
    await scene.tier("Gold", GOLD)
    life = Life(scene, clock, seed)
    for _ in range(STEPS):
        await life.step()
    await alike(scene)
    for made, word in life.alive.values():
        async with db.read() as tx:
            said = (await posts.one(tx, made.id)).text
        assert await texts(scene, word[:5], scene.owner) == [said]


async def test_what_changes_while_it_is_made_ready_is_taken_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit between the reading and the filing: the filing of the old wording must not count."""
    scene = await creator(db)
    made = await post(scene, "old words")
    indexer, real = Indexer(db), db.write

    def write(*, heavy: bool = False) -> object:
        monkeypatch.setattr(db, "write", real)
        return _After(change(scene, made, "new words"), real(heavy=heavy))

    monkeypatch.setattr(db, "write", write)
    await indexer.step()
    await alike(scene)
    assert await texts(scene, "old") == []
    assert await texts(scene, "new") == ["new words"]


class _After:
    """A context that begins once something else has happened."""

    def __init__(self, first, inner) -> None:  # type: ignore[no-untyped-def]
        self.first, self.inner = first, inner

    async def __aenter__(self):  # type: ignore[no-untyped-def]
        await self.first
        return await self.inner.__aenter__()

    async def __aexit__(self, *error):  # type: ignore[no-untyped-def]
        return await self.inner.__aexit__(*error)


async def test_what_goes_with_its_room_or_community_is_forgotten(db: Database) -> None:
    scene = await creator(db)
    room = await scene.room("workshop")
    await post(scene, "here", room=room)
    await post(scene, "there")
    assert await filed(db) == 2
    async with db.write() as tx:
        await rooms.delete(tx, room)
    await alike(scene)
    assert await texts(scene, "here", scene.owner) == []


async def test_many_in_one_moment_have_their_places(db: Database) -> None:
    scene = await creator(db)
    for number in range(25):
        await post(scene, f"glaze {number}")
    await alike(scene)
    async with db.write() as tx:
        await start_anew(tx)
    await alike(scene)
    assert len(await texts(scene, "glaze", limit=7)) == 25
