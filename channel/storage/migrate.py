"""Schema changes: one step per release, each in a transaction, a copy taken before the first.

PostgreSQL workers that start together are held apart by an advisory lock; on SQLite one process owns the file.
Alembic and SQLAlchemy's asyncio are loaded when something has to be done: a server on current data needs neither.
"""

import contextlib
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from channel.errors import ChannelError, Unavailable
from channel.storage.schema import metadata

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy.ext.asyncio import AsyncEngine

    from channel.storage.database import Clock, Engine

NEWEST = "0053"  # the last step in migrations/versions
ADVISORY_LOCK = 0x6368616E  # "chan"
DEADLOCK = "40P01"  # deadlock_detected, as PostgreSQL calls it
MOST_TRIES = 5


def is_newest(file: Path) -> bool:
    """Whether the SQLite file has the newest schema this program knows; False when that cannot be told."""
    if not file.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(file)) as conn:
            return conn.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
    except sqlite3.Error:
        return False


async def has_newest(engine: "Engine", clock: "Clock") -> bool:
    """Whether the database has the newest schema this program knows; False when that cannot be told."""
    try:
        async with engine.read(clock, single=True) as tx:
            return bool(await tx.value(text("SELECT version_num FROM alembic_version")) == NEWEST)
    except (ChannelError, SQLAlchemyError, OSError):
        return False


@cache
def _scripts() -> "ScriptDirectory":
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def head_revision() -> str:
    """The newest schema this program knows."""
    return _scripts().get_current_head() or ""


def known_revisions() -> frozenset[str]:
    """Every schema that this program can bring up to date."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def migration_engine(url: str) -> "AsyncEngine":
    """An engine whose DDL is transactional on SQLite too, so that a killed migration leaves nothing half done."""
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def configure(connection: object, _: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]
            cursor = connection.cursor()  # type: ignore[attr-defined]
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def open_transaction(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def current_revision(url: str) -> str | None:
    """The schema the data has now; None for empty data."""
    from alembic.migration import MigrationContext

    engine = migration_engine(url)
    try:
        async with engine.connect() as conn:
            return await conn.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"The database cannot be opened: {_first_line(error)}") from error
    finally:
        await engine.dispose()


async def migrate(url: str, data: Path) -> str | None:
    """Bring the schema to head. Returns the revision it came from when something was done, else None.

    Raises Unavailable when the data was written by a newer program, or the database cannot be opened.
    """
    before = await current_revision(url)
    scripts = _scripts()
    head = scripts.get_current_head()
    if before == head:
        return None
    if before is not None and before not in known_revisions():
        raise Unavailable(
            f"The data was written by a newer version (schema {before}). Install that version again."
        )
    if before is not None and url.startswith("sqlite"):
        _copy_first(Path(url.split(":///", 1)[1]), data / "backups" / f"before-{head}-from-{before}.db")
    engine = migration_engine(url)
    try:
        await _bring_up(engine, scripts)
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(
            f"The schema could not be brought up to date ({_first_line(error)}). Nothing was changed."
        ) from error
    finally:
        await engine.dispose()
    return before or ""


async def _bring_up(engine: "AsyncEngine", scripts: "ScriptDirectory") -> None:
    """All steps in one transaction. Again where PostgreSQL ended it because it and a server of the version before, which goes
    on writing beside, waited for each other."""
    for left in reversed(range(MOST_TRIES)):
        try:
            async with engine.begin() as conn:
                if engine.dialect.name == "postgresql":
                    await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
                await conn.run_sync(lambda sync: _upgrade(sync, scripts))
        except DBAPIError as error:
            if not left or getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
        else:
            return


def _copy_first(database: Path, copy: Path) -> None:
    """Keep the data as it was, complete with what is still in the WAL."""
    try:
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        copy.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(database)) as conn:
            conn.execute("VACUUM INTO ?", (str(copy),))
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(
            f"The copy before the change of schema could not be written to {copy} ({error}). Nothing was changed."
        ) from error


def _upgrade(connection: Connection, scripts: "ScriptDirectory") -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    def steps(revision: tuple[str, ...], _: object) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), scripts) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            fn=steps,
            render_as_batch=connection.dialect.name == "sqlite",
            transactional_ddl=True,
        )
        environment.run_migrations()


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else type(cause).__name__
