"""Reading and writing: one snapshot or one transaction at a time, always with the time it happens at.

`db.read()` and `db.write()` give a `Tx`. Leaving `write()` normally means the change is durable; leaving it by an
exception means nothing of it happened. No network, file or sleep belongs inside.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from channel.errors import Unavailable
from channel.storage.dialect import translate

Hint = tuple[str, int]
Clock = Callable[[], int]


def wall_clock() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Tx:
    """One transaction. `now` is the same moment (epoch ms) throughout it."""

    __slots__ = ("_conn", "dialect", "hints", "now")

    def __init__(self, conn: AsyncConnection, now: int) -> None:
        self._conn = conn
        self.now = now
        self.dialect = conn.dialect.name
        self.hints: list[Hint] = []

    async def _execute(self, statement: Executable, many: Sequence[dict[str, Any]] | None = None) -> Any:
        # Shielded: a cancelled statement would make SQLAlchemy throw the connection away, and with it the
        # transaction of everyone who shares the commit. The statement ends first, then the cancellation goes on.
        call = asyncio.ensure_future(self._conn.execute(statement, many))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait([call])
            raise
        except Exception as error:
            raise translate(error) from error

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """Every row. The statement carries its own limit."""
        rows: Sequence[Row[Any]] = (await self._execute(statement)).all()
        return rows

    async def one(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        row: Row[Any] | None = (await self._execute(statement)).first()
        return row

    async def value(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(statement)
        return None if row is None else row[0]

    async def run(self, statement: Executable) -> int:
        """Execute and return the number of rows touched."""
        count: int = (await self._execute(statement)).rowcount
        return count

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one round trip to the driver's thread."""
        if rows:
            await self._execute(statement, rows)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT, which both databases spell alike but SQLAlchemy keeps apart."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)


class Engine(Protocol):
    """What differs between the databases: how a transaction is opened, shared and closed."""

    def write(self, clock: Clock) -> contextlib.AbstractAsyncContextManager[Tx]: ...
    def read(self, clock: Clock) -> contextlib.AbstractAsyncContextManager[Tx]: ...
    async def close(self) -> None: ...
    async def ping(self) -> None: ...


class Database:
    """The door to the data. `on_commit` hears the streams that grew, after they are durable."""

    def __init__(self, engine: Engine, *, clock: Clock = wall_clock) -> None:
        self.engine = engine
        self.clock = clock
        self.on_commit: Callable[[Sequence[Hint]], None] = lambda hints: None
        self._closed = False

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """One durable change. Raises DiskFull or Unavailable when it cannot be made so."""
        if self._closed:
            raise Unavailable("The server is shutting down.")
        async with self.engine.write(self.clock) as tx:
            yield tx
        if tx.hints:
            self.on_commit(tx.hints)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """One consistent look. It cannot change anything."""
        async with self.engine.read(self.clock) as tx:
            yield tx

    async def ping(self) -> None:
        """Raises Unavailable when a write could not be acknowledged now."""
        await self.engine.ping()

    async def close(self) -> None:
        """Refuse new writes, let the running ones end, close the connections."""
        self._closed = True
        await self.engine.close()
