"""Pins: several, ordered, without gaps."""

import asyncio

import pytest

from channel.accounts import Account
from channel.errors import Conflict, Forbidden, NotFound
from channel.events import PostPinned, room_stream
from channel.members import Role
from channel.outbox import events_since
from channel.posts import pins, queries
from channel.posts.model import Post
from channel.storage import Database
from tests.cast import Scene, creator
from tests.posts.writing import post, remove


async def pin(scene: Scene, one: Post, position: int | None, *, by: Account | None = None) -> Post:
    async with scene.db.write() as tx:
        return await pins.pin(tx, await scene.by(tx, by or scene.owner), one, position)


async def pinned(scene: Scene) -> list[str]:
    async with scene.db.read() as tx:
        found = await queries.pinned(tx, scene.news.id)
    assert [one.pin_position for one in found] == list(range(1, len(found) + 1))
    return [one.text for one in found]


async def test_pins_stand_in_the_chosen_order(db: Database) -> None:
    anna = await creator(db)
    a, b, c = [await post(anna, text) for text in "abc"]
    await pin(anna, a, 1)
    await pin(anna, b, 1)
    assert (await pin(anna, c, 99)).pin_position == 3
    assert await pinned(anna) == ["b", "a", "c"]
    await pin(anna, c, 1)
    assert await pinned(anna) == ["c", "b", "a"]
    assert (await pin(anna, c, 2)).pin_position == 2
    assert await pinned(anna) == ["b", "c", "a"]
    assert (await pin(anna, b, None)).pin_position is None
    assert await pinned(anna) == ["c", "a"]


async def test_a_pin_is_told_once_with_its_place(db: Database) -> None:
    anna = await creator(db)
    a = await post(anna, "a")
    await pin(anna, a, 5)
    await pin(anna, a, 1)
    await pin(anna, a, None)
    await pin(anna, a, None)
    async with db.read() as tx:
        logged = await events_since(tx, room_stream(anna.news.id), a.seq)
    assert [row.event for row in logged] == [
        PostPinned(room_id=anna.news.id, post_id=a.id, position=1),
        PostPinned(room_id=anna.news.id, post_id=a.id, position=None),
    ]


async def test_the_eleventh_pin_is_refused_but_the_tenth_can_move(db: Database) -> None:
    anna = await creator(db)
    made = [await post(anna, str(n)) for n in range(11)]
    for one in made[:10]:
        await pin(anna, one, 10)
    with pytest.raises(Conflict) as caught:
        await pin(anna, made[10], 1)
    assert caught.value.code == "too_many_pins"
    await pin(anna, made[9], 1)
    assert (await pinned(anna))[:2] == ["9", "0"]


async def test_deleting_a_pinned_post_closes_the_gap(db: Database) -> None:
    anna = await creator(db)
    a, b, c = [await post(anna, text) for text in "abc"]
    for one in (c, b, a):
        await pin(anna, one, 1)
    await remove(anna, a)
    assert await pinned(anna) == ["b", "c"]
    with pytest.raises(NotFound):
        await pin(anna, a, 1)


async def test_pins_of_everybody_at_once_leave_no_gap(db: Database) -> None:
    anna = await creator(db)
    made = [await post(anna, str(n)) for n in range(8)]
    await asyncio.gather(*(pin(anna, one, 1) for one in made))
    assert sorted(await pinned(anna)) == sorted(str(n) for n in range(8))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_who_may_not_pin_cannot(db: Database, role: Role) -> None:
    anna = await creator(db)
    bob = await anna.member("bob", role=role)
    with pytest.raises(Forbidden):
        await pin(anna, await post(anna), 1, by=bob)
