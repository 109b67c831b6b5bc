"""Publishing: once per key, in one order, by those who may."""

import asyncio
import random

import pytest
from sqlalchemy import func, select, update

from channel import communities, posts
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.events import PostDeleted, PostEdited, PostPinned, PostPublished, room_stream
from channel.members import Role, governing
from channel.outbox import events_since
from channel.posts import carrying, pins, queries
from channel.posts.model import Draft, Post
from channel.posts.tables import posts as table
from channel.posts.tables import revisions
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.posts.writing import change, post, remove, write


async def log(scene: Scene, room: Room | None = None) -> list[tuple[int, object]]:
    async with scene.db.read() as tx:
        logged = await events_since(tx, room_stream((room or scene.news).id), 0, limit=1000)
    return [(row.seq, row.event) for row in logged]


async def test_a_post_is_what_was_written(db: Database) -> None:
    anna = await creator(db)
    made = await post(anna, "**Open** at nine, see #news", teaser="Soon", ai="assisted", silent=True)
    async with db.read() as tx:
        stored = await posts.one(tx, made.id)
        assert await queries.by_seq(tx, anna.news.id, made.seq) == stored
    assert stored == made
    assert "<strong>Open</strong>" in stored.html
    assert 'href="/@anna/news"' in stored.html
    assert (stored.teaser, stored.ai, stored.silent, stored.rev) == ("Soon", "assisted", True, 1)
    last = (await log(anna))[-1]
    assert last == (made.seq, PostPublished(room_id=anna.news.id, post_id=made.id))


async def test_the_same_key_again_gives_the_first_post(db: Database) -> None:
    anna = await creator(db)
    first, created = await write(anna, "Once", key="k1")
    again, created_again = await write(anna, "Once more", key="k1")
    assert (created, created_again) == (True, False)
    assert again == first


async def test_a_key_belongs_to_its_author(db: Database) -> None:
    anna = await creator(db)
    berta = await anna.member("berta", role=Role.EDITOR)
    first = await post(anna, "Mine", key="k1")
    second = await post(anna, "Hers", key="k1", author=berta)
    assert first.id != second.id


async def test_fifty_at_once_with_one_key_are_one_post_and_one_event(db: Database) -> None:
    anna = await creator(db)
    before = len(await log(anna))
    answers = await asyncio.gather(*(write(anna, "Only once", key="same") for _ in range(50)))
    assert sum(created for _, created in answers) == 1
    assert len({made for made, _ in answers}) == 1
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(table)) == 1
    assert len(await log(anna)) == before + 1


async def test_seq_has_no_gap_whatever_happens_at_once(db: Database) -> None:
    anna = await creator(db)
    made = [await post(anna, f"Post {n}") for n in range(8)]
    dice = random.Random(3)

    async def something(n: int) -> None:
        old = made[n % len(made)]
        try:
            match n % 4:
                case 0:
                    await write(anna, f"New {n}", key=f"k{n // 8}")
                case 1:
                    await change(anna, old, f"Edit {n}")
                case 2:
                    await remove(anna, old)
                case _:
                    async with db.write() as tx:
                        await pins.pin(tx, await anna.by(tx, anna.owner), old, dice.choice([None, 1, 2]))
        except (Conflict, NotFound):
            pass  # somebody was faster: that must leave no hole either

    await asyncio.gather(*(something(n) for n in range(60)))
    logged = await log(anna)
    assert [seq for seq, _ in logged] == list(range(1, len(logged) + 1))
    assert {type(event) for _, event in logged} >= {PostPublished, PostEdited, PostDeleted, PostPinned}
    async with db.read() as tx:
        stored = await queries.page(tx, anna.news.id, limit=100)
        pinned = await queries.pinned(tx, anna.news.id)
    published = {event.post_id: seq for seq, event in logged if isinstance(event, PostPublished)}
    assert {one.id: one.seq for one in stored} == published
    assert [one.pin_position for one in pinned] == list(range(1, len(pinned) + 1))


async def test_after_the_newest_was_deleted_its_seq_is_not_given_again(db: Database) -> None:
    anna = await creator(db)
    newest = await post(anna, "Oops")
    await remove(anna, newest)
    following = await post(anna, "Better")
    assert following.seq == newest.seq + 2
    async with db.read() as tx:
        assert [one.id for one in await posts.page(tx, anna.news.id)] == [following.id, newest.id]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_who_may_not_post_cannot(db: Database, role: Role) -> None:
    anna = await creator(db)
    bob = await anna.member("bob", role=role)
    with pytest.raises(Forbidden):
        await write(anna, "Hi", author=bob)


async def test_a_stranger_to_a_private_community_learns_nothing(db: Database) -> None:
    anna = await creator(db, visibility="private")
    with pytest.raises(NotFound):
        await write(anna, "Hi", author=await person(db))


async def test_nobody_publishes_in_another_ones_name(db: Database) -> None:
    anna = await creator(db)
    berta = await anna.member("berta", role=Role.EDITOR)
    rendered = await posts.prepare(Draft.parse("Hi"), rooms={})
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await posts.publish(tx, await anna.by(tx, anna.owner), berta, anna.news, rendered, "k")


async def test_a_room_of_another_community_is_not_there(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    with pytest.raises(NotFound):
        await write(anna, "Hi", room=zoe.news)


async def test_a_closed_community_takes_no_posts_but_lets_go_of_them(db: Database) -> None:
    anna = await creator(db)
    berta = await anna.member("berta", role=Role.EDITOR)
    old = await post(anna, "Before", author=berta)
    async with db.write() as tx:
        await governing.close(tx, await anna.by(tx, anna.owner), await communities.one(tx, anna.community.id))
    with pytest.raises(Forbidden) as caught:
        await write(anna, "After")
    assert caught.value.code == "community_closed"
    assert (await remove(anna, old, author=berta)).deleted_at is not None


async def test_a_rank_without_a_tier_is_refused_and_the_tiers_are_named(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", 20)
    before = await log(anna)
    with pytest.raises(Invalid) as caught:
        await write(anna, "Hi", min_rank=15)
    assert "20 (Gold)" in caught.value.fields["min_rank"]
    assert await log(anna) == before
    async with db.read() as tx:
        assert not await posts.page(tx, anna.news.id)
    for min_rank in (None, 0, 20):
        assert (await post(anna, "Hi", min_rank=min_rank)).min_rank == min_rank


async def test_only_a_post_of_the_same_community_can_be_quoted(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    mine, hers = await post(anna), await post(zoe)
    gone = await remove(anna, await post(anna))
    assert (await post(anna, "As I said", quote_id=mine.id)).quote_id == mine.id
    for other in (hers.id, gone.id, "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(Invalid) as caught:
            await write(anna, "Look", quote_id=other)
        assert set(caught.value.fields) == {"quote"}


async def test_a_deleted_room_leaves_the_posts_that_quote_it(db: Database) -> None:
    anna = await creator(db)
    side = await anna.room("side")
    quoted = await post(anna, "Aside", room=side)
    quoting = await post(anna, "As I said aside", quote_id=quoted.id)
    async with db.write() as tx:
        community = await communities.one(tx, anna.community.id)
        await governing.delete_room(tx, await anna.by(tx, anna.owner), community, side, typed_slug="side")
    async with db.read() as tx:
        assert (await posts.one(tx, quoting.id)).quote_id is None


async def test_an_edit_keeps_what_was_said(db: Database) -> None:
    anna = await creator(db)
    berta = await anna.member("berta", role=Role.ADMIN)
    first = await post(anna, "Sixty cups", silent=True)
    second = await change(anna, first, "Sixty *two* cups")
    third = await change(anna, second, "Sixty-two cups", author=berta)
    async with db.read() as tx:
        stored = await posts.one(tx, first.id)
        versions = await queries.history(tx, stored)
    assert (stored.text, stored.rev, stored.silent) == ("Sixty-two cups", 3, True)
    assert stored == third
    assert stored.html == "<p>Sixty-two cups</p>"
    assert [one.text for one in versions] == ["Sixty cups", "Sixty *two* cups", "Sixty-two cups"]
    assert [one.by.id for one in versions] == [anna.owner.id, anna.owner.id, berta.id]
    assert [event for _, event in await log(anna)][-1] == PostEdited(
        room_id=anna.news.id, post_id=first.id, rev=3
    )


async def test_an_edit_that_changes_nothing_tells_nobody(db: Database) -> None:
    anna = await creator(db)
    first = await post(anna, "Same")
    before = await log(anna)
    assert await change(anna, first, " Same ") == first
    assert await log(anna) == before


async def test_of_two_edits_at_once_one_is_told_to_look_again(db: Database) -> None:
    anna = await creator(db)
    first = await post(anna, "Start")
    outcomes = await asyncio.gather(
        *(change(anna, first, f"Edit {n}") for n in range(10)), return_exceptions=True
    )
    assert sum(isinstance(one, Post) for one in outcomes) == 1
    assert all(isinstance(one, Post | Conflict) for one in outcomes)


async def test_what_only_came_to_look_different_is_no_other_wording(db: Database) -> None:
    """A picture that was being prepared is ready: who opened the form before that saves all the same."""
    anna = await creator(db)
    first = await post(anna, "With a picture")
    async with db.write() as tx:
        await carrying.tell(tx, [first.id])
    rendered = await posts.prepare(Draft.parse("With a word on it"), rooms={})
    async with db.write() as tx:
        shown = await posts.one(tx, first.id)
        edited = await posts.edit(tx, await anna.by(tx, anna.owner), shown, rendered, rev=first.rev)
    assert (shown.rev, edited.rev, edited.text) == (2, 3, "With a word on it")
    for early in (first.rev, shown.rev, edited.rev + 1):
        async with db.write() as tx:
            with pytest.raises(Conflict):
                await posts.edit(tx, await anna.by(tx, anna.owner), edited, rendered, rev=early)


async def test_only_the_author_and_admins_change_a_post(db: Database) -> None:
    anna = await creator(db)
    berta = await anna.member("berta", role=Role.EDITOR)
    carl = await anna.member("carl", role=Role.EDITOR)
    dora = await anna.member("dora", role=Role.ADMIN)
    hers = await post(anna, "Mine", author=berta)
    for other in (carl, await anna.member("emil", role=Role.MODERATOR), await anna.member("fritz")):
        with pytest.raises(Forbidden):
            await change(anna, hers, "Not yours", author=other)
        with pytest.raises(Forbidden):
            await remove(anna, hers, author=other)
    hers = await change(anna, hers, "Still mine", author=berta)
    assert (await change(anna, hers, "The house rules", author=dora)).rev == 3


async def test_a_deleted_post_leaves_a_trace_and_no_word(db: Database) -> None:
    anna = await creator(db)
    first = await post(anna, "A secret of mine", teaser="Psst")
    second = await change(anna, first, "Another secret", teaser="Psst")
    gone = await remove(anna, second)
    again = await remove(anna, second)
    assert again == gone
    assert (gone.text, gone.html, gone.teaser, gone.seq) == ("", "", "", first.seq)
    async with db.read() as tx:
        assert not await queries.history(tx, gone)
        kept = await tx.all(select(revisions.c.text).where(revisions.c.post_id == gone.id))
    assert [row.text for row in kept] == [""]
    told = [event for _, event in await log(anna) if isinstance(event, PostDeleted)]
    assert told == [PostDeleted(room_id=anna.news.id, post_id=first.id)]
    with pytest.raises(NotFound):
        await change(anna, gone, "Back again")


async def test_a_post_is_edited_five_hundred_times_at_most(db: Database) -> None:
    anna = await creator(db)
    first = await post(anna, "Start")
    async with db.write() as tx:
        await tx.run(update(table).values(rev=501))
    async with db.read() as tx:
        tired = await posts.one(tx, first.id)
    with pytest.raises(Conflict):
        await change(anna, tired, "Once more")
