"""Leaving `write()` means durable: for whoever shares a commit too, and for whoever is told of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from channel import outbox
from channel.errors import ChannelError
from channel.events import RoomUpdated
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database
from channel.storage.sqlite import SqliteEngine

WRITERS = 20
Commit = Callable[[Any], Awaitable[None]]


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    db = await open_database(Settings(data=tmp_path))
    yield db
    await db.close()


def around_commit(db: Database, instead: Callable[[Commit, Any], Awaitable[None]]) -> None:
    """Let `instead` stand in the place of the group commit; it is given the real one and the group."""
    engine = db.engine
    assert isinstance(engine, SqliteEngine)
    real = engine._commit

    async def commit(group: Any) -> None:
        await instead(real, group)

    engine._commit = commit  # type: ignore[method-assign, assignment]


async def emit(db: Database) -> int:
    async with db.write() as tx:
        return await outbox.emit(tx, RoomUpdated(room_id="r"))


async def test_nobody_is_answered_before_the_shared_commit(on_sqlite: Database) -> None:
    history: list[str] = []

    async def slowly(real: Commit, group: Any) -> None:
        await asyncio.sleep(0.05)
        await real(group)
        history.append("commit")

    async def write() -> None:
        await emit(on_sqlite)
        history.append("answer")

    around_commit(on_sqlite, slowly)
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    # The first finds the writer free and goes alone; the others have gathered behind it and go together.
    assert history == ["commit", "answer", "commit"] + ["answer"] * (WRITERS - 1)


async def test_a_commit_that_fails_is_told_to_everybody_who_shares_it(on_sqlite: Database) -> None:
    async def failing(real: Commit, group: Any) -> None:
        on_sqlite.engine._connection().command("ROLLBACK")  # type: ignore[attr-defined]
        group.done.set_exception(ChannelError("The disk is gone."))

    around_commit(on_sqlite, failing)
    ended = await asyncio.gather(*(emit(on_sqlite) for _ in range(WRITERS)), return_exceptions=True)
    assert [type(one) for one in ended] == [ChannelError] * WRITERS


async def test_a_hint_tells_only_of_what_every_reader_can_see(on_sqlite: Database, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def look(hints: Sequence[tuple[str, int]]) -> None:
        reader = sqlite3.connect(tmp_path / "channel.db")
        [newest] = reader.execute("SELECT max(seq) FROM events WHERE stream = 'room:r'").fetchone()
        reader.close()
        seen.extend((newest or 0, told) for _, told in hints)

    on_sqlite.on_commit = look
    await asyncio.gather(*(emit(on_sqlite) for _ in range(WRITERS)))
    assert len(seen) == WRITERS
    assert all(newest >= told for newest, told in seen)
