"""What every change relies on: all or nothing, durable, in one order."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select, text

from channel import outbox
from channel.errors import Unavailable
from channel.events import RoomUpdated
from channel.settings import Settings
from channel.storage import Database
from channel.storage.migrate import current_revision, head_revision
from channel.storage.open import FolderLock, database_url, open_database
from channel.storage.sqlite import SqliteEngine

ROOM = RoomUpdated(room_id="r")


async def emit(db: Database) -> int:
    async with db.write() as tx:
        return await outbox.emit(tx, ROOM)


async def test_what_was_written_is_there(db: Database) -> None:
    assert await emit(db) == 1
    async with db.read() as tx:
        assert await outbox.head(tx, "room:r") == 1


async def test_a_failed_write_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.write() as tx:
            await outbox.emit(tx, ROOM)
            raise RuntimeError
    async with db.read() as tx:
        assert await outbox.head(tx, "room:r") == 0


async def test_one_failing_member_of_a_group_does_not_take_the_others_along(db: Database) -> None:
    async def fail() -> None:
        async with db.write() as tx:
            await outbox.emit(tx, ROOM)
            raise RuntimeError

    results = await asyncio.gather(
        *[fail() if n % 5 == 0 else emit(db) for n in range(50)], return_exceptions=True
    )
    kept = [result for result in results if isinstance(result, int)]
    assert sorted(kept) == list(range(1, 41))


async def test_concurrent_writers_get_a_gapless_order(db: Database) -> None:
    seqs = await asyncio.gather(*[emit(db) for _ in range(100)])
    assert sorted(seqs) == list(range(1, 101))
    async with db.read() as tx:
        logged = await outbox.events_since(tx, "room:r", 0, limit=200)
    assert [row.seq for row in logged] == list(range(1, 101))


async def test_a_cancelled_writer_disturbs_nobody(db: Database) -> None:
    async def slow() -> None:
        async with db.write() as tx:
            await outbox.emit(tx, ROOM)
            await asyncio.sleep(30)

    task = asyncio.create_task(slow())
    await asyncio.sleep(0.05)
    others = [asyncio.create_task(emit(db)) for _ in range(5)]
    await asyncio.sleep(0.05)
    task.cancel()
    assert sorted(await asyncio.gather(*others)) == [1, 2, 3, 4, 5]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_stops_waiting_for_the_turn_leaves_nobody_uncommitted(db: Database) -> None:
    """The last of a group commits it. One that others counted on goes away in the very moment when its turn comes."""
    async with db.write() as tx:
        await outbox.emit(tx, ROOM)
        waiting = asyncio.create_task(emit(db))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_soon(waiting.cancel)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with db.read() as tx:
        assert await outbox.head(tx, "room:r") == 1


async def test_heavy_work_is_all_or_nothing_too(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.write(heavy=True) as tx:
            await outbox.emit(tx, ROOM)
            raise RuntimeError
    async with db.write(heavy=True) as tx:
        await outbox.emit(tx, ROOM)
    async with db.read(heavy=True) as tx:
        assert await outbox.head(tx, "room:r") == 1


async def test_heavy_work_does_not_hold_the_loop(tmp_path: Path) -> None:
    db = await open_database(Settings(data=tmp_path))
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    many = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT sum(i) FROM n"
    )
    for opened in (db.read(heavy=True), db.write(heavy=True)):
        before = turns
        async with opened as tx:
            assert await tx.value(many) == 300_000 * 300_001 // 2
        assert turns > before + 10
    turning.cancel()
    await db.close()


async def test_a_file_that_another_program_holds_is_waited_for_without_holding_the_loop(
    tmp_path: Path,
) -> None:
    db = await open_database(Settings(data=tmp_path))
    other = sqlite3.connect(tmp_path / "channel.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(emit(db))
    await asyncio.sleep(0.1)
    assert not writing.done()
    async with db.read() as tx:
        assert await outbox.head(tx, "room:r") == 0
    other.execute("COMMIT")
    other.close()
    assert await writing == 1
    await db.close()


async def test_hints_come_after_the_commit(db: Database) -> None:
    heard: list[tuple[str, int]] = []
    db.on_commit = heard.extend
    with pytest.raises(RuntimeError):
        async with db.write() as tx:
            await outbox.emit(tx, ROOM)
            raise RuntimeError
    assert heard == []
    await emit(db)
    assert heard == [("room:r", 1)]


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        async with db.read() as tx:
            await tx.run(text("UPDATE instance SET name = 'x'"))


async def test_the_writer_is_durable_and_the_readers_look_only(tmp_path: Path) -> None:
    db = await open_database(Settings(data=tmp_path))
    async with db.write() as tx:
        assert await tx.value(text("PRAGMA synchronous")) == 2
        assert await tx.value(text("PRAGMA journal_mode")) == "wal"
        assert await tx.value(text("PRAGMA foreign_keys")) == 1
    async with db.read() as tx:
        assert await tx.value(text("PRAGMA query_only")) == 1
        assert await tx.value(text("PRAGMA wal_autocheckpoint")) == 0
    await db.close()


async def test_many_waiting_writes_share_commits(tmp_path: Path) -> None:
    db = await open_database(Settings(data=tmp_path))
    engine = db.engine
    assert isinstance(engine, SqliteEngine)
    commits = 0
    real = engine._commit

    async def counted(group: object) -> None:
        nonlocal commits
        commits += 1
        await real(group)  # type: ignore[arg-type]

    engine._commit = counted  # type: ignore[method-assign, assignment]
    await asyncio.gather(*[emit(db) for _ in range(100)])
    assert commits <= 5
    await db.close()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    await (await open_database(settings)).close()
    with sqlite3.connect(tmp_path / "channel.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = 'later'")
    conn.close()
    with pytest.raises(Unavailable, match="newer version"):
        await open_database(settings)


async def test_opening_twice_keeps_the_data(settings: Settings) -> None:
    first = await open_database(settings)
    await emit(first)
    await first.close()
    again = await open_database(settings)
    async with again.read() as tx:
        assert await outbox.head(tx, "room:r") == 1
        assert len(await tx.all(select(outbox.events))) == 1
    await again.close()
    assert await current_revision(database_url(settings)) == head_revision()


def test_one_process_owns_the_folder(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(Unavailable, match="Another process"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()
