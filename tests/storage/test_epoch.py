"""The epoch of data that PostgreSQL may put under us: begun anew by whoever finds another history, once."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.engine import make_url

from channel import outbox
from channel.control import doctor
from channel.events import RoomUpdated
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database
from channel.storage.tables import instance
from tests.conftest import _fresh_postgres, _on_server

ELSEWHERE = "0123456789ab.a-random-word"
WITHOUT = "a-random-word"  # from SQLite, or from before histories were noted


@pytest.fixture
async def settings(postgres_url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database=await _fresh_postgres(postgres_url))


async def epoch(db: Database) -> str:
    async with db.read() as tx:
        return await outbox.epoch(tx)


async def found_with(settings: Settings, value: str) -> None:
    db = await open_database(settings)
    async with db.write() as tx:
        await tx.run(update(instance).values(epoch=value))
    await db.close()


async def test_it_stays_while_the_history_does(settings: Settings) -> None:
    first = await open_database(settings)
    again = await open_database(settings)
    assert first.epoch.now == again.epoch.now == await epoch(first)
    assert first.epoch.now.startswith(f"{first.epoch.history}.")
    for db in (first, again):
        await db.close()


@pytest.mark.parametrize("before", [ELSEWHERE, WITHOUT])
async def test_another_history_is_another_epoch_which_one_of_all_processes_begins(
    settings: Settings, before: str
) -> None:
    await found_with(settings, before)
    opened = await asyncio.gather(*[open_database(settings) for _ in range(8)])
    [now] = {db.epoch.now for db in opened}
    assert now not in (before, "")
    assert await epoch(opened[0]) == now
    for db in opened:
        await db.close()


async def test_nothing_is_asked_on_an_old_connection_once_there_is_another_epoch(settings: Settings) -> None:
    db = await open_database(settings)
    changed: list[str] = []
    db.epoch.on_change = lambda: changed.append(db.epoch.now)
    async with db.read() as tx:
        await outbox.epoch(tx)
    async with db.write() as tx:
        await tx.run(update(instance).values(epoch=ELSEWHERE))
    db.epoch.learn(ELSEWHERE)
    assert await epoch(db) == db.epoch.now  # over a new one, which found that this is not of here either
    assert changed == [ELSEWHERE, db.epoch.now]
    await db.close()


@pytest.mark.parametrize(("told", "renewed"), [(1, False), (2, True)])
async def test_a_server_that_was_started_again_and_lacks_what_was_told_is_of_another_epoch(
    settings: Settings, told: int, renewed: bool
) -> None:
    db = await open_database(settings)
    before = db.epoch.now
    async with db.write() as tx:
        await outbox.emit(tx, RoomUpdated(room_id="r"))
    db.epoch.told = lambda: {"room:r": told}
    db.epoch._started = "at another time"
    async with db.read(), db.read():  # the second one is a new connection
        pass
    assert (await epoch(db) != before) == renewed
    await db.close()


async def test_a_postgresql_that_does_not_tell_keeps_its_epoch_and_the_doctor_says_so(
    settings: Settings, postgres_url: str
) -> None:
    role, url = f"r{os.urandom(4).hex()}", make_url(settings.database)
    await _on_server(postgres_url, f"CREATE ROLE {role} LOGIN")
    await _on_server(settings.database, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    await _on_server(settings.database, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    theirs = replace(settings, database=url.set(username=role).render_as_string(hide_password=False))
    db = await open_database(theirs)
    before = await epoch(db)
    assert db.epoch.history == ""
    again = await open_database(theirs)
    assert await epoch(again) == before == again.epoch.now
    told = [finding async for finding in doctor._failover(db, theirs)]
    assert [(finding.level, "epoch" in finding.remedy) for finding in told] == [("warn", True)]
    for one in (db, again):
        await one.close()
