"""Blobs in a bucket: seen whole or not at all, never swept from under who keeps one, and away without harm."""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import obstore
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from sqlalchemy import select

from channel.bucket import Bucket
from channel.errors import NotFound, Unavailable
from channel.media import Desk, queries
from channel.media import s3 as module
from channel.media.blobs import Shown
from channel.media.local import LocalBlobs
from channel.media.pair import Pair
from channel.media.presign import presigned
from channel.media.s3 import S3Blobs
from channel.media.staging import Staging
from channel.media.tables import media
from channel.storage import Database
from tests import buckets, cast
from tests.media.sending import LIMITS, MIB, photo, pieces, prepared, send

HOUR_MS = 3_600_000
SHOWN = Shown("image/webp", "inline; filename*=UTF-8''t%C3%B6ne.webp", "private, no-store")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pretend store tells of every request; and nobody waits in tests for what will not come."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    monkeypatch.setitem(module.RETRIES, "max_retries", 0)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def source(folder: Path, content: bytes) -> tuple[Path, str]:
    path = folder / "source"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


async def test_a_large_one_goes_in_parts_and_comes_whole(tmp_path: Path) -> None:
    blobs, content = S3Blobs(buckets.fresh()), os.urandom(21 * MIB + 17)
    path, key = source(tmp_path, content)
    await blobs.keep(path, key)
    await blobs.fetch(key, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    part = b"".join([piece async for piece in blobs.read(key, 8 * MIB - 5, 3 * MIB)])
    assert part == content[8 * MIB - 5 : 11 * MIB - 5]


@pytest.mark.parametrize("size", [1_000, 21 * MIB])
async def test_what_is_not_what_its_name_says_is_never_seen(tmp_path: Path, size: int) -> None:
    blobs = S3Blobs(buckets.fresh())
    path, _ = source(tmp_path, os.urandom(size))
    key = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(Unavailable):
        await blobs.keep(path, key)
    with pytest.raises(NotFound):
        await blobs.size(key)
    assert await blobs.old(now_ms() + HOUR_MS) == []


async def test_one_that_was_changed_in_the_bucket_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    blobs = S3Blobs(buckets.fresh())
    path, key = source(tmp_path, b"hello")
    await blobs.keep(path, key)
    await obstore.put_async(blobs._store, f"{key[:2]}/{key}", b"hallo")
    with pytest.raises(Unavailable):
        await blobs.fetch(key, tmp_path / "copy")


async def test_who_keeps_one_that_is_being_removed_stores_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look at its age and its removal somebody keeps it: the removal wins, and it is stored again."""
    blobs = S3Blobs(buckets.fresh())
    path, key = source(tmp_path, b"hello")
    await blobs.keep(path, key)
    looked, go_on = asyncio.Event(), asyncio.Event()
    remove = obstore.delete_async

    async def slowly(store: object, place: str) -> None:
        if place.endswith(f"{key[:2]}/{key}"):
            looked.set()
            await go_on.wait()
        await remove(store, place)  # type: ignore[arg-type]

    monkeypatch.setattr(module.obstore, "delete_async", slowly)
    async with asyncio.TaskGroup() as both:
        removing = both.create_task(blobs.forget(key, now_ms() + HOUR_MS))
        await looked.wait()
        keeping = both.create_task(blobs.keep(path, key))
        await asyncio.sleep(0.3)
        assert not keeping.done()
        go_on.set()
    assert removing.result()
    assert await blobs.size(key) == 5


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many objects were written since."""
    made: list[str] = []
    begin = obstore.open_writer_async

    def noted(store: Any, place: str, **options: Any) -> Any:
        made.append(place)
        return begin(store, place, **options)

    monkeypatch.setattr(module.obstore, "open_writer_async", noted)
    return lambda: len(made)


async def test_a_removal_that_died_keeps_nobody_waiting_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = S3Blobs(buckets.fresh())
    path, key = source(tmp_path, b"hello")
    await obstore.put_async(blobs._store, f".going/{key}", b"")
    monkeypatch.setattr(module, "LEFT_S", 1.5)
    puts = counted(monkeypatch)
    async with asyncio.TaskGroup() as both:
        keeping = both.create_task(blobs.keep(path, key))
        await asyncio.sleep(0.7)
        assert not keeping.done()
    assert puts() == 2, "not once more with every look"
    assert await blobs.size(key) == 5
    assert await blobs.old(now_ms() + HOUR_MS) == [key], "words of removals are no blobs"


async def test_a_bucket_that_is_away_says_so_and_loses_nothing(db: Database, tmp_path: Path) -> None:
    scene = await cast.creator(db)
    with buckets.pretend() as bucket:
        port = urlsplit(bucket.endpoint).port
        here = Desk(db, S3Blobs(bucket), Staging(tmp_path / "uploads"), LIMITS, scratch=tmp_path / "scratch")
        there = await send(here, scene, b"%PDF-1.7 there")
        content = b"PK\x03\x04" + os.urandom(100_000)
        upload = await here.begin("anna", scene.owner.id, size=len(content), name="a.zip")
        upload = await here.write(upload, pieces(content))
    for ask in (
        here.finish(upload),
        here.blobs.size(there.sha256),
        here.blobs.fetch(there.sha256, tmp_path / "copy"),
        here.blobs.old(now_ms()),
        here.blobs.forget(there.sha256, now_ms() + HOUR_MS),
        send(here, scene, b"%PDF-1.7 not taken"),
    ):
        with pytest.raises(Unavailable) as refused:
            await ask
        assert "try again later" in refused.value.detail
        assert "127.0.0.1" not in refused.value.detail
    async with db.read() as tx:
        assert [row.id for row in await tx.all(select(media.c.id))] == [there.id]
        upload = await queries.upload(tx, upload.id, scene.owner.id)
    assert upload.complete
    with buckets.pretend(port or 0):
        made = await here.finish(upload)
        got = b"".join([piece async for piece in here.blobs.read(made.sha256, 0, made.size)])
        assert got == content


async def test_pictures_are_prepared_from_a_bucket_and_into_it(db: Database, tmp_path: Path) -> None:
    scene = await cast.creator(db)
    near, far = LocalBlobs(tmp_path / "media"), S3Blobs(buckets.fresh())
    here = Desk(db, Pair(near, far, far), Staging(tmp_path / "uploads"), LIMITS, scratch=tmp_path / "scratch")
    made = await send(here, scene, photo(900, 600))
    await prepared(db, here, tmp_path, made)
    async with db.read() as tx:
        made = await queries.one(tx, made.id)
    assert made.state == "ready"
    for one in made.variants:
        assert await far.size(one.sha256) == one.size
    assert not (tmp_path / "media").exists()


@pytest.mark.parametrize(
    "bucket",
    [
        Bucket("media", "", "http://127.0.0.1:9000", "us-east-1", "key", "secret"),
        Bucket("media", "a/b", "https://s3.example.org", "eu-central-1", "AKIA", "s3cr3t/+="),
        Bucket("media", "", "", "eu-central-1", "AKIA", "s3cr3t"),
        Bucket("my.media", "", "", "eu-central-1", "AKIA", "s3cr3t"),
    ],
)
def test_an_address_is_signed_as_the_makers_of_s3_do_it(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 29, 8, 41, 59, tzinfo=UTC)
    answer = {"response-content-disposition": SHOWN.disposition, "response-content-type": SHOWN.type}
    ours = presigned(bucket, "ab/abc", answer, int(at.timestamp() * 1000))
    monkeypatch.setattr(auth, "get_current_datetime", lambda: at.replace(second=0))
    request = AWSRequest("GET", f"{bucket.address}/ab/abc", params=answer)
    request.url = f"{request.url}?{urlencode(answer, quote_via=quote)}"
    auth.S3SigV4QueryAuth(
        Credentials(bucket.key_id, bucket.secret), "s3", bucket.region, expires=300
    ).add_auth(request)
    assert parse_qs(urlsplit(request.url).query) == parse_qs(urlsplit(ours).query)
    assert int(parse_qs(urlsplit(ours).query)["X-Amz-Expires"][0]) <= 300


async def test_the_store_answers_under_the_headers_that_were_signed(tmp_path: Path) -> None:
    blobs = S3Blobs(buckets.fresh())
    path, key = source(tmp_path, b"hello")
    await blobs.keep(path, key)
    there = await blobs.shortcut(key, SHOWN)
    assert there is not None and not there.inside
    async with httpx2.AsyncClient(trust_env=False) as http:
        got = await http.get(there.address, headers={"range": "bytes=1-3"})
    assert (got.status_code, got.content) == (206, b"ell")
    assert got.headers["content-type"] == SHOWN.type
    assert got.headers["content-disposition"] == SHOWN.disposition
    assert got.headers["cache-control"] == SHOWN.cache
    assert await S3Blobs(buckets.fresh(), redirects=False).shortcut(key, SHOWN) is None


async def test_a_near_one_is_served_while_the_bucket_is_away(tmp_path: Path) -> None:
    near = LocalBlobs(tmp_path / "media")
    path, key = source(tmp_path, b"hello")
    await near.keep(path, key)
    nowhere = Bucket("media", "", "http://127.0.0.1:9", "us-east-1", "key", "secret")
    both = Pair(near, S3Blobs(nowhere), near)
    assert b"".join([piece async for piece in both.read(key, 0, 5)]) == b"hello"
    assert await both.size(key) == 5
    assert await both.shortcut(key, SHOWN) is None
