"""Finding posts again."""

import asyncio

import pytest
from sqlalchemy import delete, select

from channel import posts, rooms
from channel.errors import Invalid, NotFound
from channel.ids import new_id
from channel.members import Role
from channel.posts import queries, tables
from channel.posts.model import Post
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import change, post, remove

HOUR_MS = 3_600_000


async def ten(scene: Scene, clock: Clock) -> list[Post]:
    """Ten posts, an hour between each."""
    made = []
    for n in range(10):
        clock.forward(HOUR_MS)
        made.append(await post(scene, f"Post {n}"))
    return made


def texts(found: list[Post]) -> list[str]:
    return [one.text.removeprefix("Post ") for one in found]


async def test_a_room_is_paged_in_both_directions(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    made = await ten(anna, clock)
    async with db.read() as tx:
        assert texts(await posts.page(tx, anna.news.id, limit=3)) == ["9", "8", "7"]
        assert texts(await posts.page(tx, anna.news.id, before=made[3].seq, limit=2)) == ["2", "1"]
        assert texts(await posts.page(tx, anna.news.id, after=made[3].seq, limit=2)) == ["5", "4"]
        assert await queries.edges(tx, anna.news.id) == (made[0].seq, made[9].seq)
        assert not await posts.page(tx, anna.news.id, after=made[9].seq)


async def test_a_place_in_time_is_found(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    made = await ten(anna, clock)
    async with db.read() as tx:
        assert texts(await queries.around(tx, anna.news.id, seq=made[5].seq, limit=4)) == ["6", "5", "4", "3"]
        moment = made[4].created_at + 1
        assert texts(await queries.around(tx, anna.news.id, at=moment, limit=4)) == ["6", "5", "4", "3"]
        assert texts(await queries.around(tx, anna.news.id, at=0, limit=4)) == ["3", "2", "1", "0"]
        late = made[9].created_at + HOUR_MS
        assert texts(await queries.around(tx, anna.news.id, at=late, limit=2)) == ["9", "8"]


async def test_an_empty_room_is_empty(db: Database) -> None:
    anna = await creator(db)
    async with db.read() as tx:
        assert await queries.edges(tx, anna.news.id) == (0, 0)
        assert not await queries.around(tx, anna.news.id, at=0)
        assert not await queries.last_posts(tx, [anna.news.id])
        assert not await queries.last_posts(tx, [])
        assert not await posts.many(tx, [])
        with pytest.raises(NotFound):
            await queries.by_seq(tx, anna.news.id, 1)


async def test_unread_counts_what_others_said_since(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    side = await anna.room("side")
    first, second = await post(anna, "1"), await post(anna, "2")
    await post(anna, "elsewhere", room=side)
    gone = await post(anna, "3")
    await remove(anna, gone)
    async with db.write() as tx:
        await rooms.mark_read(tx, anna.news.id, {bob.id: first.seq})
    async with db.read() as tx:
        both = [anna.news.id, side.id]
        assert await posts.unread(tx, bob.id, both) == {anna.news.id: 1, side.id: 1}
        assert await posts.unread(tx, anna.owner.id, both) == {anna.news.id: 0, side.id: 0}
        last = await queries.last_posts(tx, both)
    assert {room_id: one.text for room_id, one in last.items()} == {anna.news.id: "2", side.id: "elsewhere"}
    assert last[anna.news.id] == second


async def test_a_view_is_counted_for_what_a_reader_passed(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    made = [await post(anna, str(n)) for n in range(6)]

    async def read(account_id: str, start: int, end: int) -> tuple[str, ...]:
        async with db.write() as tx:
            return await posts.seen(tx, anna.news, {account_id: (start, end)})

    assert await read(bob.id, made[0].seq, made[2].seq) == (made[1].id, made[2].id)
    assert await read(anna.owner.id, 0, 99) == ()
    await asyncio.gather(*(read(one.id, 0, 99) for one in (bob, eve) for _ in range(5)))
    async with db.read() as tx:
        assert [one.views for one in (await posts.page(tx, anna.news.id))[::-1]] == [10, 11, 11, 10, 10, 10]


async def test_views_of_many_who_read_different_parts_are_counted_together(db: Database) -> None:
    anna = await creator(db)
    bob, eve, kim = [await anna.member(name) for name in ("bob", "eve", "kim")]
    seqs = [(await post(anna, str(n))).seq for n in range(5)]
    moved = {
        bob.id: (0, seqs[4]),
        eve.id: (seqs[0], seqs[2]),
        kim.id: (seqs[1], seqs[1]),
        anna.owner.id: (0, seqs[3]),
    }
    async with db.write() as tx:
        assert len(await posts.seen(tx, anna.news, moved)) == 5
    async with db.read() as tx:
        assert [one.views for one in (await posts.page(tx, anna.news.id))[::-1]] == [1, 2, 2, 1, 1]


async def test_only_what_everybody_may_read_is_public(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 20)
    inner = await anna.room("inner", min_rank=0)
    await post(anna, "open")
    clock.forward(1)
    await post(anna, "members", min_rank=0)
    await post(anna, "gold", min_rank=20)
    await post(anna, "inner", room=inner)
    await remove(anna, await post(anna, "gone"))
    clock.forward(1)
    await change(anna, await post(anna, "open too"), "open as well")
    async with db.read() as tx:
        assert [one.text for one in await queries.newest_public(tx, anna.community.id)] == [
            "open as well",
            "open",
        ]


async def test_the_studio_lists_everything_page_by_page(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await ten(anna, clock)
    side = await anna.room("side")
    clock.forward(HOUR_MS)
    await post(anna, "aside", room=side)
    seen: list[str] = []
    cursor: str | None = None
    async with db.read() as tx:
        while True:
            found = await queries.listing(tx, anna.community.id, cursor=cursor, limit=4)
            seen += texts(found.items)
            cursor = found.next_cursor
            if cursor is None:
                break
        assert seen == ["aside", *map(str, range(9, -1, -1))]
        assert texts((await queries.listing(tx, anna.community.id, room_id=side.id)).items) == ["aside"]
        with pytest.raises(Invalid):
            await queries.listing(tx, anna.community.id, cursor="nonsense")


async def test_no_more_than_the_newest_thousand_are_looked_through(db: Database, clock: Clock) -> None:
    """Who wrote a million posts, or locked them all, must not make the server read a million."""
    anna = await creator(db)
    await anna.tier("Gold", 20)
    editor, reader = await anna.member("eddie", role=Role.EDITOR), await anna.member("rita")
    first = await post(anna, "by another, long ago", author=editor)
    clock.forward(1)
    model = await post(anna, "by Anna", min_rank=20)
    async with db.write(heavy=True) as tx:
        [row] = await tx.all(select(tables.posts).where(tables.posts.c.id == model.id))
        more = [
            row._asdict()
            | {"id": new_id(tx.now), "key": str(n), "seq": model.seq + n, "created_at": model.created_at + n}
            for n in range(1, queries.LOOKED_THROUGH)
        ]
        await tx.run_many(tables.posts.insert(), more)

    async def counted() -> tuple[int, int, list[str]]:
        async with db.read() as tx:
            by_anna = await posts.unread(tx, anna.owner.id, [anna.news.id])
            by_rita = await posts.unread(tx, reader.id, [anna.news.id])
            public = await queries.newest_public(tx, anna.community.id)
        return by_anna[anna.news.id], by_rita[anna.news.id], [one.text for one in public]

    assert await counted() == (0, queries.LOOKED_THROUGH, [])
    async with db.write() as tx:
        await tx.run(delete(tables.posts).where(tables.posts.c.id == more[-1]["id"]))
    assert await counted() == (1, queries.LOOKED_THROUGH, [first.text])
