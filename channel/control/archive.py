"""Backup and restore: everything in one file, whatever the database.

The file is an uncompressed tar: `manifest.json` (version, schema, time, sha256 of each part), `channel.db` (always an
SQLite database, also of a PostgreSQL installation, so a backup moves between the two), `secret.key`, `media/…`. What
lies in a bucket is not in it: buckets are copied with their own means.
"""

import asyncio
import contextlib
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Engine, Table, create_engine, delete, insert, inspect, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from channel import __version__
from channel.errors import ChannelError, Unavailable
from channel.hooks.tables import changes
from channel.ids import new_token
from channel.media.disk import still
from channel.secret import KEY_FILE, secret_key
from channel.settings import Settings
from channel.storage import Database, Tx, metadata
from channel.storage.migrate import head_revision, known_revisions, migrate
from channel.storage.open import DATABASE_FILE, FolderLock, database_url, open_database, prepare_folder
from channel.storage.tables import instance

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MANIFEST = "manifest.json"
MEDIA = "media"
FORMAT = 1
PAGE = 500
CHUNK_BYTES = 1024 * 1024
Progress = Callable[[int, int], None]


class Part(msgspec.Struct, frozen=True):
    """One file of a backup, as it was when it was packed."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    version: str
    schema: str
    parts: dict[str, Part]


async def backup(db: Database, settings: Settings, file: Path, progress: Progress) -> dict[str, Any]:
    """Write a verified backup to `file`, beside a working server. Everything acknowledged before is in it.

    Raises Unavailable when `file` exists or cannot be written.
    """
    if await asyncio.to_thread(file.exists):
        raise Unavailable(f"{file} exists already. Choose another name; a backup never overwrites anything.")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".channel-backup-") as folder:
            copy = Path(folder) / DATABASE_FILE
            await _copy_database(db, settings, copy, progress)
            draft = Path(folder) / "backup.tar"
            await asyncio.to_thread(_pack, draft, copy, settings.data)
            await asyncio.to_thread(verify, draft)
            await asyncio.to_thread(_publish, draft, file)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise Unavailable(
            f"The backup could not be written to {file} ({_why(error)}). Nothing is left of it; try again there or elsewhere."
        ) from error
    beside = settings.bucket.address if settings.bucket is not None else None
    return {"file": str(file), "bytes": (await asyncio.to_thread(file.stat)).st_size, "beside": beside}


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]


async def _copy_database(db: Database, settings: Settings, copy: Path, progress: Progress) -> None:
    if settings.on_sqlite:
        await asyncio.to_thread(_vacuum_into, settings.data / DATABASE_FILE, copy)
        progress(1, 1)
        return
    await migrate(f"sqlite+aiosqlite:///{copy}", copy.parent)
    target = create_engine(f"sqlite:///{copy}")
    tables = _kept()
    try:
        async with db.read() as tx:  # one snapshot for all tables
            for number, table in enumerate(tables, 1):
                await _copy_table(tx, table, target)
                progress(number, len(tables))
    finally:
        target.dispose()


def _kept() -> list[Table]:
    """The tables whose rows are copied, in an order that keeps references whole.

    What is derived from them is not: the search index, which triggers have made anew for every row that comes.
    """
    return [table for table in metadata.sorted_tables if not table.info.get("derived")]


async def _copy_table(tx: Tx, table: Table, target: Engine) -> None:
    """A page at a time, so that neither the memory nor the running server feels how long the table is."""
    key = tuple_(*table.primary_key.columns)
    query = select(table).order_by(*table.primary_key.columns).limit(PAGE)
    page = query
    while rows := [dict(row._mapping) for row in await tx.all(page)]:
        await asyncio.to_thread(_insert, target, table, rows)
        last = [rows[-1][column.name] for column in table.primary_key.columns]
        page = query.where(key > tuple_(*last))


def _insert(target: Engine, table: Table, rows: list[dict[str, Any]]) -> None:
    with target.begin() as conn:
        conn.execute(insert(table), rows)


def _vacuum_into(source: Path, copy: Path) -> None:
    """A transactionally consistent copy from a connection that only reads; the server goes on writing meanwhile."""
    conn = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        conn.execute("VACUUM INTO ?", (str(copy),))
    finally:
        conn.close()


def _pack(draft: Path, copy: Path, data: Path) -> None:
    secret_key(data)  # there is one, and it is whole
    parts = {DATABASE_FILE: copy, KEY_FILE: data / KEY_FILE}
    with still(data / MEDIA):
        _pack_parts(draft, parts | _media(data / MEDIA))


def _media(folder: Path) -> dict[str, Path]:
    """Every whole file; what begins with a dot is on its way, or a lock."""
    return {
        f"{MEDIA}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("[!.]*"))
        if path.is_file()
    }


def _pack_parts(draft: Path, parts: dict[str, Path]) -> None:
    facts = {name: Part(_hash(path), path.stat().st_size) for name, path in parts.items()}
    content = msgspec.json.format(msgspec.json.encode(Manifest(FORMAT, __version__, head_revision(), facts)))
    with draft.open("wb") as raw:
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
            for name, path in parts.items():
                tar.add(path, name, filter=_plain)
        raw.flush()
        os.fsync(raw.fileno())
    draft.chmod(0o600)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _publish(draft: Path, file: Path) -> None:
    """Give it its name, durably; never over another file."""
    os.link(draft, file)
    _sync(file.parent)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Parts of a second would stand in a header of their own, which no sum protects."""
    entry.mtime = int(entry.mtime)
    return entry


def verify(file: Path) -> Manifest:
    """Read the whole backup and compare every part with the manifest; check the database in it.

    Raises Unavailable with what is wrong.
    """
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".channel-verify-") as folder:
        return _unpack(file, Path(folder))


def _unpack(file: Path, folder: Path) -> Manifest:
    """Unpack what the manifest names, and nothing else, into `folder`."""
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = _manifest(tar, file)
            for name, part in manifest.parts.items():
                _unpack_part(tar, name, part, folder)
        _check_database(folder / DATABASE_FILE, file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be read or unpacked ({error.strerror}).") from error
    except (tarfile.TarError, sqlite3.Error, KeyError, ValueError) as error:
        raise Unavailable(f"{file} is damaged or no backup: {error}") from error
    return manifest


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    first = tar.extractfile(MANIFEST)
    manifest = msgspec.json.decode(first.read() if first else b"", type=Manifest)
    if manifest.format != FORMAT:
        raise Unavailable(f"{file} is no backup that this version understands. Install a newer one.")
    if lacking := {DATABASE_FILE, KEY_FILE} - manifest.parts.keys():
        raise Unavailable(f"{file} is damaged or no backup: it lacks {', '.join(sorted(lacking))}.")
    return manifest


def _check_database(database: Path, file: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as conn:
        (state,) = conn.execute("PRAGMA integrity_check").fetchone()
    if state != "ok":
        raise Unavailable(f"The database in {file} is damaged: {state}")


def _unpack_part(tar: tarfile.TarFile, name: str, part: Part, folder: Path) -> None:
    target = (folder / name).resolve()
    if name not in (DATABASE_FILE, KEY_FILE) and not target.is_relative_to((folder / MEDIA).resolve()):
        raise Unavailable(f"The backup names a file that is none of its own: {name!r}. Nothing was restored.")
    source = tar.extractfile(name)
    if source is None:
        raise Unavailable(f"The backup is damaged: it lacks {name}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != part.sha256:
        raise Unavailable(f"The backup is damaged: {name} is not what it was.")


async def restore(settings: Settings, file: Path) -> dict[str, Any]:
    """Put a backup in the place of empty data, under a new epoch. Beside a running server it is refused.

    Raises Unavailable when there is data already, the backup is damaged, or it comes from a newer version; then
    nothing has changed.
    """
    prepare_folder(settings.data)
    lock = FolderLock(settings.data)
    try:
        _refuse_over_files(settings.data)
        with tempfile.TemporaryDirectory(dir=settings.data, prefix=".restore-") as name:
            folder = Path(name)
            manifest = await asyncio.to_thread(_unpack, file, folder)
            if manifest.schema not in known_revisions():
                raise Unavailable(
                    f"The backup comes from a newer version ({manifest.version}). Install that one."
                )
            await _new_epoch(folder)
            await _put_in_place(settings, folder)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise Unavailable(f"The restore did not work ({_why(error)}). Nothing was restored.") from error
    finally:
        lock.release()
    return {"version": manifest.version, "parts": len(manifest.parts)}


def _refuse_over_files(data: Path) -> None:
    there = [name for name in (DATABASE_FILE, KEY_FILE, MEDIA) if (data / name).exists()]
    if there:
        raise Unavailable(
            f"{data} holds data already ({', '.join(there)}). Move it away or set CHANNEL_DATA to an empty folder."
        )


async def _new_epoch(folder: Path) -> None:
    """No client may resume into a history it has not seen: with a new epoch it is told `reset`.

    Set before the data is in place, so that no crash leaves the old epoch behind. Brings the schema up to date, too.
    """
    db = await open_database(Settings(data=folder))
    async with db.write() as tx:  # what the rows of the copy told hooks as they came
        await tx.run(delete(changes))
    async with db.write() as tx:
        await tx.run(update(instance).values(epoch=new_token(12)))
    await db.close()


async def _put_in_place(settings: Settings, folder: Path) -> None:
    """The database comes last: without it the data counts as empty, with it the key must be the right one."""
    placed: list[Path] = []
    try:
        for part in (KEY_FILE, MEDIA):
            if (folder / part).exists():
                placed.append(settings.data / part)
                os.rename(folder / part, placed[-1])
        os.chmod(settings.data / KEY_FILE, 0o600)
        if settings.on_sqlite:
            os.rename(folder / DATABASE_FILE, settings.data / DATABASE_FILE)
        else:
            await _pour(folder / DATABASE_FILE, settings)
        _sync(settings.data)
    except (ChannelError, OSError, SQLAlchemyError):
        for path in placed:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def _pour(copy: Path, settings: Settings) -> None:
    """Every row of the copy into an empty PostgreSQL, in one transaction."""
    from sqlalchemy.ext.asyncio import create_async_engine  # a server that only serves need not load it

    target = create_async_engine(settings.database)
    try:
        async with target.connect() as conn:
            await conn.run_sync(lambda sync: _refuse_over_tables(inspect(sync).get_table_names()))
        await migrate(database_url(settings), settings.data)
        async with target.begin() as conn:
            for table in _kept():
                await _pour_table(copy, conn, table)
            await conn.execute(delete(changes))  # the triggers took what was poured for news
    finally:
        await target.dispose()


def _refuse_over_tables(names: list[str]) -> None:
    if set(names) & set(metadata.tables):
        raise Unavailable(
            "The PostgreSQL database holds data already. Set CHANNEL_DATABASE to a fresh one for the restore."
        )


async def _pour_table(copy: Path, conn: "AsyncConnection", table: Table) -> None:
    for page in _pages(copy, table):
        await conn.execute(insert(table), page)


def _pages(copy: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    source = create_engine(f"sqlite:///{copy}")
    with source.connect() as reading:
        found = reading.execute(select(table).order_by(*table.primary_key.columns))
        for rows in found.partitions(PAGE):
            yield [dict(row._mapping) for row in rows]
    source.dispose()
