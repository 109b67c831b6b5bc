"""The schema, made once for all that start with an empty SQLite file: a copy costs a hundredth of the steps."""

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from channel.storage.migrate import migrate
from channel.storage.open import DATABASE_FILE


@cache
def migrated_file() -> Path:
    """An SQLite file with the whole schema and nothing in it."""
    folder = Path(tempfile.mkdtemp(prefix="channel-schema-"))
    atexit.register(shutil.rmtree, folder)
    file = folder / DATABASE_FILE
    with ThreadPoolExecutor(1) as thread:  # the test's own loop is running already
        thread.submit(lambda: asyncio.run(migrate(f"sqlite+aiosqlite:///{file}", folder))).result()
    conn = sqlite3.connect(file)
    conn.execute("PRAGMA journal_mode=DELETE")  # one file, no WAL beside it
    conn.close()
    return file
