"""PostgreSQL through asyncpg. Row locks order what must be ordered; the server groups its own commits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from time import monotonic
from typing import Any

from sqlalchemy import Executable, Row, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from channel.storage.commits import Commits
from channel.storage.database import Clock, Statement, Tx
from channel.storage.dialect import our_errors, translate
from channel.storage.epoch import Epoch
from channel.storage.prepared import Prepared

POOL = 10
PREPARED = 500  # statements kept ready on each connection: more than there are, so that each is planned once
POOL_WAIT_S = 10


class PostgresTx(Tx):
    """A transaction on a connection of its own; each statement is a round trip."""

    __slots__ = ("_conn",)

    def __init__(self, conn: AsyncConnection, now: int) -> None:
        super().__init__("postgresql", now)
        self._conn = conn

    async def _execute(self, statement: Statement, values: Any) -> Any:
        # Shielded: a cancelled statement would make SQLAlchemy throw the connection away while it still works.
        # The statement ends first, then the cancellation goes on.
        if isinstance(statement, Prepared):
            statement = statement.statement("postgresql")
        call = asyncio.ensure_future(self._conn.execute(statement, values or None))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait([call])
            raise
        except Exception as error:
            raise translate(error) from error

    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = (await self._execute(statement, values)).all()
        return rows

    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        row: Row[Any] | None = (await self._execute(statement, values)).first()
        return row

    async def run(self, statement: Statement, **values: Any) -> int:
        count: int = (await self._execute(statement, values)).rowcount
        return count

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._execute(statement, rows)

    async def within(self, ms: int | None) -> None:
        await self._execute(text(f"SET LOCAL statement_timeout = {int(ms or 0)}"), None)


class PostgresEngine:
    """A pool; each write is a transaction of its own on one of its connections."""

    in_place = False

    def __init__(self, url: str) -> None:
        self.commits = Commits()
        self.epoch = Epoch()
        self._engine: AsyncEngine = create_async_engine(
            url, pool_size=POOL, max_overflow=POOL, pool_timeout=POOL_WAIT_S,
            connect_args={"prepared_statement_cache_size": PREPARED},
        )  # fmt: skip
        event.listen(self._engine.sync_engine, "connect", self._meet)
        event.listen(self._engine.sync_engine, "checkout", self._require_fit)
        self._writes = 0

    @contextlib.asynccontextmanager
    async def write(self, clock: Clock, *, heavy: bool = False, patient: bool = False) -> AsyncIterator[Tx]:
        """Commit on leaving; asyncpg returns from COMMIT when the server has flushed it (synchronous_commit)."""
        with our_errors():
            try:
                async with self._engine.begin() as conn:
                    yield PostgresTx(conn, clock())
                    began_s = monotonic()
            finally:
                self._writes += 1  # one that failed too: whether it was committed may be unknown
            self.commits.seconds.observe(monotonic() - began_s)
            self.commits.sizes.observe(1)

    @contextlib.asynccontextmanager
    async def read(self, clock: Clock, *, heavy: bool = False, single: bool = False) -> AsyncIterator[Tx]:
        """One snapshot: REPEATABLE READ, so that two questions in a row are about the same moment."""
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        if single:
            options = {"isolation_level": "AUTOCOMMIT"}  # one round trip instead of three
        with our_errors():
            async with self._engine.connect() as raw:
                yield PostgresTx(await raw.execution_options(**options), clock())

    def version(self) -> int:
        return self._writes

    async def ping(self) -> None:
        async with self.write(lambda: 0) as tx:
            await tx.run(text("UPDATE instance SET probe = probe + 1"))

    async def close(self) -> None:
        await self._engine.dispose()

    def _meet(self, connection: Any, record: ConnectionPoolEntry) -> None:
        self.epoch.meet(connection)
        record.info["epoch"] = self.epoch.now

    def _require_fit(self, connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        """Raises DisconnectionError, whereupon the pool opens another one.

        One that the server has ended is known to be closed; a question to find out would be a round trip. One of
        another history may lead to a server that is no longer the one that matters.
        """
        if connection.driver_connection.is_closed() or record.info["epoch"] != self.epoch.now:
            raise DisconnectionError
