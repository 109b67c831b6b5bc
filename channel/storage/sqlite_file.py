"""Connections to an SQLite file: how they are opened, and the transactions that run statements on them.

Statements run where they are asked for, on the event loop: most take a few microseconds, a tenth of what it costs to
hand them to a thread and back. What its caller calls heavy has a thread.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from channel.storage.database import Statement, Tx
from channel.storage.dialect import our_errors, translate
from channel.storage.prepared import Prepared, database_error

BUSY_TIMEOUT_MS = 5_000
STEPS_BETWEEN_LOOKS = 5_000  # of SQLite's machine: well below a millisecond
CACHED_STATEMENTS = 512
WRITER_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": 0,  # the loop must not wait: see sqlite.py, _begin
    "wal_autocheckpoint": 1_000,
    "journal_size_limit": 64 * 1024 * 1024,
    "trusted_schema": "OFF",
}
READER_PRAGMAS = {
    "query_only": "ON",
    "foreign_keys": "ON",
    "busy_timeout": 250,
    "wal_autocheckpoint": 0,
    "trusted_schema": "OFF",
}

T = TypeVar("T")


class FileConnection:
    """One connection, as SQLAlchemy runs statements on it and as the driver does."""

    __slots__ = ("_sa", "alarm", "limited", "raw")

    def __init__(self, sa: Connection) -> None:
        self._sa = sa
        self.limited = False
        self.alarm: asyncio.TimerHandle | None = None
        raw = sa.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw = raw

    def command(self, words: str) -> None:
        """One of the words that open or end something."""
        try:
            self.raw.execute(words)
        except sqlite3.Error as error:
            raise translate(database_error(words, error)) from error

    def run(self, statement: Statement, values: Any) -> Any:
        try:
            if isinstance(statement, Prepared):
                return statement.on_sqlite(self.raw, values)
            return self._sa.execute(statement, values or None)
        except DBAPIError as error:
            ours = translate(error)
            if ours is error:
                raise
            raise ours from error

    def end_by(self, moment_s: float | None) -> None:
        """Interrupt what runs beyond this moment of the monotonic clock; None: nothing any more."""
        self.limited = moment_s is not None
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        if moment_s is None:
            self.raw.set_progress_handler(None, 0)
        else:
            self.raw.set_progress_handler(lambda: monotonic() > moment_s, STEPS_BETWEEN_LOOKS)

    def close(self) -> None:
        """Also takes back what was not committed."""
        with contextlib.suppress(sqlite3.Error, SQLAlchemyError):
            self._sa.close()


class File:
    """The database file, and how connections to it are opened. They share what SQLAlchemy knows of statements."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pragmas: dict[str, Any] = {}
        self._lookout: FileConnection | None = None
        # We say BEGIN and COMMIT ourselves; SQLAlchemy only runs statements.
        self._engine = create_engine(
            "sqlite://",
            creator=self._opened,
            poolclass=NullPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
        )

    def _opened(self) -> sqlite3.Connection:
        raw = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS
        )
        for name, value in self._pragmas.items():
            raw.execute(f"PRAGMA {name}={value}")
        return raw

    def connect(self, pragmas: dict[str, Any]) -> FileConnection:
        self._pragmas = pragmas
        with our_errors():
            return FileConnection(self._engine.connect())

    def version(self) -> int:
        """SQLite's own count of commits, from a connection that does nothing else: it counts those of all others."""
        if self._lookout is None:
            self._lookout = self.connect(READER_PRAGMAS)
        try:
            found: int = self._lookout.raw.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise translate(database_error("PRAGMA data_version", error)) from error
        return found

    def close(self) -> None:
        if self._lookout is not None:
            self._lookout.close()
            self._lookout = None


class SqliteTx(Tx):
    """A transaction whose statements run at once, in the calling thread."""

    __slots__ = ("_conn",)

    def __init__(self, conn: FileConnection, now: int) -> None:
        super().__init__("sqlite", now)
        self._conn = conn

    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = self._conn.run(statement, values).all()
        return rows

    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        row: Row[Any] | None = self._conn.run(statement, values).first()
        return row

    async def run(self, statement: Statement, **values: Any) -> int:
        count: int = self._conn.run(statement, values).rowcount
        return count

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._conn.run(statement, rows)

    async def within(self, ms: int | None) -> None:
        self._conn.end_by(None if ms is None else monotonic() + ms / 1000)


class HeavySqliteTx(SqliteTx):
    """A transaction whose statements run in a thread, one after another, while the loop does other things."""

    __slots__ = ("_threads",)

    def __init__(self, conn: FileConnection, now: int, threads: ThreadPoolExecutor) -> None:
        super().__init__(conn, now)
        self._threads = threads

    async def within(self, ms: int | None) -> None:
        await super().within(ms)
        if ms is None:
            return
        # The steps inside of a full-text search are none of SQLite's machine, so nothing would be asked between them.
        self._conn.alarm = asyncio.get_running_loop().call_later(ms / 1000, self._conn.raw.interrupt)

    async def _aside(self, work: Callable[[], T]) -> T:
        # A thread cannot be called back. The statement ends first, then a cancellation goes on.
        call = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait([call])
            raise

    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = await self._aside(lambda: self._conn.run(statement, values).all())
        return rows

    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        row: Row[Any] | None = await self._aside(lambda: self._conn.run(statement, values).first())
        return row

    async def run(self, statement: Statement, **values: Any) -> int:
        count: int = await self._aside(lambda: self._conn.run(statement, values).rowcount)
        return count

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._aside(lambda: self._conn.run(statement, rows))


class Readers:
    """A few connections that only look, opened when they are first needed."""

    def __init__(self, file: File, most: int) -> None:
        self._file = file
        self._free: list[FileConnection] = []
        self._places = asyncio.Semaphore(most)
        self._closed = False

    async def take(self, *, begin: bool = True) -> FileConnection:
        """One that nobody else has. `begin`: what is read of it until it is given back is of one moment."""
        await self._places.acquire()
        try:
            conn = self._free.pop() if self._free else self._file.connect(READER_PRAGMAS)
            if begin:
                conn.command("BEGIN")
        except BaseException:
            self._places.release()
            raise
        return conn

    def give(self, conn: FileConnection) -> None:
        try:
            if conn.limited:
                conn.end_by(None)
            if conn.raw.in_transaction:
                conn.raw.execute("ROLLBACK")
        except sqlite3.Error:
            conn.close()
        else:
            if self._closed:
                conn.close()
            else:
                self._free.append(conn)
        self._places.release()

    def close(self) -> None:
        """Close those that are free; the others when they come back."""
        self._closed = True
        while self._free:
            self._free.pop().close()
