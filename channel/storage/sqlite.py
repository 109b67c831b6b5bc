"""SQLite: one connection that writes and checkpoints, a few that read, group commit.

Why one writer: SQLite before 3.51.3 can damage the WAL when two connections write or checkpoint at once, and a
deferred transaction that turns into a write fails at once with BUSY_SNAPSHOT. Why synchronous=FULL: with NORMAL the
newest commits are lost on power failure.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from channel.errors import Unavailable
from channel.storage.database import Clock, Tx
from channel.storage.dialect import our_errors, translate

READERS = 4
MAX_WAITING_WRITES = 2_000  # beyond it the caller is told to come back: memory stays bounded, latency honest
MAX_GROUP = 256  # transactions that share one fsync
BUSY_TIMEOUT_MS = 5_000
WRITER_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": BUSY_TIMEOUT_MS,
    "wal_autocheckpoint": 1_000,
    "journal_size_limit": 64 * 1024 * 1024,
    "trusted_schema": "OFF",
}
READER_PRAGMAS = {
    "query_only": "ON",
    "foreign_keys": "ON",
    "busy_timeout": BUSY_TIMEOUT_MS,
    "wal_autocheckpoint": 0,
    "trusted_schema": "OFF",
}


def _engine(path: Path, *, pragmas: dict[str, Any], begin: str, size: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", poolclass=AsyncAdaptedQueuePool, pool_size=size, max_overflow=0
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name}={value}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def open_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


class _Group:
    """Transactions that will become durable together, or not at all."""

    __slots__ = ("done", "size")

    def __init__(self) -> None:
        self.size = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(lambda future: future.exception())  # somebody may have stopped waiting


class SqliteEngine:
    """The file, its writer and its readers."""

    def __init__(self, path: Path) -> None:
        self._writer = _engine(path, pragmas=WRITER_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)
        self._readers = _engine(path, pragmas=READER_PRAGMAS, begin="BEGIN", size=READERS)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._conn: AsyncConnection | None = None
        self._group: _Group | None = None

    async def _connection(self) -> AsyncConnection:
        """The writer, opened on first use, its promise of durability checked rather than believed."""
        if self._conn is None:
            self._conn = await self._writer.connect()
            row = (await self._conn.exec_driver_sql("PRAGMA synchronous")).first()
            await self._conn.rollback()
            if row is None or row[0] != 2:
                raise Unavailable(
                    "SQLite refuses synchronous=FULL, so nothing could be promised. Not starting."
                )
        return self._conn

    @contextlib.asynccontextmanager
    async def write(self, clock: Clock) -> AsyncIterator[Tx]:
        """Wait for the turn, run, share a commit with whoever waits behind, return when it is durable."""
        if self._waiting >= MAX_WAITING_WRITES:
            raise Unavailable(
                "Too much is being written at once. Nothing was saved; try again.", retry_after_s=2
            )
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            group = await self._open()
            async with self._member(group, clock) as tx:
                yield tx
        finally:
            await asyncio.shield(self._finish())
        await asyncio.shield(group.done)

    async def _open(self) -> _Group:
        if self._group is None:
            try:
                conn = await self._connection()
                await conn.begin()
            except Exception as error:
                await self._reset()
                raise translate(error) from error
            self._group = _Group()
        return self._group

    @contextlib.asynccontextmanager
    async def _member(self, group: _Group, clock: Clock) -> AsyncIterator[Tx]:
        conn = await self._connection()
        await conn.exec_driver_sql("SAVEPOINT member")
        try:
            yield Tx(conn, clock())
        except BaseException as error:
            await asyncio.shield(self._undo(conn, group, error))
            raise
        await conn.exec_driver_sql("RELEASE member")
        group.size += 1

    async def _undo(self, conn: AsyncConnection, group: _Group, error: BaseException) -> None:
        """Take one member back. If SQLite ended the whole transaction (full disk), all of the group failed."""
        try:
            await conn.exec_driver_sql("ROLLBACK TO member")
            await conn.exec_driver_sql("RELEASE member")
        except Exception:  # noqa: BLE001 - whatever it was, the transaction's state is unknown: nobody may believe it
            if not group.done.done():
                group.done.set_exception(error if isinstance(error, Exception) else Unavailable("Try again."))
            self._group = None
            await self._reset()

    async def _finish(self) -> None:
        """Give the turn on; the last of a group commits for all of it."""
        try:
            group = self._group
            if group is not None and (not self._waiting or group.size >= MAX_GROUP):
                self._group = None
                await self._commit(group)
        finally:
            self._turn.release()

    async def _commit(self, group: _Group) -> None:
        conn = await self._connection()
        try:
            await (conn.commit() if group.size else conn.rollback())
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            await self._reset()
            group.done.set_exception(translate(error))
        else:
            group.done.set_result(None)

    async def _reset(self) -> None:
        """Drop a connection whose state is not known; the next write opens a fresh one."""
        conn, self._conn = self._conn, None
        if conn is not None:
            with contextlib.suppress(Exception):
                await conn.rollback()
            await conn.invalidate()
            await conn.close()

    @contextlib.asynccontextmanager
    async def read(self, clock: Clock) -> AsyncIterator[Tx]:
        """One snapshot from a connection that cannot write."""
        with our_errors():
            async with self._readers.connect() as conn:
                yield Tx(conn, clock())

    async def ping(self) -> None:
        """Prove that a write could be made durable: take the write lock and grow the file by nothing."""
        async with self.write(lambda: 0) as tx:
            await tx.run(text("UPDATE instance SET probe = probe + 1"))

    async def close(self) -> None:
        async with self._turn:
            if self._conn is not None:
                await self._conn.close()
                self._conn = None
        await self._writer.dispose()
        await self._readers.dispose()
