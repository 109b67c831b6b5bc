"""PostgreSQL through asyncpg. Row locks order what must be ordered; the server groups its own commits."""

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from channel.storage.database import Clock, Tx
from channel.storage.dialect import our_errors

POOL = 10
POOL_WAIT_S = 10


class PostgresEngine:
    """A pool; each write is a transaction of its own on one of its connections."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url, pool_size=POOL, max_overflow=POOL, pool_timeout=POOL_WAIT_S, pool_pre_ping=True
        )

    @contextlib.asynccontextmanager
    async def write(self, clock: Clock) -> AsyncIterator[Tx]:
        """Commit on leaving; asyncpg returns from COMMIT when the server has flushed it (synchronous_commit)."""
        with our_errors():
            async with self._engine.begin() as conn:
                yield Tx(conn, clock())

    @contextlib.asynccontextmanager
    async def read(self, clock: Clock) -> AsyncIterator[Tx]:
        """One snapshot: REPEATABLE READ, so that two questions in a row are about the same moment."""
        with our_errors():
            async with self._engine.connect() as raw:
                conn = await raw.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                yield Tx(conn, clock())

    async def ping(self) -> None:
        async with self.write(lambda: 0) as tx:
            await tx.run(text("UPDATE instance SET probe = probe + 1"))

    async def close(self) -> None:
        await self._engine.dispose()
