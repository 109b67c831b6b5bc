"""Backup and restore: everything in one file, whatever the database.

The file is an uncompressed tar: `manifest.json` (version, schema, time, sha256 of each part), `channel.db` (always an
SQLite database, also of a PostgreSQL installation, so a backup moves between the two), `secret.key`, `media/…`.
"""

import asyncio
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, update
from sqlalchemy.ext.asyncio import create_async_engine

from channel import __version__
from channel.errors import Unavailable
from channel.ids import new_token
from channel.secret import KEY_FILE
from channel.settings import Settings
from channel.storage import Database, metadata, open_database
from channel.storage.migrate import head_revision, known_revisions, migrate
from channel.storage.open import DATABASE_FILE, FolderLock, database_url, prepare_folder
from channel.storage.tables import instance

MANIFEST = "manifest.json"
FORMAT = 1
PAGE = 500
CHUNK_BYTES = 1024 * 1024
Progress = Callable[[int, int], None]


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
    except OSError as error:
        raise Unavailable(f"The backup could not be written to {file} ({error.strerror}).") from error
    return {"file": str(file), "bytes": (await asyncio.to_thread(file.stat)).st_size}


async def _copy_database(db: Database, settings: Settings, copy: Path, progress: Progress) -> None:
    if settings.on_sqlite:
        source = settings.data / DATABASE_FILE
        await asyncio.to_thread(_vacuum_into, source, copy)
        progress(1, 1)
        return
    await migrate(f"sqlite+aiosqlite:///{copy}", copy.parent)
    target = create_engine(f"sqlite:///{copy}")
    tables = metadata.sorted_tables
    async with db.read() as tx:  # one snapshot for all tables
        for number, table in enumerate(tables, 1):
            rows = [dict(row._mapping) for row in await tx.all(table.select())]
            with target.begin() as conn:
                for start in range(0, len(rows), PAGE):
                    conn.execute(insert(table), rows[start : start + PAGE])
            progress(number, len(tables))
    target.dispose()


def _vacuum_into(source: Path, copy: Path) -> None:
    """A transactionally consistent copy from a connection that only reads; the server goes on writing meanwhile."""
    conn = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
    try:
        conn.execute("VACUUM INTO ?", (str(copy),))
    finally:
        conn.close()


def _pack(draft: Path, copy: Path, data: Path) -> None:
    parts = {DATABASE_FILE: copy, KEY_FILE: data / KEY_FILE}
    media = data / "media"
    parts |= {
        f"media/{path.relative_to(media).as_posix()}": path
        for path in sorted(media.rglob("*"))
        if path.is_file()
    }
    manifest = {
        "format": FORMAT,
        "version": __version__,
        "schema": head_revision(),
        "parts": {
            name: {"sha256": _hash(path), "bytes": path.stat().st_size} for name, path in parts.items()
        },
    }
    content = json.dumps(manifest, indent=1).encode()
    with draft.open("wb") as raw:
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
            for name, path in parts.items():
                tar.add(path, name)
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
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def verify(file: Path) -> dict[str, Any]:
    """Read the whole backup and compare every part with the manifest; check the database in it.

    Returns the manifest. Raises Unavailable with what is wrong.
    """
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".channel-verify-") as folder:
        return _unpack(file, Path(folder))


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack what the manifest names, and nothing else, into `folder`."""
    try:
        with tarfile.open(file, "r:") as tar:
            first = tar.extractfile(MANIFEST)
            manifest: dict[str, Any] = json.load(first) if first else {}
            if manifest.get("format") != FORMAT:
                raise Unavailable(f"{file} is no backup that this version understands.")
            for name, facts in manifest["parts"].items():
                _unpack_part(tar, name, facts, folder)
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise Unavailable(f"{file} is damaged or no backup: {error}") from error
    conn = sqlite3.connect(folder / DATABASE_FILE)
    try:
        (state,) = conn.execute("PRAGMA integrity_check").fetchone()
    finally:
        conn.close()
    if state != "ok":
        raise Unavailable(f"The database in {file} is damaged: {state}")
    return manifest


def _unpack_part(tar: tarfile.TarFile, name: str, facts: Mapping[str, Any], folder: Path) -> None:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise Unavailable(f"The backup names a file outside of itself: {name!r}. Nothing was restored.")
    source = tar.extractfile(name)
    if source is None:
        raise Unavailable(f"The backup lacks {name}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != facts["sha256"]:
        raise Unavailable(f"The backup is damaged: {name} is not what it was.")


async def restore(settings: Settings, file: Path) -> dict[str, Any]:
    """Put a backup in the place of empty data, under a new epoch. Beside a running server it is refused.

    Raises Unavailable when there is data already, the backup is damaged, or it comes from a newer version.
    """
    prepare_folder(settings.data)
    lock = FolderLock(settings.data)
    try:
        await _refuse_over_data(settings)
        with tempfile.TemporaryDirectory(dir=settings.data, prefix=".restore-") as name:
            folder = Path(name)
            manifest = await asyncio.to_thread(_unpack, file, folder)
            if manifest["schema"] not in known_revisions():
                raise Unavailable(
                    f"The backup comes from a newer version ({manifest['version']}). Install that one."
                )
            await _put_database(settings, folder / DATABASE_FILE)
            for part in ("media", KEY_FILE):
                if (folder / part).exists():
                    os.rename(folder / part, settings.data / part)
        os.chmod(settings.data / KEY_FILE, 0o600)
        await _new_epoch(settings)
    finally:
        lock.release()
    return {"version": manifest["version"], "parts": len(manifest["parts"])}


async def _refuse_over_data(settings: Settings) -> None:
    there = [name for name in (DATABASE_FILE, KEY_FILE, "media") if (settings.data / name).exists()]
    if there:
        raise Unavailable(
            f"{settings.data} holds data already ({', '.join(there)}). Move it away or set CHANNEL_DATA to an empty folder."
        )


async def _put_database(settings: Settings, copy: Path) -> None:
    if settings.on_sqlite:
        os.rename(copy, settings.data / DATABASE_FILE)
        return
    await migrate(f"sqlite+aiosqlite:///{copy}", copy.parent)
    await migrate(database_url(settings), settings.data)
    await _pour(copy, settings.database)


async def _pour(copy: Path, database: str) -> None:
    """Every row of the copy into an empty PostgreSQL, in one transaction."""
    source = create_engine(f"sqlite:///{copy}")
    target = create_async_engine(database)
    try:
        async with target.begin() as conn:
            for table in metadata.sorted_tables:
                with source.connect() as reading:
                    rows = [dict(row._mapping) for row in reading.execute(table.select())]
                if (await conn.execute(table.select().limit(1))).first() is not None:
                    raise Unavailable(
                        "The PostgreSQL database is not empty. Create a fresh one for the restore."
                    )
                for start in range(0, len(rows), PAGE):
                    await conn.execute(insert(table), rows[start : start + PAGE])
    finally:
        await target.dispose()
        source.dispose()


async def _new_epoch(settings: Settings) -> None:
    """No client may resume into a history it has not seen: with a new epoch it is told `reset`."""
    db = await open_database(settings)
    async with db.write() as tx:
        await tx.run(update(instance).values(epoch=new_token(12)))
    await db.close()
