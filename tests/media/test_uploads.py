"""Taking files in: whole or not at all, of the right kind, within limits, by who may."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.media import Limits, queries
from channel.media.desk import LIFE_MS, Checksum, WrongChecksum
from channel.media.sweeping import Sweeper
from channel.media.tables import media, uploads
from channel.storage import Database
from tests import cast
from tests.conftest import Clock
from tests.media.sending import LIMITS, MIB, desk, photo, pieces, prepared, send


async def read(here, key: str, size: int) -> bytes:  # type: ignore[no-untyped-def]
    return b"".join([piece async for piece in here.blobs.read(key, 0, size)])


async def test_what_was_sent_is_kept_under_its_hash(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    made = await send(here, scene, b"%PDF-1.7 hello" * 100, name="../../etc/pässe\u202e.pdf", alt=" a  b ")
    assert (made.kind, made.type, made.state, made.name, made.alt) == (
        "file", "application/pdf", "ready", "pässe.pdf", "a b",
    )  # fmt: skip
    assert made.sha256 == hashlib.sha256(b"%PDF-1.7 hello" * 100).hexdigest()
    assert await read(here, made.sha256, made.size) == b"%PDF-1.7 hello" * 100
    assert not [*(tmp_path / "uploads").iterdir()]


async def test_a_picture_is_prepared_by_the_worker(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    made = await send(here, scene, photo(900, 600))
    assert (made.kind, made.state, made.variants) == ("picture", "processing", ())
    await prepared(db, here, tmp_path, made)
    async with db.read() as tx:
        made = await queries.one(tx, made.id)
    assert (made.state, made.width, made.height) == ("ready", 900, 600)
    assert {(one.width, one.format) for one in made.variants} >= {(320, "webp"), (320, "avif"), (900, "webp")}
    for one in made.variants:
        assert hashlib.sha256(await read(here, one.sha256, one.size)).hexdigest() == one.sha256


async def test_a_broken_picture_says_what_to_do(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    made = await send(here, scene, photo()[:200])
    await prepared(db, here, tmp_path, made)
    async with db.read() as tx:
        made = await queries.one(tx, made.id)
    assert made.state == "failed"
    assert "Save it again" in made.problem


async def test_pieces_are_put_together_and_what_broke_off_goes_on(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    content = b"PK\x03\x04" + bytes(range(256)) * 6_000
    upload = await here.begin("anna", scene.owner.id, size=len(content), name="a.zip")

    async def breaks() -> AsyncIterator[bytes]:
        yield content[:50_000]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await here.write(upload, breaks())
    async with db.read() as tx:
        upload = await queries.upload(tx, upload.id, scene.owner.id)
    assert upload.received == 50_000
    upload = await here.write(upload, pieces(content[50_000:]))
    made = await here.finish(upload)
    assert made.id == upload.id
    assert await read(here, made.sha256, made.size) == content


async def test_bytes_that_were_not_safe_are_cut_before_it_goes_on(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    upload = await here.begin("anna", scene.owner.id, size=10, name="a.txt")
    upload = await here.write(upload, pieces(b"12345"))
    with here.staging.path(upload.id).open("ab") as file:
        file.write(b"torn by a crash")
    made = await here.finish(await here.write(upload, pieces(b"67890")))
    assert await read(here, made.sha256, 10) == b"1234567890"


async def test_a_wrong_checksum_takes_nothing(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    upload = await here.begin("anna", scene.owner.id, size=8, name="a.txt")
    with pytest.raises(WrongChecksum):
        await here.write(upload, pieces(b"12345678"), Checksum("sha256", hashlib.sha256(b"other").digest()))
    assert here.staging.path(upload.id).read_bytes() == b""
    right = Checksum("sha1", hashlib.sha1(b"12345678").digest())
    upload = await here.write(upload, pieces(b"12345678"), right)
    assert (await here.finish(upload)).size == 8


async def test_nobody_writes_to_an_upload_at_the_same_time(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    upload = await here.begin("anna", scene.owner.id, size=8, name="a.txt")
    async with here.staging.append(upload.id, 0):
        with pytest.raises(Conflict) as refused:
            await here.write(upload, pieces(b"1"))
    assert refused.value.code == "upload_busy"


async def test_limits_by_kind_at_the_limit_and_beyond(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    most = LIMITS.kinds["file"]
    assert (await send(here, scene, b"x" * most)).size == most
    with pytest.raises(Invalid) as refused:
        await send(here, scene, b"x" * (most + 1))
    assert "A file has at most 4 MiB" in refused.value.fields["size"]
    with pytest.raises(Invalid):
        await here.begin("anna", scene.owner.id, size=LIMITS.most + 1, name="a")
    with pytest.raises(Invalid):
        await here.begin("anna", scene.owner.id, size=0, name="a")
    assert not [*(tmp_path / "uploads").iterdir()]
    async with db.read() as tx:
        assert not await tx.all(select(uploads))


async def test_more_or_less_than_announced_is_refused(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    upload = await here.begin("anna", scene.owner.id, size=4, name="a")
    with pytest.raises(Invalid):
        await here.write(upload, pieces(b"12345"))
    with pytest.raises(Conflict):
        await here.finish(upload)


async def test_the_quota_counts_what_is_on_its_way(db: Database, tmp_path: Path) -> None:
    scene = await cast.creator(db)
    here = desk(db, tmp_path, Limits(LIMITS.kinds, 3 * MIB))
    first = await here.begin("anna", scene.owner.id, size=2 * MIB, name="a")
    with pytest.raises(Conflict) as refused:
        await here.begin("anna", scene.owner.id, size=MIB + 1, name="b")
    assert refused.value.code == "media_full"
    await here.drop(first)
    assert await here.begin("anna", scene.owner.id, size=MIB + 1, name="b")


async def test_who_may_send(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    fan = await scene.member("fan")
    stranger = await cast.person(db)
    for who, error in ((fan, Forbidden), (stranger, Forbidden)):
        with pytest.raises(error):
            await here.begin("anna", who.id, size=4, name="a")
    private = await cast.creator(db, "bea", visibility="private")
    with pytest.raises(NotFound):
        await here.begin("bea", stranger.id, size=4, name="a")
    assert private


async def test_a_lost_answer_is_given_again(db: Database, tmp_path: Path) -> None:
    """Killed after the row and before the answer, or before the row: finishing again gives the same medium."""
    scene, here = await cast.creator(db), desk(db, tmp_path)
    upload = await here.begin("anna", scene.owner.id, size=5, name="a")
    upload = await here.write(upload, pieces(b"hello"))
    await here.blobs.keep(here.staging.path(upload.id), await here.staging.sha256(upload.id))
    made = await here.finish(upload)
    with pytest.raises(ChannelError):
        await here.finish(upload)
    async with db.read() as tx:
        assert len(await tx.all(select(media))) == 1
    assert made.id == upload.id


async def test_sweeping_takes_what_nobody_needs_and_nothing_else(
    db: Database, tmp_path: Path, clock: Clock
) -> None:
    import time

    scene, here = await cast.creator(db), desk(db, tmp_path)
    kept = await send(here, scene, b"kept" * 10)
    gone = await send(here, scene, b"gone" * 10)
    upload = await here.begin("anna", scene.owner.id, size=8, name="a.txt")
    async with db.write() as tx:
        await tx.run(media.delete().where(media.c.id == gone.id))
    now = {"ms": time.time_ns() // 1_000_000}
    sweeper = Sweeper(db, here.blobs, here.staging, tmp_path / "scratch", clock=lambda: now["ms"])
    await sweeper.sweep()
    assert await here.blobs.size(gone.sha256) == 40  # young
    now["ms"] += 3_700_000
    await sweeper.sweep()
    assert await here.blobs.size(kept.sha256) == 40
    with pytest.raises(NotFound):
        await here.blobs.size(gone.sha256)
    assert here.staging.path(upload.id).exists()
    clock.forward(LIFE_MS + 1)
    await sweeper.sweep()
    assert not here.staging.path(upload.id).exists()
