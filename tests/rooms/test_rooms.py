"""Rooms: their addresses, their order, who may read them, and how far somebody has read."""

import asyncio

import pytest

from channel import members, outbox, rooms
from channel.errors import Conflict, Invalid, NotFound
from channel.events import RoomUpdated, room_stream
from channel.members import governing
from channel.rooms import Room
from channel.rooms import model as room_model
from channel.rooms.model import RESERVED_SLUGS, parse_slug
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock


async def edit(scene: Scene, room: Room, **changes: object) -> Room:
    async with scene.db.write() as tx:
        return await governing.edit_room(
            tx, await scene.by(tx, scene.owner), scene.community, room, **changes
        )


@pytest.mark.parametrize(
    "slug", ["", "-a", "_a", "a" * 41, "ä", "a b", "a/b", "..", "a.b", "\x00", *sorted(RESERVED_SLUGS)]
)
def test_addresses_that_a_room_cannot_have(slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_slug(slug)
    assert set(refused.value.fields) == {"slug"}


async def led(scene: Scene, slug: str) -> str | None:
    """The id of the room to which an address leads."""
    async with scene.db.read() as tx:
        try:
            return (await rooms.by_slug(tx, scene.community.id, slug)).id
        except NotFound:
            return None


async def test_an_address_that_a_room_had_leads_to_it_until_another_takes_it(db: Database) -> None:
    scene, other = await creator(db), await creator(db, "bert")
    news = await edit(scene, scene.news, slug="letters")
    assert await led(scene, "news") == await led(scene, "letters") == news.id
    assert await led(other, "letters") is None, "elsewhere it means nothing"
    fresh = await scene.room("news")
    assert (await led(scene, "news"), await led(scene, "letters")) == (fresh.id, news.id)
    await edit(scene, fresh, slug="olds")
    news = await edit(scene, news, slug="news")
    assert await led(scene, "news") == await led(scene, "letters") == news.id, "it has its own one again"
    async with scene.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await governing.delete_room(tx, owner, scene.community, news, typed_slug="news")
    assert (await led(scene, "news"), await led(scene, "letters")) == (None, None)


async def test_of_the_addresses_that_a_room_had_the_last_twenty_are_known(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room = scene.news
    for number in range(22):
        clock.forward(1_000)
        room = await edit(scene, room, slug=f"r{number}")
    found = [number for number in range(22) if await led(scene, f"r{number}")]
    assert found == list(range(1, 22)), "twenty, and the one that it has"


async def test_an_address_is_unique_in_its_community_alone(db: Database) -> None:
    scene, other = await creator(db), await creator(db, "bert")
    await scene.room("workshop")
    await other.room("workshop")
    with pytest.raises(Invalid) as refused:
        await scene.room("Workshop")
    assert set(refused.value.fields) == {"slug"}
    with pytest.raises(Invalid):
        await edit(scene, scene.news, slug="workshop")


async def test_every_wrong_field_is_named_at_once(db: Database) -> None:
    scene = await creator(db)
    wrong = {
        "slug": "a b",
        "name": "\n",
        "about": "x" * 501,
        "min_rank": -1,
        "kind": "group",
        "community_id": "x",
        "position": 3,
    }
    with pytest.raises(Invalid) as refused:
        await edit(scene, scene.news, **wrong)
    assert set(refused.value.fields) == set(wrong)


async def test_a_change_is_told_to_the_room_and_no_change_is_not(db: Database) -> None:
    scene = await creator(db)
    changed = await edit(scene, scene.news, min_rank=10, name="Inside", about="Only for friends")
    assert (changed.min_rank, changed.name) == (10, "Inside")
    await edit(scene, changed, min_rank=10, name=" Inside ")
    async with db.read() as tx:
        (told,) = await outbox.events_since(tx, room_stream(scene.news.id), 0)
    assert told.event == RoomUpdated(room_id=scene.news.id)


async def test_who_may_enter_follows_the_rank_of_the_room(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    room = await scene.room("inside", min_rank=10)
    bob, eve = await scene.member("Bob"), await scene.member("Eve", tier=gold)
    async with db.read() as tx:
        for account, reads in ((None, False), (bob, False), (eve, True), (scene.owner, True)):
            judged, found, community = await members.entitlement_by_room(
                tx, room.id, account.id if account else None
            )
            assert (judged.reads(found.min_rank), found, community.id) == (reads, room, scene.community.id)
        for text in ("", "nothing", "\x00", scene.community.id):
            with pytest.raises(NotFound):
                await members.entitlement_by_room(tx, text, None)


async def test_a_room_moves_to_its_place_and_beyond_the_end_is_last(db: Database) -> None:
    scene = await creator(db)
    first, second = await scene.room("a"), await scene.room("b")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        assert [r.slug for r in await governing.move_room(tx, owner, scene.community, second, 1)] == [
            "b",
            "news",
            "a",
        ]
        assert [r.slug for r in await governing.move_room(tx, owner, scene.community, second, 9)] == [
            "news",
            "a",
            "b",
        ]
        assert [r.slug for r in await governing.move_room(tx, owner, scene.community, first, -3)] == [
            "a",
            "news",
            "b",
        ]
        assert [r.position for r in await rooms.of_community(tx, scene.community.id)] == [1, 2, 3]


async def test_deleting_takes_the_typed_address_and_the_last_room_stays(db: Database) -> None:
    scene = await creator(db)
    room = await scene.room("workshop")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        with pytest.raises(Invalid):
            await governing.delete_room(tx, owner, scene.community, room, typed_slug="work")
        await governing.delete_room(tx, owner, scene.community, room, typed_slug="workshop")
        with pytest.raises(NotFound):
            await rooms.one(tx, room.id)
        assert await outbox.head(tx, room_stream(room.id)) == 1
        with pytest.raises(Conflict):
            await governing.delete_room(tx, owner, scene.community, scene.news, typed_slug="news")


async def test_a_community_has_at_most_its_number_of_rooms_however_fast_they_are_made(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await creator(db)
    assert room_model.MAX_ROOMS == 100
    monkeypatch.setattr("channel.rooms.actions.MAX_ROOMS", 5)
    made = await asyncio.gather(*(scene.room(f"r{n}") for n in range(10)), return_exceptions=True)
    assert sum(isinstance(one, Room) for one in made) == 4
    assert all(isinstance(one, Room | Conflict) for one in made)
    async with db.read() as tx:
        assert [room.position for room in await rooms.of_community(tx, scene.community.id)] == [1, 2, 3, 4, 5]


async def test_a_read_position_never_goes_back_and_never_beyond_what_happened(db: Database) -> None:
    scene, bob, eve = await creator(db), await person(db), await person(db, "Eve")
    async with db.write() as tx:
        assert not await rooms.mark_read(tx, scene.news.id, {bob.id: 1})
        for _ in range(5):
            await outbox.emit(tx, RoomUpdated(room_id=scene.news.id))
        assert await rooms.mark_read(tx, scene.news.id, {bob.id: 3}) == {bob.id: (0, 3)}
        assert not await rooms.mark_read(tx, scene.news.id, {bob.id: 3})
        assert not await rooms.mark_read(tx, scene.news.id, {bob.id: 2})
        assert not await rooms.mark_read(tx, scene.news.id, {bob.id: -1})
        assert await rooms.mark_read(tx, scene.news.id, {bob.id: 10**30, eve.id: 2}) == {
            bob.id: (3, 5),
            eve.id: (0, 2),
        }
        assert await rooms.read_positions(tx, bob.id, [scene.news.id]) == {scene.news.id: 5}


async def test_two_devices_that_report_at_once_keep_the_further_one(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    async with db.write() as tx:
        for _ in range(20):
            await outbox.emit(tx, RoomUpdated(room_id=scene.news.id))

    async def report(seq: int) -> dict[str, tuple[int, int]]:
        async with db.write() as tx:
            return await rooms.mark_read(tx, scene.news.id, {bob.id: seq})

    await asyncio.gather(*(report(seq) for seq in (7, 20, 3, 19, 1)))
    async with db.read() as tx:
        assert await rooms.read_positions(tx, bob.id, [scene.news.id]) == {scene.news.id: 20}
