"""The folder of blobs: synced before it is named, and nothing but what was meant."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from channel.errors import DiskFull, NotFound
from channel.media import disk, local
from channel.media.disk import still
from channel.media.local import LocalBlobs

KEY = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(b"hello")
    return tmp_path / "source"


async def test_it_is_synced_before_its_name_and_the_name_before_the_answer(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    real, rename = os.fsync, Path.rename

    def fsync(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        said.append("folder" if path.is_dir() else "file")
        real(handle)

    def renamed(self: Path, target: Path) -> Path:
        said.append("name")
        return rename(self, target)

    monkeypatch.setattr(disk.os, "fsync", fsync)
    monkeypatch.setattr(local.Path, "rename", renamed)
    await LocalBlobs(tmp_path / "media").keep(source, KEY)
    assert said[:3] == ["file", "name", "folder"]


async def test_a_full_disk_leaves_nothing(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left")

    monkeypatch.setattr(local, "sync", full)
    with pytest.raises(DiskFull):
        await LocalBlobs(tmp_path / "media").keep(source, KEY)
    assert [path.name for path in (tmp_path / "media").rglob("*") if path.is_file()] == [".lock"]


async def test_a_link_in_the_folder_leads_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "media" / KEY[:2]
    folder.mkdir(parents=True)
    (tmp_path / "secret.key").write_text("secret")
    (folder / KEY).symlink_to(tmp_path / "secret.key")
    with pytest.raises(NotFound):
        [piece async for piece in LocalBlobs(tmp_path / "media").read(KEY, 0, 6)]


async def test_nothing_is_removed_while_a_backup_is_made(tmp_path: Path, source: Path) -> None:
    blobs = LocalBlobs(tmp_path / "media")
    await blobs.keep(source, KEY)
    with still(tmp_path / "media"):
        assert not await blobs.forget(KEY, 2**60)
    assert await blobs.forget(KEY, 2**60)
