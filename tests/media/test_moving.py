"""Moving media between stores: verified, resumable, while people send and look."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from channel.control.verbs import VERBS, Ground
from channel.errors import Invalid, NotFound, Unavailable
from channel.media import Desk, Media, queries
from channel.media.blobs import Blobs
from channel.media.disk import still
from channel.media.local import LocalBlobs
from channel.media.moving import Mover
from channel.media.pair import Pair
from channel.media.s3 import S3Blobs
from channel.media.staging import Staging
from channel.settings import Settings
from channel.storage import Database
from tests import buckets, cast
from tests.cast import Scene
from tests.media.sending import LIMITS, photo, prepared, send


@dataclass
class Place:
    scene: Scene
    desk: Desk
    stores: dict[str, Blobs]
    folder: Path

    def mover(self, to: str) -> Mover:
        [source] = [store for name, store in self.stores.items() if name != to]
        return Mover(self.scene.db, source, self.stores[to], self.folder / "scratch")

    async def keys(self, one: Media) -> dict[str, int]:
        async with self.scene.db.read() as tx:
            known = await queries.one(tx, one.id)
        return {known.sha256: known.size, **{made.sha256: made.size for made in known.variants}}

    async def content(self, key: str, size: int) -> bytes:
        return b"".join([piece async for piece in self.desk.blobs.read(key, 0, size)])

    async def has(self, name: str, key: str) -> bool:
        try:
            await self.stores[name].size(key)
        except NotFound:
            return False
        return True


@pytest.fixture
async def place(db: Database, tmp_path: Path) -> Place:
    stores: dict[str, Blobs] = {"local": LocalBlobs(tmp_path / "media"), "s3": S3Blobs(buckets.fresh())}
    both = Pair(stores["local"], stores["s3"], stores["local"])
    desk = Desk(db, both, Staging(tmp_path / "uploads"), LIMITS, scratch=tmp_path / "scratch")
    return Place(await cast.creator(db), desk, stores, tmp_path)


def silent(done: int, total: int) -> None:
    """Nobody watches."""


async def filled(place: Place) -> dict[str, int]:
    """A picture with what was made of it, and a file."""
    picture = await send(place.desk, place.scene, photo(900, 600))
    await prepared(place.scene.db, place.desk, place.folder, picture)
    file = await send(place.desk, place.scene, b"%PDF-1.7 " * 1_000)
    return await place.keys(picture) | await place.keys(file)


async def test_all_of_a_community_goes_there_and_back(place: Place) -> None:
    other = await cast.creator(place.scene.db, "bea")
    keys, theirs = await filled(place), await send(place.desk, other, b"%PDF-1.7 of bea")
    seen: list[tuple[int, int]] = []
    looked = await place.mover("s3").move(place.scene.community.id, silent, dry=True)
    assert (looked.files, looked.bytes) == (len(keys), sum(keys.values()))
    for to, fro in (("s3", "local"), ("local", "s3")):
        done = await place.mover(to).move(place.scene.community.id, lambda n, of: seen.append((n, of)))
        assert (done.files, done.bytes) == (len(keys), sum(keys.values()))
        assert (done.there, done.kept, done.broken, done.lost) == (0, 0, 0, 0)
        for key, size in keys.items():
            assert (await place.has(to, key), await place.has(fro, key)) == (True, False)
            assert hashlib.sha256(await place.content(key, size)).hexdigest() == key
        assert await place.has("local", theirs.sha256)
        again = await place.mover(to).move(place.scene.community.id, silent)
        assert (again.files, again.there) == (0, len(keys))
    assert seen == [(n, len(keys)) for n in range(1, len(keys) + 1)] * 2
    assert not [*(place.folder / "scratch").iterdir()]


async def test_a_broken_one_is_left_alone_and_told(place: Place) -> None:
    keys = await filled(place)
    broken = sorted(keys)[0]
    path = place.folder / "media" / broken[:2] / broken
    path.write_bytes(b"something else")
    done = await place.mover("s3").move(place.scene.community.id, silent)
    assert (done.files, done.broken) == (len(keys) - 1, 1)
    assert path.read_bytes() == b"something else"
    assert not await place.has("s3", broken)
    path.unlink()
    assert (await place.mover("s3").move(place.scene.community.id, silent)).lost == 1


async def test_the_old_one_stays_until_the_new_one_was_read_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await filled(place)

    async def changed(key: str, into: Path) -> None:
        into.write_bytes(b"not that")

    async def away(key: str, into: Path) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(place.stores["s3"], "fetch", changed)
    done = await place.mover("s3").move(place.scene.community.id, silent)
    assert (done.files, done.broken) == (0, len(keys))
    monkeypatch.setattr(place.stores["s3"], "fetch", away)
    with pytest.raises(Unavailable):
        await place.mover("s3").move(place.scene.community.id, silent)
    monkeypatch.undo()
    assert all([await place.has("local", key) for key in keys])
    assert (await place.mover("s3").move(place.scene.community.id, silent)).files == len(keys)


async def test_a_backup_keeps_the_old_ones_for_now(place: Place) -> None:
    keys = await filled(place)
    with still(place.folder / "media"):
        done = await place.mover("s3").move(place.scene.community.id, silent)
    assert (done.files, done.kept) == (len(keys), len(keys))
    assert (await place.mover("s3").move(place.scene.community.id, silent)).kept == 0
    assert not any([await place.has("local", key) for key in keys])


@pytest.mark.parametrize("to", ["s3", "local"])
async def test_who_looks_while_it_moves_gets_all_of_it(place: Place, to: str) -> None:
    """Between two pieces the file goes to the other store; the same bytes go on from there."""
    content = bytes(range(256)) * 12_000
    one = await send(place.desk, place.scene, content)
    fro = "local" if to == "s3" else "s3"
    if fro == "s3":
        await place.mover("s3").move(place.scene.community.id, silent)
    got = bytearray()
    pieces: AsyncIterator[bytes] = place.desk.blobs.read(one.sha256, 0, len(content))
    async for piece in pieces:
        got += piece
        if len(got) == len(piece):
            await place.mover(to).move(place.scene.community.id, silent)
            assert not await place.has(fro, one.sha256)
    assert bytes(got) == content


async def test_what_is_sent_meanwhile_is_never_lost(place: Place) -> None:
    """The same file again and again, while it is moved to and fro."""
    content, going = b"%PDF-1.7 again" * 100, True
    first = await send(place.desk, place.scene, content)

    async def sends() -> None:
        while going:
            await send(place.desk, place.scene, content)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(sends())
        for to in ("s3", "local") * 3:
            await place.mover(to).move(place.scene.community.id, silent)
            assert await place.content(first.sha256, len(content)) == content
        going = False
        await sending
    assert await place.content(first.sha256, len(content)) == content


async def test_the_command_names_what_is_missing(place: Place) -> None:
    settings = Settings(data=place.folder)
    given = {"community": "anna", "to": "s3"}
    with pytest.raises(Invalid) as refused:
        await VERBS["media.move"](Ground(place.scene.db, settings), given, silent)
    assert "CHANNEL_STORAGE" in refused.value.fields["to"]
    keys = await filled(place)
    ground = Ground(place.scene.db, settings, place.stores)
    with pytest.raises(NotFound):
        await VERBS["media.move"](ground, given | {"community": "nobody"}, silent)
    looked = await VERBS["media.move"](ground, given | {"dry_run": True}, silent)
    assert looked["files"] == len(keys)
    assert (await VERBS["media.move"](ground, given, silent))["files"] == len(keys)
