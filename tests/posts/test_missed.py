"""Catching up: what is new for somebody, in the order of time, and nothing that is not theirs."""

from channel.accounts import Account
from channel.members import queries
from channel.posts.missed import Missed, last_seqs, missed
from channel.rooms.actions import mark_all_read, mark_read
from channel.storage import Database
from tests.cast import Scene, creator, join_unasked
from tests.conftest import Clock
from tests.posts.test_mentions import known
from tests.posts.writing import post

HOUR_MS = 3_600_000


async def new(scene: Scene, reader: Account, **more: object) -> list[Missed]:
    async with scene.db.read() as tx:
        belongings = await queries.entitlements(tx, reader.id)
        return (await missed(tx, reader.id, belongings, upto=tx.now, **more)).items  # type: ignore[arg-type]


def said(found: list[Missed]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.post.text, one.why) for one in found]


async def test_what_is_new_stands_in_the_order_of_time_over_all_rooms(db: Database, clock: Clock) -> None:
    anna, bert = await creator(db), await creator(db, "bert")
    mara = await known(anna, "mara")
    async with db.write() as tx:
        await join_unasked(tx, mara, bert.community)
    more = await anna.room("more")
    for text, scene, room in (("1", anna, more), ("2", bert, bert.news), ("3 @mara", anna, anna.news)):
        clock.forward(HOUR_MS)
        await post(scene, text, room=room)
    assert said(await new(anna, mara)) == [
        ("1", ("post",)),
        ("2", ("post",)),
        ("3 @mara", ("post", "mention")),
    ]


async def test_what_was_read_was_not_missed(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara = await anna.member("mara")
    first = await post(anna, "one")
    clock.forward(1)
    await post(anna, "two")
    async with db.write() as tx:
        await mark_read(tx, anna.news.id, {mara.id: first.seq})
    assert said(await new(anna, mara)) == [("two", ("post",))]
    assert await new(anna, anna.owner) == [], "one's own words are no news"


async def test_a_locked_post_comes_locked_and_does_not_say_whom_it_names(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 10)
    vault = await anna.room("vault", min_rank=10)
    mara = await known(anna, "mara")
    await post(anna, "@mara secret", min_rank=10)
    await post(anna, "@mara inside", room=vault)
    (only,) = await new(anna, mara)
    assert only.why == ("post",)
    assert not only.entitlement.reads(only.room.min_rank, only.post.min_rank)


async def test_pages_follow_each_other(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara = await anna.member("mara")
    for n in range(7):
        clock.forward(1)
        await post(anna, str(n))
    seen: list[str] = []
    cursor = None
    async with db.read() as tx:
        belongings = await queries.entitlements(tx, mara.id)
        for _ in range(4):
            page = await missed(tx, mara.id, belongings, upto=tx.now, cursor=cursor, limit=2)
            seen += [one.post.text for one in page.items]
            cursor = page.next_cursor
    assert (seen, cursor) == ([str(n) for n in range(7)], None)


async def test_all_is_read_up_to_a_moment_and_never_backwards(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara = await anna.member("mara")
    old = await post(anna, "old")
    upto = clock.now_ms
    clock.forward(1)
    late = await post(anna, "late")
    async with db.write() as tx:
        belongings = await queries.entitlements(tx, mara.id)
        seqs = await last_seqs(tx, belongings, upto)
        assert await mark_all_read(tx, mara.id, seqs) == {anna.news.id: old.seq}
        assert await mark_all_read(tx, mara.id, seqs) == {}
    assert said(await new(anna, mara)) == [("late", ("post",))]
    async with db.write() as tx:
        await mark_all_read(tx, mara.id, {anna.news.id: late.seq})
        assert await mark_all_read(tx, mara.id, {anna.news.id: old.seq}) == {}
    assert await new(anna, mara) == []
