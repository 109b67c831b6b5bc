"""Whatever happens in whatever order: the index says what a fresh one would say, once it has caught up."""

import random
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from channel import comments, posts, rooms
from channel.accounts import Account
from channel.comments import Comment
from channel.comments import settings as comment_rules
from channel.comments.tables import comments as comment_table
from channel.members.model import needed
from channel.posts.model import Post
from channel.posts.steps import HOUR_MS, Step
from channel.posts.tables import posts as post_table
from channel.rooms import Room
from channel.search import Indexer, catch_up, inside, parse, search
from channel.search.indexer import start_anew
from channel.search.tables import audiences, changes, docs
from channel.storage import Database, Tx
from channel.topics import Topic
from tests.cast import Scene, creator
from tests.comments import saying
from tests.conftest import Clock
from tests.polls.asking import ask
from tests.posts.writing import change, open_by_itself, post, remove
from tests.questions.asking import prompt
from tests.search.looking import filed, text_of, texts
from tests.topics import talking

GOLD = 20
STEPS = 60
HELD_WORD = "wicked"


async def alike(scene: Scene) -> None:
    """The index is what the posts and comments are, no more and no less; and what it would be if it were made anew."""
    await catch_up(scene.db)
    async with scene.db.read() as tx:
        assert await tx.all(select(changes)) == []
        assert await _filed_for(tx) == await _stored(tx)
        was = await _said(tx)
    await filed(scene.db)
    async with scene.db.write() as tx:
        await start_anew(tx)
        await tx.run(text("DELETE FROM search_words"))
        await tx.run(docs.delete())
    await catch_up(scene.db)
    async with scene.db.read() as tx:
        assert await _said(tx) == was


async def _filed_for(tx: Tx) -> set[tuple[Any, ...]]:
    filed_for = select(docs.c.kind, docs.c.doc_id, docs.c.rev, audiences.c.room_id, audiences.c.rank).join(
        audiences, audiences.c.id == docs.c.audience_id
    )
    return {tuple(row) for row in await tx.all(filed_for)}


async def _stored(tx: Tx) -> set[tuple[Any, ...]]:
    there = post_table.c.deleted_at.is_(None)
    place = (post_table.c.room_id, post_table.c.min_rank)
    said = select(comment_table.c.id, comment_table.c.rev, *place).join(
        post_table, post_table.c.id == comment_table.c.thread_id
    )
    found = [
        ("post", *row) for row in await tx.all(select(post_table.c.id, post_table.c.rev, *place).where(there))
    ]
    rows = await tx.all(said.where(there, comment_table.c.state == "shown"))
    found += [("comment", *row) for row in rows]
    return {(kind, id, rev, room_id, needed(rank)) for kind, id, rev, room_id, rank in found}


async def _said(tx: Tx) -> set[tuple[Any, ...]]:
    """Every document with its words and facts, as they are filed."""
    columns = "w.words, w.second, w.facts" if tx.dialect == "sqlite" else "CAST(w.vector AS TEXT)"
    place = "w.rowid" if tx.dialect == "sqlite" else "w.place"
    query = (
        f"SELECT d.kind, d.doc_id, d.rev, d.audience_id, {columns} FROM search_docs d "
        f"JOIN search_words w ON {place} = d.place"
    )
    return {tuple(row) for row in await tx.all(text(query))}


class Life:
    """A random one, of a channel and a group."""

    def __init__(self, scene: Scene, clock: Clock, seed: int) -> None:
        self.scene, self.clock, self.chance = scene, clock, random.Random(seed)
        self.alive: dict[str, str] = {}  # a word of each post and comment that is there
        self.below: dict[str, set[str]] = {}  # the comments of a post
        self.topics: list[Topic] = []
        self.talk: Room
        self.bob: Account

    async def begin(self) -> "Life":
        await self.scene.tier("Gold", GOLD)
        self.talk = await talking.group(self.scene)
        self.bob = await self.scene.member("Bob", tier=await self.scene.tier("Top", GOLD + 1))
        self.topics = [await talking.start(self.scene, self.talk, name) for name in ("One", "Two")]
        async with self.scene.db.write() as tx:
            by = await self.scene.by(tx, self.scene.owner)
            await comment_rules.change_holds(tx, by, self.scene.community, words=HELD_WORD, link_days=0)
        return self

    async def step(self) -> None:
        self.clock.forward(self.chance.choice((0, 0, 1, HOUR_MS)))
        acts: list[Callable[[], Awaitable[None]]] = [
            self.publish, self.publish, self.asks, self.edit, self.delete, self.open, self.say, self.say, self.say,
            self.reword, self.approve, self.unsay, self.message, self.move, self.switch, self.file, self.file,
        ]  # fmt: skip
        await self.chance.choice(acts)()

    def word(self) -> str:
        return secrets.token_hex(6)

    def rank(self) -> int | None:
        return self.chance.choice((None, 0, GOLD))

    async def publish(self) -> None:
        word, rank = self.word(), self.rank()
        opens = [Step(self.clock.now_ms + HOUR_MS, None)] if rank else []
        made = await post(self.scene, f"word {word}", min_rank=rank, opens=opens)
        self.alive[made.id] = word

    async def asks(self) -> None:
        word = self.word()
        if self.chance.random() < 0.5:
            self.alive[(await ask(self.scene, text=f"poll {word}", min_rank=self.rank())).id] = word
        else:
            self.alive[(await prompt(self.scene, f"prompt {word}", min_rank=self.rank())).post_id] = word

    async def message(self) -> None:
        word = self.word()
        said = await talking.say(self.scene, self.talk, f"said {word}", topic=self.chance.choice(self.topics))
        self.alive[said.id] = word

    async def one(self, *, group: bool | None = False) -> Post | None:
        """A post that is there: of the channel, of the group, of either."""
        here = post_table.c.room_id == self.talk.id
        query = select(post_table.c.id).where(post_table.c.deleted_at.is_(None)).order_by(post_table.c.id)
        if group is not None:
            query = query.where(here if group else ~here)
        async with self.scene.db.read() as tx:
            ids = [row.id for row in await tx.all(query)]
            return await posts.one(tx, self.chance.choice(ids)) if ids else None

    async def comment(self, state: str) -> Comment | None:
        query = select(comment_table.c.id).join(post_table, post_table.c.id == comment_table.c.thread_id)
        query = query.where(comment_table.c.state == state, post_table.c.deleted_at.is_(None))
        async with self.scene.db.read() as tx:
            ids = [row.id for row in await tx.all(query.order_by(comment_table.c.id))]
            return await comments.one(tx, self.chance.choice(ids)) if ids else None

    async def edit(self) -> None:
        if old := await self.one():
            word = self.word()
            await change(self.scene, old, f"word {word}", min_rank=self.rank())
            self.alive[old.id] = word

    async def delete(self) -> None:
        if old := await self.one(group=None):
            await remove(self.scene, old)
            for gone in (old.id, *self.below.pop(old.id, ())):
                self.alive.pop(gone, None)

    async def open(self) -> None:
        if (old := await self.one()) and old.opens:
            await open_by_itself(self.scene, old)

    async def switch(self) -> None:
        """A new revision of which no word is new."""
        if old := await self.one():
            async with self.scene.db.write() as tx:
                by = await self.scene.by(tx, self.scene.owner)
                await comment_rules.switch(tx, by, old, on=bool(old.comments_off))

    async def say(self) -> None:
        under = await self.one()
        if under is None or under.comments_off:
            return
        word = self.word()
        wicked = self.chance.random() < 0.3
        said = await saying.say(
            self.scene, under, self.bob, f"{HELD_WORD} {word}" if wicked else f"fine {word}"
        )
        self.below.setdefault(under.id, set()).add(said.id)
        if said.state == "shown":
            self.alive[said.id] = word

    async def reword(self) -> None:
        old = await self.comment("shown")
        if old is None or (await self._closed(old)):
            return
        word = self.word()
        wicked = self.chance.random() < 0.3
        now = await saying.change(self.scene, old, f"{HELD_WORD} {word}" if wicked else f"fine {word}")
        self.alive.pop(old.id, None)
        if now.state == "shown":
            self.alive[now.id] = word

    async def _closed(self, old: Comment) -> bool:
        async with self.scene.db.read() as tx:
            return (await posts.one(tx, old.thread_id)).comments_off

    async def approve(self) -> None:
        if held := await self.comment("held"):
            shown = await saying.approve(self.scene, held)
            self.alive[shown.id] = shown.text.split()[-1]

    async def unsay(self) -> None:
        if old := await self.comment(self.chance.choice(("shown", "held"))):
            await saying.remove(self.scene, old)
            self.alive.pop(old.id, None)

    async def move(self) -> None:
        if moving := await self.one(group=True):
            to = next(topic for topic in self.topics if topic.id != moving.topic_id)
            await talking.move(self.scene, self.talk, [moving], to)

    async def file(self) -> None:
        await Indexer(self.scene.db, self.chance.choice((1, 3, 100))).step()


@pytest.mark.parametrize("seed", range(6))
async def test_the_index_is_what_a_fresh_one_is(db: Database, clock: Clock, seed: int) -> None:
    scene = await creator(db)
    life = await Life(scene, clock, seed).begin()
    for _ in range(STEPS):
        await life.step()
    await alike(scene)
    assert await filed(db) == len(life.alive)
    for id, word in life.alive.items():
        async with db.read() as tx:
            reach = await inside(tx, scene.community, await scene.by(tx, scene.owner))
            [hit] = (await search(tx, reach, parse(word[:5], "en"))).items
        assert hit.id == id


@pytest.mark.parametrize("seed", range(3))
async def test_who_turns_pages_meets_everything_once(db: Database, clock: Clock, seed: int) -> None:
    """Whatever is filed anew meanwhile. Many were written in the same moment."""
    scene, chance = await creator(db), random.Random(seed)
    under = [await post(scene, f"glaze post {number}") for number in range(6)]
    said = []
    for number in range(20):
        clock.forward(chance.choice((0, 0, 1)))
        said.append(await saying.say(scene, chance.choice(under), scene.owner, f"glaze comment {number}"))
    await catch_up(db)
    seen: list[str] = []
    cursor = None
    while True:
        async with db.read() as tx:
            reach = await inside(tx, scene.community, await scene.by(tx, None))
            page = await search(tx, reach, parse("glaze", "en"), cursor=cursor, limit=3)
            seen += [await text_of(tx, hit) for hit in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        old = said[chance.randrange(len(said))] = await _again(scene, said[chance.randrange(len(said))])
        assert old.rev > 1
        await saying.say(scene, chance.choice(under), scene.owner, "glaze, but newer")
        await catch_up(db)
    wanted = [f"glaze post {number}" for number in range(6)] + [
        f"glaze comment {number}" for number in range(20)
    ]
    assert sorted(one.rstrip("!") for one in seen if "newer" not in one) == sorted(wanted)


async def _again(scene: Scene, old: Comment) -> Comment:
    """Said in other words, of which those that are looked for are the same."""
    async with scene.db.read() as tx:
        now = await comments.one(tx, old.id)
    return await saying.change(scene, now, now.text + "!")


async def test_what_changes_while_it_is_made_ready_is_taken_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit between the reading and the filing: the filing of the old wording must not count."""
    scene = await creator(db)
    made = await post(scene, "old words")
    await _meanwhile(scene, monkeypatch, change(scene, made, "new words"))
    await alike(scene)
    assert await texts(scene, "old") == []
    assert await texts(scene, "new") == ["new words"]


async def test_a_comment_whose_post_is_closed_meanwhile_is_filed_for_those_who_read_it_now(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await creator(db)
    await scene.tier("Gold", GOLD)
    under = await post(scene, "clay")
    await catch_up(db)
    await saying.say(scene, under, scene.owner, "glaze")
    await _meanwhile(scene, monkeypatch, change(scene, under, "clay", min_rank=GOLD))
    assert await texts(scene, "glaze") == []
    assert await texts(scene, "glaze", scene.owner) == ["glaze"]
    await alike(scene)


async def _meanwhile(scene: Scene, monkeypatch: pytest.MonkeyPatch, act: Awaitable[object]) -> None:
    """One step of the indexer, with something that happens between its reading and its filing."""
    db = scene.db
    indexer, real = Indexer(db), db.write

    def write(*, heavy: bool = False) -> object:
        monkeypatch.setattr(db, "write", real)
        return _After(act, real(heavy=heavy))

    monkeypatch.setattr(db, "write", write)
    await indexer.step()


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


async def test_what_another_version_tells_of_is_left_to_it(db: Database) -> None:
    scene = await creator(db)
    async with db.write() as tx:
        await tx.run(changes.insert().values(kind="dream", doc_id="x"))
    await post(scene, "glaze")
    assert await texts(scene, "glaze") == ["glaze"]
    async with db.read() as tx:
        assert [row.kind for row in await tx.all(select(changes))] == ["dream"]
