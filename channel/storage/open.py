"""Opening the data: the folder, the lock, the schema, then the database."""

import fcntl
import os
from pathlib import Path

from sqlalchemy import select, update

from channel.errors import Unavailable
from channel.hearers import HUB
from channel.secret import KEY_FILE, fingerprint, secret_key
from channel.settings import Settings
from channel.storage.database import Clock, Database, Engine, wall_clock
from channel.storage.migrate import has_newest, is_newest, migrate
from channel.storage.sqlite import SqliteEngine
from channel.storage.tables import instance

DATABASE_FILE = "channel.db"


def database_url(settings: Settings) -> str:
    """The address SQLAlchemy understands."""
    return settings.database or f"sqlite+aiosqlite:///{settings.data / DATABASE_FILE}"


def prepare_folder(data: Path) -> None:
    """Create the data folder for this user alone. Raises Unavailable when it cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Unavailable(
            f"The data folder {data} cannot be written ({error.strerror}). Check its rights or set CHANNEL_DATA."
        ) from error


class FolderLock:
    """One process owns the data folder; the kernel releases the lock when it dies, however it dies."""

    def __init__(self, data: Path) -> None:
        path = data / "channel.lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"{path} cannot be opened ({error.strerror}). Check its rights.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise Unavailable(
                f"Another process is using {data}. Stop it first, or set CHANNEL_DATA to another folder.",
            ) from error

    def release(self) -> None:
        os.close(self._file)


async def open_database(settings: Settings, *, clock: Clock = wall_clock) -> Database:
    """Bring the schema up to date and open it. The caller holds the FolderLock when on SQLite.

    Raises Unavailable with one sentence when the database is newer than this program or cannot be reached.
    """
    if settings.on_sqlite:
        if not is_newest(settings.data / DATABASE_FILE):
            await migrate(database_url(settings), settings.data)
        return await open_migrated(settings, clock=clock)
    engine = _engine(settings)
    if not await has_newest(engine, clock):
        await engine.close()
        await migrate(database_url(settings), settings.data)
        engine = _engine(settings)
    return await _opened(engine, settings, clock)


async def open_migrated(settings: Settings, *, clock: Clock = wall_clock) -> Database:
    """Open a database whose schema is known to be the newest."""
    return await _opened(_engine(settings), settings, clock)


def _engine(settings: Settings) -> Engine:
    if settings.on_sqlite:
        return SqliteEngine(settings.data / DATABASE_FILE)
    from channel.storage.postgres import PostgresEngine  # loads asyncpg and what SQLAlchemy has for it

    return PostgresEngine(settings.database)


async def _opened(engine: Engine, settings: Settings, clock: Clock) -> Database:
    extras = frozenset({HUB} if settings.websub_hub else ())
    database = Database(engine, clock=clock, extras=extras)
    async with database.write() as tx:
        epoch = await tx.value(select(instance.c.epoch))
        if epoch is None:
            first = {"id": 1, "epoch": database.epoch.fresh(), "name": "Channel", "created_at": tx.now}
            await tx.run(tx.insert(instance).values(**first).on_conflict_do_nothing())
            epoch = await tx.value(select(instance.c.epoch))
    database.epoch.learn(epoch)
    return database


async def settle_key(db: Database, data: Path) -> None:
    """See to it that `data` holds the key which has sealed what is sealed in the database; the first one is it.

    Raises Unavailable when this folder lacks it or has another: a server with a key of its own would seal what the
    others cannot open.
    """
    async with db.read() as tx:
        known = await tx.value(select(instance.c.key_fingerprint))
    if known is None:
        mine = fingerprint(secret_key(data))
        async with db.write() as tx:
            free = instance.c.key_fingerprint.is_(None)
            await tx.run(update(instance).where(free).values(key_fingerprint=mine))
            known = await tx.value(select(instance.c.key_fingerprint))
    path = data / KEY_FILE
    if not path.exists() or fingerprint(secret_key(data)) != known:
        raise Unavailable(
            f"{path} is not the key of this database. Copy {KEY_FILE} there from the data folder of another server of this installation, or from a backup."
        )
