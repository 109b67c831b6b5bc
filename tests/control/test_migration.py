"""A new schema comes whole or not at all: a copy is taken first, and a killed change can be made again."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from channel import accounts
from channel.errors import Unavailable
from channel.settings import Settings
from channel.storage import migrate as migration
from channel.storage.open import database_url, open_database
from tests.conftest import DATABASES, _fresh_postgres, _on_server
from tests.control.commands import ROOT

OURS = Path(migration.__file__).parent / "migrations"
NEXT = '''
"""One more."""
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

def upgrade():
    op.create_table("extra", sa.Column("id", sa.Text(), primary_key=True))
    op.execute("INSERT INTO extra (id) SELECT handle FROM accounts")
    {then}
'''
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


def next_release(folder: Path, then: str = "pass") -> ScriptDirectory:
    """The migrations of a release to come, with one step more; `then` is how that step ends."""
    scripts = folder / "migrations"
    shutil.copytree(OURS, scripts, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    step = NEXT.format(head=migration.head_revision(), then=then)
    (scripts / "versions" / "9999_extra.py").write_text(step)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    return ScriptDirectory.from_config(config)


async def fill(settings: Settings) -> None:
    """Data of today's release, with an account in it."""
    db = await open_database(settings)
    async with db.write() as tx:
        await accounts.create(tx, name="Anna", handle="anna")
    await db.close()


@pytest.fixture(params=DATABASES)
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """Filled data on a database of its own: what a release to come leaves behind concerns no other test."""
    settings = Settings(data=tmp_path / "data")
    settings.data.mkdir()
    if request.param == "sqlite":
        await fill(settings)
        yield settings
        return
    server = request.getfixturevalue("postgres_url")
    name = f"m{os.urandom(6).hex()}"
    settings = replace(settings, database=await _fresh_postgres(server, name))
    await fill(settings)
    yield settings
    await _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


async def test_a_copy_is_taken_before_the_schema_changes(
    there: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = migration.head_revision()
    scripts = next_release(tmp_path)
    monkeypatch.setattr(migration, "_scripts", lambda: scripts)
    assert await migration.migrate(database_url(there), there.data) == head
    assert await migration.current_revision(database_url(there)) == "9999"
    assert await migration.migrate(database_url(there), there.data) is None
    copies = list((there.data / "backups").glob("*")) if (there.data / "backups").exists() else []
    if not there.on_sqlite:
        assert copies == []
        return
    assert [path.name for path in copies] == [f"before-9999-from-{head}.db"]
    assert "extra" in tables(there.data / "channel.db")
    assert "extra" not in tables(copies[0])
    with closing(sqlite3.connect(copies[0])) as conn:
        assert conn.execute("SELECT handle FROM accounts").fetchall() == [("anna",)]


async def test_an_older_program_refuses_what_the_newer_one_left(
    there: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = next_release(tmp_path)
    with monkeypatch.context() as newer:
        newer.setattr(migration, "_scripts", lambda: scripts)
        await migration.migrate(database_url(there), there.data)
    with pytest.raises(Unavailable, match=r"newer version \(schema 9999\)"):
        await open_database(there)


async def test_a_step_that_fails_changes_nothing_and_says_so(
    there: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = migration.head_revision()
    scripts = next_release(tmp_path, 'op.execute("INSERT INTO nowhere VALUES (1)")')
    with monkeypatch.context() as newer:
        newer.setattr(migration, "_scripts", lambda: scripts)
        with pytest.raises(Unavailable, match="Nothing was changed"):
            await migration.migrate(database_url(there), there.data)
        assert await migration.current_revision(database_url(there)) == head
    await (await open_database(there)).close()


async def test_without_room_for_the_copy_nothing_is_changed(
    there: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there.on_sqlite:
        return
    (there.data / "backups").write_text("in the way")
    scripts = next_release(tmp_path)
    monkeypatch.setattr(migration, "_scripts", lambda: scripts)
    with pytest.raises(Unavailable, match="could not be written"):
        await migration.migrate(database_url(there), there.data)
    assert "extra" not in tables(there.data / "channel.db")


@pytest.mark.faults
@pytest.mark.parametrize("there", ["sqlite"], indirect=True)
async def test_a_change_that_was_killed_can_be_made_again(there: Settings, tmp_path: Path) -> None:
    next_release(tmp_path, KILLED)
    assert _migrate_elsewhere(there, tmp_path) < 0, "the process was to be killed in the middle"
    assert "extra" not in tables(there.data / "channel.db")
    next_release(tmp_path)
    assert _migrate_elsewhere(there, tmp_path) == 0
    with closing(sqlite3.connect(there.data / "channel.db")) as conn:
        assert conn.execute("SELECT id FROM extra").fetchall() == [("anna",)]


def _migrate_elsewhere(settings: Settings, folder: Path) -> int:
    """Migrate in a process of its own with the scripts in `folder`; return how it ended."""
    code = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from alembic.config import Config
from alembic.script import ScriptDirectory
from channel.storage import migrate as migration
config = Config()
config.set_main_option("script_location", {str(folder / "migrations")!r})
scripts = ScriptDirectory.from_config(config)
migration._scripts = lambda: scripts
asyncio.run(migration.migrate({database_url(settings)!r}, Path({str(settings.data)!r})))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, check=False
    )
    return done.returncode
