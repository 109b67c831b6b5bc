"""What a store of blobs has to do, whichever it is. An adapter that is added is added to STORES."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from channel.errors import NotFound
from channel.media.blobs import Blobs
from channel.media.local import LocalBlobs
from channel.media.pair import Pair
from channel.media.s3 import S3Blobs
from tests import buckets


def pair(folder: Path, first: int) -> Blobs:
    both = LocalBlobs(folder / "store"), S3Blobs(buckets.fresh())
    return Pair(*both, first=both[first])


STORES: dict[str, Callable[[Path], Blobs]] = {
    "local": lambda folder: LocalBlobs(folder / "store"),
    "s3": lambda folder: S3Blobs(buckets.fresh()),
    "both, new ones near": lambda folder: pair(folder, 0),
    "both, new ones far": lambda folder: pair(folder, 1),
}
NEVER = "0" * 64
CONTENT = bytes(range(256)) * 4_096  # several pieces
YOUNG_MS, HOUR_MS = 0, 3_600_000


@pytest.fixture(params=STORES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return STORES[request.param](tmp_path)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def keep(blobs: Blobs, folder: Path, content: bytes = CONTENT) -> str:
    source, key = folder / "source", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    await blobs.keep(source, key)
    assert source.read_bytes() == content, "the source stays"
    return key


async def read(blobs: Blobs, key: str, start: int, length: int) -> bytes:
    return b"".join([piece async for piece in blobs.read(key, start, length)])


async def test_what_is_kept_is_read_in_whole_and_in_part(blobs: Blobs, tmp_path: Path) -> None:
    key = await keep(blobs, tmp_path)
    assert await blobs.size(key) == len(CONTENT)
    assert await read(blobs, key, 0, len(CONTENT)) == CONTENT
    for start, length in ((0, 1), (5, 300_000), (len(CONTENT) - 1, 1), (17, 0)):
        assert await read(blobs, key, start, length) == CONTENT[start : start + length]
    await blobs.fetch(key, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


async def test_writing_on_in_the_source_changes_nothing_that_is_kept(blobs: Blobs, tmp_path: Path) -> None:
    key = await keep(blobs, tmp_path)
    (tmp_path / "source").unlink()
    (tmp_path / "source").write_bytes(b"other")
    assert await read(blobs, key, 0, len(CONTENT)) == CONTENT


@pytest.mark.parametrize("store", ["local", "s3", "", "another"])
async def test_what_is_kept_in_a_store_of_choice_is_read_as_everything(
    blobs: Blobs, tmp_path: Path, store: str
) -> None:
    key = await keep(blobs.into(store), tmp_path)
    assert await read(blobs, key, 0, len(CONTENT)) == CONTENT
    assert await blobs.old(now_ms() + HOUR_MS) == [key]
    assert await blobs.forget(key, now_ms() + HOUR_MS)
    with pytest.raises(NotFound):
        await blobs.size(key)


async def test_twice_is_once(blobs: Blobs, tmp_path: Path) -> None:
    assert await keep(blobs, tmp_path) == await keep(blobs, tmp_path)
    assert await blobs.old(now_ms() + HOUR_MS) == [hashlib.sha256(CONTENT).hexdigest()]


@pytest.mark.parametrize(
    "key", [NEVER, "", "../../etc/passwd", "0" * 63, "0" * 65, "G" * 64, "00/" + "0" * 61]
)
async def test_what_is_not_there_and_what_is_no_key(blobs: Blobs, tmp_path: Path, key: str) -> None:
    await keep(blobs, tmp_path)
    with pytest.raises(NotFound):
        await blobs.size(key)
    with pytest.raises(NotFound):
        await read(blobs, key, 0, 1)
    with pytest.raises(NotFound):
        await blobs.fetch(key, tmp_path / "copy")


async def test_only_the_old_is_listed_and_forgotten(blobs: Blobs, tmp_path: Path) -> None:
    keys = sorted([await keep(blobs, tmp_path, bytes([n]) * 10) for n in range(5)])
    assert await blobs.old(now_ms() - HOUR_MS) == []
    later = now_ms() + HOUR_MS
    assert await blobs.old(later) == keys
    assert await blobs.old(later, after=keys[1], limit=2) == keys[2:4]
    assert not await blobs.forget(keys[0], now_ms() - HOUR_MS)
    assert await blobs.size(keys[0]) == 10
    assert await blobs.forget(keys[0], later)
    assert not await blobs.forget(keys[0], later)
    with pytest.raises(NotFound):
        await blobs.size(keys[0])


async def test_what_is_kept_again_is_young_again(blobs: Blobs, tmp_path: Path) -> None:
    key = await keep(blobs, tmp_path, b"again")
    before = now_ms() + 1
    while now_ms() <= before:
        pass
    await keep(blobs, tmp_path, b"again")
    assert not await blobs.forget(key, before)
