"""One file brings everything back: made beside writers, verified, restored under a new epoch."""

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channel import accounts
from channel.accounts.tables import accounts as accounts_table
from channel.control import archive
from channel.errors import Unavailable
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage import Database, metadata
from channel.storage.open import open_database
from channel.storage.tables import instance
from tests.cast import creator
from tests.conftest import _on_server, _with_database


def silent(done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
async def there(settings: Settings) -> AsyncIterator[Database]:
    """An installation with a key and one account."""
    secret_key(settings.data)
    db = await open_database(settings)
    await write(db, "first")
    yield db
    await db.close()


async def write(db: Database, handle: str) -> None:
    async with db.write() as tx:
        await accounts.create(tx, name=handle, handle=handle)


async def handles(db: Database) -> set[str | None]:
    async with db.read() as tx:
        return {row.handle for row in await tx.all(select(accounts_table.c.handle))}


async def epoch(db: Database) -> str:
    async with db.read() as tx:
        return str(await tx.value(select(instance.c.epoch)))


async def checksums(db: Database) -> dict[str, str]:
    """A hash of every row of every table; the epoch and the readiness counter apart, which are to differ."""
    found = {}
    async with db.read() as tx:
        for table in metadata.sorted_tables:
            columns = [c for c in table.columns if table is not instance or c.name not in ("epoch", "probe")]
            rows = [tuple(row) for row in await tx.all(select(*columns))]
            found[table.name] = hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()
    return found


async def restored(file: Path, data: Path) -> Database:
    """The backup in a folder of its own, on SQLite whatever it came from."""
    settings = Settings(data=data)
    await archive.restore(settings, file)
    return await open_database(settings)


async def test_a_backup_beside_writers_holds_everything_acknowledged_before(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    acknowledged: set[str] = set()

    async def keep_writing(writer: int) -> None:
        for number in range(10):
            handle = f"writer{writer}_{number}"
            await write(there, handle)
            acknowledged.add(handle)

    async with asyncio.TaskGroup() as group:
        for writer in range(20):
            group.create_task(keep_writing(writer))
        while len(acknowledged) < 20:
            await asyncio.sleep(0.01)
        before = {"first", *acknowledged}
        made = await archive.backup(there, settings, tmp_path / "b.tar", silent)
    assert made["bytes"] > 0
    archive.verify(tmp_path / "b.tar")
    db = await restored(tmp_path / "b.tar", tmp_path / "new")
    assert before <= await handles(db) <= {"first", *acknowledged}
    await db.close()


async def test_a_restore_brings_everything_back_under_a_new_epoch(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    await archive.backup(there, settings, tmp_path / "b.tar", silent)
    db = await restored(tmp_path / "b.tar", tmp_path / "new")
    assert await handles(db) == {"first"}
    assert await epoch(db) != await epoch(there)
    assert secret_key(tmp_path / "new") == secret_key(settings.data)
    await db.close()


async def test_neither_overwrites_anything(there: Database, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    await archive.backup(there, settings, file, silent)
    before = file.read_bytes()
    with pytest.raises(Unavailable, match="exists already"):
        await archive.backup(there, settings, file, silent)
    with pytest.raises(Unavailable, match="holds data already"):
        await archive.restore(settings, file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("where", [0.001, 0.02, 0.3, 0.5, 0.7, 0.97])
async def test_a_damaged_backup_is_refused_and_leaves_nothing(
    there: Database, settings: Settings, tmp_path: Path, where: float
) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    await archive.backup(there, settings, file, silent)
    whole = bytearray(file.read_bytes())
    at = int(len(whole.rstrip(b"\0")) * where)
    at = next(
        one for one in range(at, len(whole)) if whole[one]
    )  # what fills up a block of the file says nothing
    whole[at] ^= 0xFF
    file.write_bytes(whole)
    with pytest.raises(Unavailable, match=r"damaged|no backup"):
        await archive.restore(Settings(data=new), file)
    assert [path.name for path in new.iterdir()] == ["channel.lock"]


@pytest.mark.parametrize("kept_bytes", [0, 100, 10_000])
async def test_a_backup_cut_short_is_refused(
    there: Database, settings: Settings, tmp_path: Path, kept_bytes: int
) -> None:
    file = tmp_path / "b.tar"
    await archive.backup(there, settings, file, silent)
    file.write_bytes(file.read_bytes()[:kept_bytes])
    with pytest.raises(Unavailable, match="damaged or no backup"):
        await archive.restore(Settings(data=tmp_path / "new"), file)


def rewritten(
    file: Path, change: Callable[[dict[str, Any]], None], parts: dict[str, bytes] | None = None
) -> None:
    """Somebody wrote the backup anew, with another manifest and perhaps more parts."""
    with tarfile.open(file) as tar:
        held = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    manifest = json.loads(held["manifest.json"])
    for name, content in (parts or {}).items():
        manifest["parts"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    change(manifest)
    held |= {"manifest.json": json.dumps(manifest).encode(), **(parts or {})}
    with tarfile.open(file, "w") as tar:
        for name, content in held.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest: manifest.update(schema="9999", version="99.0"), r"newer version \(99.0\)"),
        (lambda manifest: manifest.update(format=2), "no backup that this version understands"),
        (lambda manifest: manifest.pop("schema"), "damaged or no backup"),
        (lambda manifest: manifest.update(parts=[]), "damaged or no backup"),
        (lambda manifest: manifest["parts"].pop("secret.key"), "lacks secret.key"),
        (lambda manifest: manifest["parts"].pop("channel.db"), "lacks channel.db"),
    ],
)
async def test_a_backup_we_cannot_read_is_refused_and_leaves_nothing(
    there: Database, settings: Settings, tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    await archive.backup(there, settings, file, silent)
    rewritten(file, change)
    with pytest.raises(Unavailable, match=words):
        await archive.restore(Settings(data=new), file)
    assert [path.name for path in new.iterdir()] == ["channel.lock"]


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil-channel", "channel.lock", "media/../../evil", ".restore"]
)
async def test_a_backup_cannot_write_elsewhere(
    there: Database, settings: Settings, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "b.tar"
    await archive.backup(there, settings, file, silent)
    rewritten(file, lambda manifest: None, {name: b"evil"})
    with pytest.raises(Unavailable, match="none of its own"):
        await archive.restore(Settings(data=tmp_path / "new"), file)
    assert not (tmp_path / "evil").exists()
    assert not Path("/tmp/evil-channel").exists()


async def test_media_come_along(there: Database, settings: Settings, tmp_path: Path) -> None:
    picture = settings.data / "media" / "ab" / "picture.bin"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(bytes(range(256)) * 100)
    await archive.backup(there, settings, tmp_path / "b.tar", silent)
    await archive.restore(Settings(data=tmp_path / "new"), tmp_path / "b.tar")
    assert (tmp_path / "new" / "media" / "ab" / "picture.bin").read_bytes() == picture.read_bytes()


@pytest.fixture(params=["sqlite", "postgres"])
async def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of an empty place to restore to, on either database."""
    settings = Settings(data=tmp_path / "elsewhere")
    if request.param == "sqlite":
        yield settings
        return
    server = request.getfixturevalue("postgres_url")
    await _on_server(server, "CREATE DATABASE elsewhere")
    yield replace(settings, database=_with_database(server, "elsewhere"))
    await _on_server(server, "DROP DATABASE elsewhere WITH (FORCE)")


async def test_every_row_survives_the_move_between_databases(
    there: Database, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    scene = await creator(there, "anna")
    gold = await scene.tier("Gold", 10)
    for number in range(12):
        await scene.member(f"Member {number} – ünïcode 🎨", tier=gold if number % 2 else None)
    for number in range(archive.PAGE + 7):
        await write(there, f"many{number}")
    await archive.backup(there, settings, tmp_path / "b.tar", silent)
    await archive.restore(elsewhere, tmp_path / "b.tar")
    db = await open_database(elsewhere)
    assert await checksums(db) == await checksums(there)
    assert await epoch(db) != await epoch(there)
    await db.close()
    assert secret_key(elsewhere.data) == secret_key(settings.data)
    assert not list(elsewhere.data.glob(".restore-*"))


async def test_a_restore_refuses_a_postgres_that_holds_something(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    if settings.on_sqlite:
        return
    await archive.backup(there, settings, tmp_path / "b.tar", silent)
    before = await checksums(there)
    target = replace(settings, data=tmp_path / "new")
    with pytest.raises(Unavailable, match="PostgreSQL database holds data already"):
        await archive.restore(target, tmp_path / "b.tar")
    assert await checksums(there) == before
    assert [path.name for path in target.data.iterdir()] == ["channel.lock"]


async def test_a_restore_beside_its_own_restore_is_refused(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    await archive.backup(there, settings, tmp_path / "b.tar", silent)
    new = Settings(data=tmp_path / "new")
    ended = await asyncio.gather(
        *[archive.restore(new, tmp_path / "b.tar") for _ in range(3)], return_exceptions=True
    )
    assert [type(one) for one in ended].count(dict) == 1
    assert all(isinstance(one, dict | Unavailable) for one in ended)
