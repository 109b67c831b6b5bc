"""One file brings everything back: made beside writers, verified, restored under a new epoch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from channel import accounts
from channel.control import archive
from channel.errors import Unavailable
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage import Database, open_database
from channel.storage.tables import instance


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
        found, _ = await accounts.list_accounts(tx, limit=100)
        return {account.handle for account in found}


async def epoch(db: Database) -> str:
    async with db.read() as tx:
        return str(await tx.value(select(instance.c.epoch)))


async def restored(file: Path, data: Path) -> Database:
    """The backup in a folder of its own, on SQLite whatever it came from."""
    settings = Settings(data=data)
    await archive.restore(settings, file)
    return await open_database(settings)


async def test_a_backup_beside_writers_holds_everything_acknowledged_before(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    acknowledged: set[str] = set()

    async def keep_writing() -> None:
        for number in range(200):
            await write(there, f"writer{number}")
            acknowledged.add(f"writer{number}")

    async with asyncio.TaskGroup() as group:
        group.create_task(keep_writing())
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


async def test_a_damaged_backup_is_refused_and_leaves_nothing(
    there: Database, settings: Settings, tmp_path: Path
) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    await archive.backup(there, settings, file, silent)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    file.write_bytes(whole)
    with pytest.raises(Unavailable, match="damaged"):
        await archive.restore(Settings(data=new), file)
    assert [path.name for path in new.iterdir()] == ["channel.lock"]
