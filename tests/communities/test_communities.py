"""What a creator owns: its address, its look, its end."""

import asyncio

import pytest
from sqlalchemy import func, select

from channel import communities, members, outbox, rooms
from channel.communities.model import UNDO_MS, parse_handle
from channel.errors import Conflict, Invalid, NotFound
from channel.events import CommunityDeleted, RoomUpdated, room_stream
from channel.members import governing
from channel.members.tables import memberships
from channel.outbox import jobs
from channel.rooms.tables import rooms as room_table
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock


async def edit(scene: Scene, **changes: object) -> communities.Community:
    async with scene.db.write() as tx:
        return await governing.edit_community(tx, await scene.by(tx, scene.owner), scene.community, **changes)


async def told(scene: Scene) -> int:
    """How often the community's first room was told to look again."""
    async with scene.db.read() as tx:
        return await outbox.head(tx, room_stream(scene.news.id))


@pytest.mark.parametrize("text", ["brandt-keramik", " @Anna_1 ", "ab", "a" * 30])
def test_a_good_address(text: str) -> None:
    assert parse_handle(text) == text.strip().removeprefix("@").lower()


@pytest.mark.parametrize(
    "text", ["", "a", "1a", "-a", "_a", "a" * 31, "ä", "a b", "a/b", "a.b", "a\n", "ſtudio", "\x00"]
)
def test_a_bad_address_says_what_a_good_one_is(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_handle(text if text != "a\n" else "a\nb")
    assert "Choose one like" in refused.value.fields["handle"]


@pytest.mark.parametrize("text", ["admin", "API", "studio", "join", "sign-in", "sign_in"])
def test_reserved_words_are_no_addresses(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_handle(text)
    assert "reserved" in refused.value.fields["handle"]


async def test_an_address_is_found_as_people_write_it(db: Database) -> None:
    scene = await creator(db)
    async with db.read() as tx:
        for text in ("anna", "@anna", " @ANNA "):
            assert await communities.by_handle(tx, text) == scene.community
        for text in ("nobody", "", "\x00", "\ud800", "@@anna"):
            with pytest.raises(NotFound):
                await communities.by_handle(tx, text)


async def test_of_ten_who_want_an_address_at_once_one_gets_it(db: Database) -> None:
    crowd = [await person(db, f"P{n}") for n in range(10)]

    async def claim(n: int) -> dict[str, str]:
        try:
            async with db.write() as tx:
                await members.found(tx, crowd[n], handle="wanted", name="Wanted")
        except Invalid as taken:
            return taken.fields
        return {}

    outcomes = await asyncio.gather(*map(claim, range(10)))
    assert sorted(map(list, outcomes)) == [[]] + [["handle"]] * 9
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(room_table)) == 1


async def test_every_wrong_field_is_named_at_once(db: Database) -> None:
    scene = await creator(db)
    wrong = {
        "name": "", "about": "x" * 4001, "visibility": "secret", "approval": "yes", "hue": 360, "cover": "pattern:12",
        "avatar": "art:../x", "language": "fr", "handle": "other", "member_count": 9, "id": "x",
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        await edit(scene, **wrong)
    assert set(refused.value.fields) == set(wrong)
    assert await scene.refresh() == scene.community


@pytest.mark.parametrize("cover", ["", "pattern:0", "pattern:11", "art:kiln"])
async def test_covers_that_exist(db: Database, cover: str) -> None:
    assert (await edit(await creator(db), cover=cover)).cover == cover


@pytest.mark.parametrize(
    "cover", ["pattern:-1", "pattern:01", "pattern:12", "art:", "art:A", "http://x", "pattern:1 "]
)
async def test_covers_that_do_not(db: Database, cover: str) -> None:
    scene = await creator(db)
    with pytest.raises(Invalid):
        await edit(scene, cover=cover)


async def test_the_about_text_is_rendered_and_harmless(db: Database) -> None:
    changed = await edit(await creator(db), about="**Pots**\r\n\n<script>alert(1)</script>")
    assert "<strong>Pots</strong>" in changed.about_html
    assert "<script" not in changed.about_html
    assert "\r" not in changed.about


async def test_the_look_and_who_may_see_it_are_told_to_the_rooms_but_not_the_rest(db: Database) -> None:
    scene = await creator(db)
    for count, change in enumerate(
        ({"visibility": "private"}, {"hue": 7}, {"name": "New"}, {"cover": "pattern:3"}), 1
    ):
        scene.community = await edit(scene, **change)  # type: ignore[arg-type]
        assert await told(scene) == count
    await edit(scene, about="Hello", approval=True, visibility="private", name="New")
    assert await told(scene) == 4


async def test_closing_and_opening_again(db: Database) -> None:
    scene = await creator(db)
    async with db.write() as tx:
        closed = await governing.close(tx, await scene.by(tx, scene.owner), scene.community)
        assert closed.closed
        assert not (await governing.reopen(tx, await scene.by(tx, scene.owner), closed)).closed
    assert await told(scene) == 2


async def delete(scene: Scene, typed: str = "anna") -> communities.Community:
    async with scene.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        return await governing.delete_community(tx, owner, scene.community, typed_handle=typed)


async def test_deleting_takes_the_typed_address(db: Database) -> None:
    scene = await creator(db)
    for typed in ("", "ann", "anna2"):
        with pytest.raises(Invalid) as refused:
            await delete(scene, typed)
        assert set(refused.value.fields) == {"typed_handle"}
    assert not (await scene.refresh()).deleted


async def test_a_deleted_community_is_gone_for_all_but_its_owner_and_comes_back(
    db: Database, clock: Clock
) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    deleted = await delete(scene)
    assert deleted.purge_at == clock.now_ms + UNDO_MS
    async with db.read() as tx:
        assert not (await scene.by(tx, bob)).visible
        assert (await scene.by(tx, scene.owner)).visible
        assert await members.entitlements(tx, bob.id) == []
        assert await communities.listed(tx) == []
        (last,) = await outbox.events_since(tx, room_stream(scene.news.id), 0)
        assert last.event == RoomUpdated(room_id=scene.news.id)
        job = await tx.one(select(jobs).where(jobs.c.kind == CommunityDeleted.kind))
        assert job is not None
        assert job.due_at == deleted.purge_at
    with pytest.raises(Conflict):
        await delete(scene)
    clock.forward(UNDO_MS - 1)
    async with db.write() as tx:
        await governing.undo_delete(tx, await scene.by(tx, scene.owner), deleted)
        assert (await scene.by(tx, bob)).belongs
        with pytest.raises(Conflict):
            await governing.undo_delete(
                tx, await scene.by(tx, scene.owner), await communities.one(tx, deleted.id)
            )
    clock.forward(UNDO_MS)
    async with db.write() as tx:
        assert not await governing.purge(tx, scene.community.id)


async def test_the_address_stays_taken_until_everything_is_purged(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await scene.member("Bob")
    await delete(scene)
    eve = await person(db, "Eve")
    clock.forward(UNDO_MS - 1)
    async with db.write() as tx:
        assert not await governing.purge(tx, scene.community.id)
    with pytest.raises(Invalid):
        async with db.write() as tx:
            await members.found(tx, eve, handle="anna", name="Eve")
    clock.forward(1)
    async with db.write() as tx:
        with pytest.raises(Conflict):
            await communities.undo_delete(tx, scene.community.id)
        assert await governing.purge(tx, scene.community.id)
        assert not await governing.purge(tx, scene.community.id)
        for table in (memberships, room_table):
            assert await tx.value(select(func.count()).select_from(table)) == 0
        assert await outbox.head(tx, room_stream(scene.news.id)) == 0
        await members.found(tx, eve, handle="anna", name="Eve")


async def test_a_community_that_was_deleted_twice_waits_for_the_second_time(
    db: Database, clock: Clock
) -> None:
    scene = await creator(db)
    deleted = await delete(scene)
    clock.forward(1000)
    async with db.write() as tx:
        await governing.undo_delete(tx, await scene.by(tx, scene.owner), deleted)
    await delete(scene)
    clock.forward(UNDO_MS - 1)
    async with db.write() as tx:
        assert not await governing.purge(tx, scene.community.id)


async def test_only_public_communities_are_listed_newest_first(db: Database, clock: Clock) -> None:
    for name, visibility in (
        ("anna", "public"),
        ("bert", "unlisted"),
        ("carl", "private"),
        ("dora", "public"),
    ):
        clock.forward(1)
        await creator(db, name, visibility=visibility)
    async with db.read() as tx:
        assert [one.handle for one in await communities.listed(tx)] == ["dora", "anna"]


async def test_a_german_community_begins_in_german(db: Database) -> None:
    anna = await person(db)
    async with db.write() as tx:
        community = await members.found(tx, anna, handle="keramik", name="Keramik", language="de")
        (news,) = await rooms.of_community(tx, community.id)
    assert (news.slug, news.name) == ("news", "Neues")
