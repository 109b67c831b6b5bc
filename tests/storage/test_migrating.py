"""Bringing the schema up to date beside a server of the version before."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from channel.errors import Unavailable
from channel.storage import migrate as migrating


class Deadlock(Exception):
    sqlstate = migrating.DEADLOCK


async def test_a_deadlock_with_another_server_ends_one_try_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, tries = f"sqlite+aiosqlite:///{tmp_path}/channel.db", []
    upgrade = migrating._upgrade

    def twice(*given: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DBAPIError("ALTER", None, Deadlock("deadlock detected"))
        upgrade(*given)

    monkeypatch.setattr(migrating, "_upgrade", twice)
    assert await migrating.migrate(url, tmp_path) == ""
    assert len(tries) == 3
    assert await migrating.current_revision(url) == migrating.NEWEST


@pytest.mark.parametrize(("error", "tries"), [(Deadlock("deadlock detected"), 5), (Exception("no space"), 1)])
async def test_it_is_not_tried_for_ever_nor_for_other_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, tries: int
) -> None:
    made = []

    def never(*_: Any) -> None:
        made.append(1)
        raise DBAPIError("ALTER", None, error)

    monkeypatch.setattr(migrating, "_upgrade", never)
    with pytest.raises(Unavailable, match="Nothing was changed"):
        await migrating.migrate(f"sqlite+aiosqlite:///{tmp_path}/channel.db", tmp_path)
    assert len(made) == tries
