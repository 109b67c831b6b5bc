"""Reading and writing: one snapshot or one transaction at a time, always with the time it happens at.

`db.read()` and `db.write()` give a `Tx`. Leaving `write()` normally means the change is durable; leaving it by an
exception means nothing of it happened. No network, file or sleep belongs inside.
"""

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol

from sqlalchemy import Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

from channel.errors import Unavailable
from channel.storage.commits import Commits
from channel.storage.epoch import Epoch
from channel.storage.prepared import Prepared, words_of

Hint = tuple[str, int]
Clock = Callable[[], int]
Statement = Executable | Prepared


def wall_clock() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Tx(ABC):
    """One transaction. `now` is the same moment (epoch ms) throughout it.

    `values` are those of a prepared statement's bindparams. `extras`: see Database.
    """

    __slots__ = ("dialect", "extras", "hints", "now", "queued")

    def __init__(self, dialect: str, now: int) -> None:
        self.dialect = dialect
        self.now = now
        self.hints: list[Hint] = []
        self.queued = False  # somebody has work to do because of it
        self.extras: frozenset[str] = frozenset()

    @abstractmethod
    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        """Every row. The statement carries its own limit."""

    @abstractmethod
    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        """The first row, or None."""

    async def value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(statement, **values)
        return None if row is None else row[0]

    @abstractmethod
    async def run(self, statement: Statement, **values: Any) -> int:
        """Execute and return the number of rows touched."""

    @abstractmethod
    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one round trip."""

    @abstractmethod
    async def within(self, ms: int | None) -> None:
        """What runs from here on must end within so many milliseconds. Beyond them it raises TooSlow. None: no more."""

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT."""
        return words_of(self.dialect).insert(table)


class Engine(Protocol):
    """What differs between the databases: how a transaction is opened, shared and closed.

    `heavy` work may take more than some milliseconds: it must not hold the event loop. `in_place`: nothing else has
    its turn on the event loop while an ordinary transaction reads. `patient`: all others come first, where only one
    can write.
    """

    in_place: bool
    commits: Commits
    epoch: Epoch

    def write(
        self, clock: Clock, *, heavy: bool = False, patient: bool = False
    ) -> contextlib.AbstractAsyncContextManager[Tx]: ...
    def read(
        self, clock: Clock, *, heavy: bool = False, single: bool = False
    ) -> contextlib.AbstractAsyncContextManager[Tx]: ...
    async def close(self) -> None: ...
    async def ping(self) -> None: ...
    def version(self) -> int: ...


class Database:
    """The door to the data. `on_commit` hears the streams that grew, after they are durable; `on_queued` of new jobs.

    `extras`: consumers that are set up here and not everywhere. Who writes asks for them before a job is queued.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock = wall_clock, extras: frozenset[str] = frozenset()
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.extras = extras
        self.on_commit: Callable[[Sequence[Hint]], None] = lambda hints: None
        self.on_queued: Callable[[], None] = lambda: None
        self._closed = False

    @property
    def in_place(self) -> bool:
        """Whether a read that finds a free connection lets nothing else have its turn."""
        return self.engine.in_place

    @property
    def epoch(self) -> Epoch:
        """Of which history the data is."""
        return self.engine.epoch

    def write(
        self, *, heavy: bool = False, patient: bool = False
    ) -> contextlib.AbstractAsyncContextManager[Tx]:
        """One durable change. Raises DiskFull or Unavailable when it cannot be made so.

        `heavy`: it touches more than some hundred rows. `patient`: it is one of a crowd's, which lets others go first.
        """
        if self._closed:
            raise Unavailable("The server is shutting down.")
        return _Write(self, self.engine.write(self.clock, heavy=heavy, patient=patient))

    def read(
        self, *, heavy: bool = False, single: bool = False
    ) -> contextlib.AbstractAsyncContextManager[Tx]:
        """One consistent look. It cannot change anything. `heavy`: it looks through more than some hundred rows.

        `single`: it is one statement, which is consistent by itself and needs no transaction around it.
        """
        return self.engine.read(self.clock, heavy=heavy, single=single)

    def version(self) -> int:
        """Another number after each commit, at the latest when its writer is told of it. Raises Unavailable.

        On SQLite after everybody's; on PostgreSQL only after those of this process.
        """
        return self.engine.version()

    async def ping(self) -> None:
        """Raises Unavailable when a write could not be acknowledged now."""
        await self.engine.ping()

    async def close(self) -> None:
        """Refuse new writes, let the running ones end, close the connections."""
        self._closed = True
        await self.engine.close()


class _Write:
    """A write of the engine's, which tells of what grew once it is durable."""

    __slots__ = ("_database", "_inner", "_tx")

    def __init__(self, database: Database, inner: contextlib.AbstractAsyncContextManager[Tx]) -> None:
        self._database = database
        self._inner = inner

    async def __aenter__(self) -> Tx:
        self._tx = await self._inner.__aenter__()
        self._tx.extras = self._database.extras
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        swallowed = await self._inner.__aexit__(kind, error, trace)
        if error is None and self._tx.hints:
            self._database.on_commit(self._tx.hints)
        if error is None and self._tx.queued:
            self._database.on_queued()
        return swallowed
