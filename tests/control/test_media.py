"""What the doctor says of the stores of media: a folder, a bucket, and files that are not there."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from channel.control import media as looking_at
from channel.control.doctor import examine
from channel.control.finding import Finding
from channel.errors import Unavailable
from channel.media.blobs import Blobs
from channel.media.local import LocalBlobs
from channel.media.s3 import S3Blobs
from channel.settings import Settings
from channel.storage import Database
from tests import buckets, cast
from tests.media.sending import desk, photo, prepared, send


def local(settings: Settings) -> dict[str, Blobs]:
    return {"local": LocalBlobs(settings.data / "media")}


async def told(db: Database, settings: Settings, stores: Mapping[str, Blobs]) -> list[Finding]:
    return await looking_at.examine(db, settings, stores)


async def test_a_folder_that_works_and_files_that_are_there(db: Database, settings: Settings) -> None:
    scene, here = await cast.creator(db), desk(db, settings.data)
    one = await send(here, scene, photo())
    await prepared(db, here, settings.data, one)
    usable, there = await told(db, settings, local(settings))
    assert (usable.level, there.level) == ("good", "good")
    assert str(settings.data / "media") in usable.what
    # What was sent, and a WebP and an AVIF of each of its widths.
    assert there.what.startswith("5 files of media")
    left = [path for path in (settings.data / "media").glob("??/*") if len(path.name) == 64]
    assert len(left) == 5, "the file that was tried is gone"
    assert {*await told(db, settings, local(settings))} <= {*await examine(db, settings, local(settings))}


async def test_files_that_are_gone_or_cut_short_are_named(db: Database, settings: Settings) -> None:
    scene, here = await cast.creator(db), desk(db, settings.data)
    gone = await send(here, scene, b"PK gone", name="gone.zip")
    short = await send(here, scene, b"PK cut short", name="short.zip")
    await send(here, scene, b"PK there", name="there.zip")
    folder = settings.data / "media"
    (folder / gone.sha256[:2] / gone.sha256).unlink()
    (folder / short.sha256[:2] / short.sha256).write_bytes(b"PK")
    *_, finding = await told(db, settings, local(settings))
    assert finding.level == "bad" and "2 of 3 files" in finding.what
    handle = scene.community.handle
    assert f"gone.zip of @{handle}" in finding.what and f"short.zip of @{handle}" in finding.what
    assert "there.zip" not in finding.what and "backup" in finding.remedy


async def test_a_folder_that_is_none(db: Database, settings: Settings) -> None:
    folder = settings.data / "media"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_bytes(b"no folder")
    [bad] = await told(db, settings, local(settings))
    assert bad.level == "bad" and "takes no files" in bad.what and str(folder) in bad.remedy


class Reading(LocalBlobs):
    """A folder that the server may read, and not write to."""

    async def keep(self, source: Path, key: str) -> None:
        raise Unavailable("The folder of the media cannot be used (Permission denied). Try again later.")


async def test_a_folder_that_may_not_be_written_to(db: Database, settings: Settings) -> None:
    [bad] = await told(db, settings, {"local": Reading(settings.data / "media")})
    assert bad.level == "bad" and "Permission denied" in bad.what and "may write to" in bad.remedy


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_bucket(db: Database, settings: Settings) -> None:
    bucket = buckets.fresh()
    given = replace(settings, bucket=bucket)
    usable, there = await told(db, given, {"s3": S3Blobs(bucket)})
    assert (usable.level, there.level) == ("good", "good")
    assert f"s3://{bucket.name}/{bucket.folder}" in usable.what
    missing = replace(bucket, name="no-such-bucket")
    [bad] = await told(db, replace(settings, bucket=missing), {"s3": S3Blobs(missing)})
    assert bad.level == "bad" and "s3://no-such-bucket" in bad.what and "CHANNEL_STORAGE" in bad.remedy


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_bucket_that_is_not_reached(db: Database, settings: Settings) -> None:
    with buckets.pretend() as bucket:
        pass
    [bad] = await told(db, replace(settings, bucket=bucket), {"s3": S3Blobs(bucket)})
    assert bad.level == "bad" and "takes no files" in bad.what and "CHANNEL_S3_ENDPOINT" in bad.remedy


class Denied(LocalBlobs):
    """A bucket whose key may store and read, and not remove."""

    async def forget(self, key: str, before_ms: int) -> bool:
        try:
            raise PermissionDeniedError
        except PermissionDeniedError as error:
            raise Unavailable("The store of the media does not answer.") from error


class PermissionDeniedError(Exception):
    """As the library for buckets calls it."""


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_key_that_may_too_little(db: Database, settings: Settings) -> None:
    given = replace(settings, bucket=buckets.fresh())
    [bad] = await told(db, given, {"s3": Denied(settings.data / "media")})
    assert "removes no files (PermissionDenied)" in bad.what and "s3:DeleteObject" in bad.remedy
