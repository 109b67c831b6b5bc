"""What is stored, as one number, and a database whose writes are taken back."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Executable, Row, select

from channel.storage import Database, Prepared, Tx, metadata
from channel.storage.database import Statement

# What a request may change without meaning anything: that a session was used, and that writes work.
# How often something is read is noted by reading it.
# What the triggers note for hooks is taken away by their reader in the background.
NOTED = frozenset({"feed_networks", "hook_changes"})
IDLE = {"sessions": {"seen_at", "expires_at"}, "instance": {"probe"}}


async def checksum(db: Database, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """A digest of each table. `without`: tables that may change."""
    found = {}
    async with db.read() as tx:
        for table in metadata.sorted_tables:
            if table.name in without or table.name in NOTED:
                continue
            columns = [column for column in table.c if column.name not in IDLE.get(table.name, ())]
            rows = sorted(map(repr, await tx.all(select(*columns))))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
    return found


class _TakeBack(Exception):
    """Ends a transaction that went well, so that nothing of it stays."""


class Rehearsal:
    """What would have been stored: how many statements, of transactions that went well, were there to change something."""

    def __init__(self) -> None:
        self.changes = 0


class _Watched(Tx):
    """A transaction that counts what it is told to change."""

    __slots__ = ("_tx", "changes")

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx.dialect, tx.now)
        self.hints = tx.hints
        self.changes = 0
        self._tx = tx

    def _count(self, statement: Statement) -> None:
        told = statement.statement(self.dialect) if isinstance(statement, Prepared) else statement
        self.changes += bool(getattr(told, "is_dml", False))

    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        self._count(statement)
        return await self._tx.all(statement, **values)

    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        self._count(statement)
        return await self._tx.one(statement, **values)

    async def run(self, statement: Statement, **values: Any) -> int:
        self._count(statement)
        return await self._tx.run(statement, **values)

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        self._count(statement)
        await self._tx.run_many(statement, rows)

    async def within(self, ms: int | None) -> None:
        await self._tx.within(ms)


_rehearsal: ContextVar[Rehearsal | None] = ContextVar("rehearsal", default=None)


def teach(db: Database) -> None:
    """From here on `rehearsing` works on this database. Tasks that are not in a rehearsal write as ever."""
    real = db.write

    @contextlib.asynccontextmanager
    async def write(*, heavy: bool = False, patient: bool = False) -> AsyncIterator[Tx]:
        rehearsal = _rehearsal.get()
        if rehearsal is None:
            async with real(heavy=heavy, patient=patient) as tx:
                yield tx
            return
        with contextlib.suppress(_TakeBack):
            async with real(heavy=heavy, patient=patient) as tx:
                watched = _Watched(tx)
                yield watched
                rehearsal.changes += watched.changes
                raise _TakeBack

    db.write = write  # type: ignore[method-assign]


@contextlib.contextmanager
def rehearsing() -> Iterator[Rehearsal]:
    """Every write of this task is undone at its end: what was asked is answered as if, and the world stays as it is."""
    rehearsal = Rehearsal()
    before = _rehearsal.set(rehearsal)
    try:
        yield rehearsal
    finally:
        _rehearsal.reset(before)
