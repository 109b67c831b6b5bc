"""SQLite: one connection that writes and checkpoints, a few that read, group commit.

Why one writer: SQLite before 3.51.3 can damage the WAL when two connections write or checkpoint at once, and a
deferred transaction that turns into a write fails at once with BUSY_SNAPSHOT. Why synchronous=FULL: with NORMAL the
newest commits are lost on power failure. What waits has a thread: the commit for the disk, and the beginning for
another program that holds the file locked.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

from sqlalchemy import text

from channel.errors import Unavailable
from channel.storage.commits import Commits
from channel.storage.database import Clock, Tx
from channel.storage.dialect import translate
from channel.storage.epoch import Epoch
from channel.storage.prepared import database_error
from channel.storage.sqlite_file import (
    BUSY_TIMEOUT_MS,
    WRITER_PRAGMAS,
    File,
    FileConnection,
    HeavySqliteTx,
    Readers,
    SqliteTx,
)
from channel.storage.turn import Turn

READERS = 4
HEAVY_READERS = 2
MAX_WAITING_WRITES = 2_000  # beyond it the caller is told to come back: memory stays bounded, latency honest
MAX_GROUP = 256  # transactions that share one fsync


class _Group:
    """Transactions that will become durable together, or not at all."""

    __slots__ = ("done", "pressing", "size")

    def __init__(self) -> None:
        self.size = 0
        self.pressing = False  # somebody in it has no patience
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(lambda future: future.exception())  # somebody may have stopped waiting


class SqliteEngine:
    """The file, its writer and its readers."""

    in_place = True

    def __init__(self, path: Path) -> None:
        self._file = File(path)
        self._turn = Turn()
        self.commits = Commits()
        self.epoch = Epoch()
        self._conn: FileConnection | None = None
        self._group: _Group | None = None
        self._closing: set[asyncio.Task[None]] = set()  # groups on their way to the disk
        self._writer_thread = ThreadPoolExecutor(1, "channel-writer")
        self._reader_threads = ThreadPoolExecutor(HEAVY_READERS, "channel-reader")
        self._readers = Readers(self._file, READERS)
        self._heavy_readers = Readers(self._file, HEAVY_READERS)

    def write(self, clock: Clock, *, heavy: bool = False, patient: bool = False) -> "_Writing":
        """Wait for the turn, run, share a commit with whoever waits behind, return when it is durable."""
        return _Writing(self, clock, heavy, patient)

    def read(self, clock: Clock, *, heavy: bool = False, single: bool = False) -> "_Reading":
        """One snapshot from a connection that cannot write."""
        if heavy:
            return _Reading(self._heavy_readers, clock, single, self._reader_threads)
        return _Reading(self._readers, clock, single, None)

    def _connection(self) -> FileConnection:
        """The writer, opened on first use, its promise of durability checked rather than believed."""
        if self._conn is None:
            self._conn = self._file.connect(WRITER_PRAGMAS)
            if self._conn.raw.execute("PRAGMA synchronous").fetchone()[0] != 2:
                self._reset()
                raise Unavailable(
                    "SQLite refuses synchronous=FULL, so nothing could be promised. Not starting."
                )
        return self._conn

    async def _take_turn(self, *, patient: bool) -> None:
        if self.commits.waiting >= MAX_WAITING_WRITES:
            self.commits.refused += 1
            raise Unavailable(
                "Too much is being written at once. Nothing was saved; try again.", retry_after_s=2
            )
        self.commits.waiting += 1
        try:
            await self._turn.take(patient=patient)
        except BaseException:
            self.commits.waiting -= 1
            self._commit_abandoned()
            raise
        self.commits.waiting -= 1

    async def _open(self) -> tuple[FileConnection, _Group]:
        """The transaction that this turn takes part in. Holds the turn."""
        if self._group is None:
            conn = self._connection()
            try:
                await self._begin(conn)
            except Exception:
                self._reset()
                raise
            self._group = _Group()
        return self._connection(), self._group

    async def _begin(self, conn: FileConnection) -> None:
        try:
            conn.raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise translate(database_error("BEGIN", error)) from error
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(self._writer_thread, _begin_patiently, conn))

    def _undo(self, conn: FileConnection, group: _Group, error: BaseException) -> None:
        """Take one member back. If SQLite ended the whole transaction (full disk), all of the group failed."""
        try:
            conn.raw.execute("ROLLBACK TO member")
            conn.raw.execute("RELEASE member")
        except sqlite3.Error:  # the transaction's state is unknown: nobody may believe it
            if not group.done.done():
                group.done.set_exception(error if isinstance(error, Exception) else Unavailable("Try again."))
            self._group = None
            self._reset()

    def _pass_on(self) -> None:
        """Give the turn on; the last of a group commits for all of it."""
        group = self._group
        if group is None or self._goes_on(group):
            self._turn.pass_on()
            return
        self._group = None
        self._keep(self._commit_and_release(group))

    def _goes_on(self, group: _Group) -> bool:
        """Whether whoever waits takes part in this commit, too. A crowd does not keep one waiting who has no patience."""
        if group.size >= MAX_GROUP:
            return False
        return self._turn.pressing if group.pressing else self.commits.waiting > 0

    def _commit_abandoned(self) -> None:
        """Somebody stopped waiting for the turn: if a group relied on them to commit it, it is committed without them."""
        if self._group is not None and not self.commits.waiting and not self._turn.taken:
            self._keep(self._commit_left())

    async def _commit_left(self) -> None:
        await self._turn.take()
        self._pass_on()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _commit_and_release(self, group: _Group) -> None:
        try:
            await self._commit(group)
        finally:
            self._turn.pass_on()

    async def _commit(self, group: _Group) -> None:
        conn, began_s = self._connection(), monotonic()
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._writer_thread, conn.command, "COMMIT" if group.size else "ROLLBACK"
            )
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            self._reset()
            group.done.set_exception(error)
        else:
            group.done.set_result(None)
            if group.size:
                self.commits.seconds.observe(monotonic() - began_s)
                self.commits.sizes.observe(group.size)

    def _reset(self) -> None:
        """Drop a connection whose state is not known; the next write opens a fresh one."""
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()

    def version(self) -> int:
        return self._file.version()

    async def ping(self) -> None:
        """Prove that a write could be made durable: take the write lock and grow the file by nothing."""
        async with self.write(lambda: 0) as tx:
            await tx.run(text("UPDATE instance SET probe = probe + 1"))

    async def close(self) -> None:
        await self._turn.take()
        self._reset()
        self._turn.pass_on()
        self._readers.close()
        self._heavy_readers.close()
        self._file.close()
        self._writer_thread.shutdown()
        self._reader_threads.shutdown()


def _begin_patiently(conn: FileConnection) -> None:
    """Another program holds the file: wait for it, in a thread."""
    conn.command(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    try:
        conn.command("BEGIN IMMEDIATE")
    finally:
        conn.command("PRAGMA busy_timeout=0")


class _Writing:
    """One write, from its turn to its commit."""

    __slots__ = ("_clock", "_conn", "_engine", "_group", "_heavy", "_patient")

    def __init__(self, engine: SqliteEngine, clock: Clock, heavy: bool, patient: bool) -> None:
        self._engine = engine
        self._clock = clock
        self._heavy = heavy
        self._patient = patient

    async def __aenter__(self) -> Tx:
        engine = self._engine
        await engine._take_turn(patient=self._patient)
        try:
            self._conn, self._group = await engine._open()
            self._group.pressing |= not self._patient
            self._conn.command("SAVEPOINT member")
        except BaseException:
            engine._pass_on()
            raise
        if self._heavy:
            return HeavySqliteTx(self._conn, self._clock(), engine._writer_thread)
        return SqliteTx(self._conn, self._clock())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        engine, group = self._engine, self._group
        try:
            if error is None:
                self._conn.command("RELEASE member")
                group.size += 1
        except Exception as failed:
            error = failed
            raise
        finally:
            if error is not None:
                engine._undo(self._conn, group, error)
            engine._pass_on()
        if error is None:
            await asyncio.shield(group.done)


class _Reading:
    """One snapshot."""

    __slots__ = ("_clock", "_conn", "_readers", "_single", "_threads")

    def __init__(
        self, readers: Readers, clock: Clock, single: bool, threads: ThreadPoolExecutor | None
    ) -> None:
        self._readers = readers
        self._clock = clock
        self._single = single
        self._threads = threads

    async def __aenter__(self) -> Tx:
        self._conn = await self._readers.take(begin=not self._single)
        if self._threads is not None:
            return HeavySqliteTx(self._conn, self._clock(), self._threads)
        return SqliteTx(self._conn, self._clock())

    async def __aexit__(self, *_: object) -> None:
        self._readers.give(self._conn)
