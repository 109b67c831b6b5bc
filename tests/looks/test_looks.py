"""Pictures that accounts and communities wear: put on, taken off, served while they are worn, swept afterwards."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from channel import accounts, communities, looks
from channel.accounts.tables import accounts as account_table
from channel.communities.tables import communities as community_table
from channel.errors import Forbidden, Invalid, NotFound
from channel.looks import queries
from channel.looks.actions import GRACE_MS
from channel.looks.model import is_look, parse_cut
from channel.looks.tables import look_files
from channel.looks.tables import looks as look_table
from channel.media.minting import Made
from channel.media.sweeping import Sweeper
from channel.members import governing
from channel.storage import Database
from tests import cast
from tests.conftest import Clock
from tests.media.sending import desk, photo, pieces

MADE = (Made(96, 96, "a" * 64, 10), Made(256, 256, "b" * 64, 20))


def id_of(worn: str) -> str:
    assert worn.startswith("own:") and is_look(worn.removeprefix("own:"))
    return worn.removeprefix("own:")


async def count(db: Database) -> int:
    async with db.read() as tx:
        return len(await tx.all(select(look_table.c.id)))


async def test_a_face_is_there_as_long_as_it_is_worn(db: Database) -> None:
    scene = await cast.creator(db)
    async with db.write() as tx:
        first = id_of((await looks.wear(tx, scene.owner.id, MADE)).avatar)
        assert (await queries.file(tx, first, 96, None)).sha256 == "a" * 64
        second = id_of((await looks.wear(tx, scene.owner.id, MADE)).avatar)
        assert first != second, "another address for another picture"
        with pytest.raises(NotFound):
            await queries.file(tx, first, 96, None)
        with pytest.raises(NotFound):
            await queries.file(tx, second, 97, None)
        assert (await looks.unwear(tx, scene.owner.id)).avatar == ""
        assert (await looks.unwear(tx, scene.owner.id)).avatar == ""
        with pytest.raises(NotFound):
            await queries.file(tx, second, 256, scene.owner.id)
    assert await count(db) == 0


async def test_one_chosen_instead_hides_it_and_the_sweep_removes_it(db: Database, clock: Clock) -> None:
    scene = await cast.creator(db)
    about = {"name": "Anna", "handle": None, "hue": 1, "language": None, "theme": None}
    async with db.write() as tx:
        worn = (await looks.wear(tx, scene.owner.id, MADE)).avatar
        await accounts.update_profile(tx, scene.owner.id, avatar=worn, **about)  # it may stay
        await accounts.update_profile(tx, scene.owner.id, avatar="art:mara", **about)
        with pytest.raises(NotFound):
            await queries.file(tx, id_of(worn), 96, scene.owner.id)
        with pytest.raises(Invalid):
            await accounts.update_profile(tx, scene.owner.id, avatar=worn, **about)
        await looks.sweep(tx)
    assert await count(db) == 1, "young: an answer may be on its way"
    clock.forward(GRACE_MS + 1)
    async with db.write() as tx:
        kept = (await looks.wear(tx, scene.owner.id, MADE)).avatar
        icon = await looks.dress(
            tx, await scene.by(tx, scene.owner), await communities.one(tx, scene.community.id), "avatar", MADE
        )
    clock.forward(GRACE_MS + 1)
    async with db.write() as tx:
        await looks.sweep(tx)
        rows = {row.id for row in await tx.all(select(look_table.c.id))}
    assert rows == {id_of(kept), id_of(icon.avatar)}


async def test_nobody_puts_on_what_is_somebody_elses(db: Database) -> None:
    scene, other = await cast.creator(db), await cast.creator(db, "zoe")
    async with db.write() as tx:
        by = await scene.by(tx, scene.owner)
        dressed = await looks.dress(tx, by, scene.community, "cover", MADE)
        assert dressed.cover.startswith("own:") and dressed.avatar == ""
        theirs = await other.by(tx, other.owner)
        for changes in ({"cover": dressed.cover}, {"avatar": dressed.cover}):
            with pytest.raises(Invalid):
                await governing.edit_community(tx, theirs, other.community, **changes)
        with pytest.raises(Invalid):
            await governing.edit_community(tx, by, dressed, avatar=dressed.cover)
        assert (await governing.edit_community(tx, by, dressed, cover=dressed.cover)).cover == dressed.cover
        with pytest.raises(NotFound):
            await looks.dress(tx, theirs, scene.community, "cover", MADE)
    bob = await cast.member(db, scene, "Bob")
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await looks.dress(tx, await scene.by(tx, bob), scene.community, "cover", MADE)


async def test_a_deleted_community_shows_its_pictures_to_those_who_see_it(db: Database) -> None:
    scene = await cast.creator(db)
    async with db.write() as tx:
        worn = await looks.dress(tx, await scene.by(tx, scene.owner), scene.community, "cover", MADE)
        await tx.run(
            update(community_table)
            .where(community_table.c.id == scene.community.id)
            .values(deleted_at=tx.now, purge_at=tx.now)
        )
        with pytest.raises(NotFound):
            await queries.file(tx, id_of(worn.cover), 96, None)
        assert await queries.file(tx, id_of(worn.cover), 96, scene.owner.id)
        await communities.purge(tx, scene.community.id)
    assert await count(db) == 0


async def test_an_erased_account_leaves_none(db: Database) -> None:
    await cast.creator(db)
    async with db.write() as tx:
        bob = await accounts.create(tx, name="Bob")
        worn = (await looks.wear(tx, bob.id, MADE)).avatar
        await accounts.delete_account(tx, bob.id, [])
        assert (await tx.value(select(account_table.c.avatar).where(account_table.c.id == bob.id))) == ""
        with pytest.raises(NotFound):
            await queries.file(tx, id_of(worn), 96, None)


async def test_what_is_no_id_reaches_no_database(db: Database) -> None:
    async with db.read() as tx:
        for wrong in ("", "x", "A" * 32, "a" * 31, "a" * 33, "\ud800" * 32, "٣" * 32):
            with pytest.raises(NotFound):
                await queries.file(tx, wrong, 96, None)


async def test_the_store_keeps_what_is_worn_and_no_more(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    async with here.mint.sheet() as sheet:
        await sheet.take(pieces(photo(300, 200)), 1_000_000)
        made = await sheet.cut(parse_cut("avatar"))
    assert [(one.width, one.height) for one in made] == [(96, 96), (256, 256)]
    assert not [*(tmp_path / "scratch").iterdir()]
    now = {"ms": 0}
    sweeper = Sweeper(
        db, here.blobs, here.staging, tmp_path / "scratch", (looks.wanted,), clock=lambda: now["ms"]
    )
    async with db.write() as tx:
        await looks.wear(tx, scene.owner.id, made)
    now["ms"] = 10**14
    await sweeper.sweep()
    for one in made:
        assert await here.blobs.size(one.sha256) == one.size
    async with db.write() as tx:
        await looks.unwear(tx, scene.owner.id)
        assert not await tx.all(select(look_files))
    await sweeper.sweep()
    with pytest.raises(NotFound):
        await here.blobs.size(made[0].sha256)


async def test_too_much_is_refused_as_it_comes(db: Database, tmp_path: Path) -> None:
    here = desk(db, tmp_path)
    with pytest.raises(Invalid, match="KiB"):
        async with here.mint.sheet() as sheet:
            await sheet.take(pieces(b"x" * 5_000, 1_000), 2_048)
    with pytest.raises(Invalid, match="not a picture"):
        async with here.mint.sheet() as sheet:
            await sheet.take(pieces(b"<svg/>"), 2_048)
            await sheet.cut(parse_cut("avatar"))
    assert not [*(tmp_path / "scratch").iterdir()]


def test_where_a_piece_lies_is_percent() -> None:
    cut = parse_cut("cover", 0, 100, 400)
    assert (cut.x, cut.y, cut.zoom) == (0, 100, 400)
    with pytest.raises(Invalid) as refused:
        parse_cut("cover", -1, 101, 99)
    assert {*refused.value.fields} == {"x", "y", "zoom"}
