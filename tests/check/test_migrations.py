"""The schema that migrations build is the schema that the tables describe, on both databases."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from channel.storage.migrate import (
    NEWEST,
    _scripts,
    current_revision,
    head_revision,
    migrate,
    migration_engine,
)
from channel.storage.schema import metadata
from tests.conftest import DATABASES, load_tables


@pytest.fixture(params=DATABASES)
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'channel.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"m{os.urandom(6).hex()}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    async with engine.connect() as conn:
        await conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await engine.dispose()


def test_there_is_one_newest_schema() -> None:
    assert _scripts().get_heads() == [head_revision()]


async def test_empty_data_is_brought_up_to_date_once(empty_url: str, tmp_path: Path) -> None:
    assert await current_revision(empty_url) is None
    assert await migrate(empty_url, tmp_path) == ""
    assert await current_revision(empty_url) == head_revision()
    assert await migrate(empty_url, tmp_path) is None


async def test_migrations_and_tables_tell_the_same(empty_url: str, tmp_path: Path) -> None:
    load_tables()
    await migrate(empty_url, tmp_path)
    engine = migration_engine(empty_url)
    try:
        async with engine.connect() as conn:
            assert await conn.run_sync(_tables) >= set(metadata.tables), (
                "the comparison would compare nothing"
            )
            assert await conn.run_sync(_differences) == []
    finally:
        await engine.dispose()


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _differences(connection: Connection) -> list[object]:
    options = {
        "compare_type": True,
        "compare_server_default": _default_differs,
        "include_object": _described,
        "target_metadata": metadata,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _described(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """All but the words of the search index, which each database keeps in its own way."""
    return not (kind == "table" and (name or "").startswith("search_words"))


def _default_differs(
    _context: object, _there: object, _table: object, there: str, _: object, told: str
) -> bool | None:
    """SQLite tells of an empty default as (''), which Alembic holds for another one; None: let Alembic compare."""
    return False if there == "('')" and told == "" else None


def test_the_start_knows_the_newest_step_without_asking_alembic() -> None:
    assert head_revision() == NEWEST
