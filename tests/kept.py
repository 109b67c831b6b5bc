"""What outlives a test, as it outlives a request in a server: what SQLAlchemy has compiled, static files, what is loaded.

Each test opens a database of its own and with it an engine, which compiled all of its statements anew: a third of
what the tests cost. And each that has an app read, packed and hashed every static file.
"""

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from channel.web.static import Assets

STATEMENTS = 2_000  # more than the program has: none is compiled twice
GARBAGE = (10_000, 10, 10)


class Compiled:
    """One cache of statements for all engines of a dialect. A statement is found again under the dialect itself."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Dialect, Any]] = {}

    def engine(self, *given: Any, **named: Any) -> Engine:
        return self._shared(create_engine(*given, query_cache_size=STATEMENTS, **named))

    def async_engine(self, *given: Any, **named: Any) -> AsyncEngine:
        engine = create_async_engine(*given, query_cache_size=STATEMENTS, **named)
        self._shared(engine.sync_engine)
        return engine

    def _shared(self, engine: Engine) -> Engine:
        name = engine.dialect.name
        dialect, compiled = self._kept.get(name, (None, None))
        if dialect is not None and dialect.server_version_info is not None:
            engine.dialect, engine._compiled_cache = dialect, compiled
        else:  # it has not met its database yet, and perhaps never does
            self._kept[name] = engine.dialect, engine._compiled_cache
        return engine


@pytest.fixture(scope="session", autouse=True)
def _kept() -> Iterator[None]:
    compiled = Compiled()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("channel.storage.sqlite_file.create_engine", compiled.engine)
        patch.setattr("channel.storage.postgres.create_async_engine", compiled.async_engine)
        patch.setattr("channel.app.Assets", cache(Assets))
        yield


def pytest_collection_finish() -> None:
    """What is loaded by now stays, so the garbage collector need not look at it again (as `server.tune` says)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
