"""The few things in which SQLite and PostgreSQL differ, each with a name."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from channel.errors import Conflict, DiskFull, TooSlow, Unavailable
from channel.storage.prepared import words_of

FULL_DISK = ("database or disk is full", "disk I/O error", "No space left on device", "could not extend file")
GONE = (
    "connection",
    "closed",
    "terminat",
    "shutting down",
    "starting up",
    "recovery mode",
    "unable to open database file",
)
GONE_STATES = ("08", "57P", "53")  # SQLSTATE: connection lost, server ends or starts, out of slots or memory
OURS_TO_MEND = (ProgrammingError, DataError, IntegrityError)  # whatever their words: a fault in a statement


def translate(error: BaseException) -> BaseException:
    """Turn a driver's error into ours where there is something to say; anything else is a bug and stays as it is."""
    if isinstance(error, OSError | PoolTimeoutError):
        return Unavailable("The database cannot be reached. Nothing was saved; try again.")
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return error
    text = str(error.orig)
    if any(sign in text for sign in FULL_DISK):
        return DiskFull("The server's disk is full. Nothing was saved; tell the operator.", retry_after_s=30)
    if text == "interrupted" or "due to statement timeout" in text:
        return TooSlow("This takes too long. Ask for less.")
    if "locked" in text or "busy" in text:
        return Unavailable("The database is busy. Nothing was saved; try again.")
    if "deadlock" in text or "could not serialize" in text:
        return Conflict("Somebody changed this at the same moment. Try again.")
    if _gone(error, text.lower()):
        return Unavailable("The database cannot be reached. Nothing was saved; try again.")
    return error


@contextlib.contextmanager
def our_errors() -> Iterator[None]:
    """What leaves the block is ours where `translate` has something to say."""
    try:
        yield
    except Exception as error:
        ours = translate(error)
        if ours is error:
            raise
        raise ours from error


def _gone(error: DBAPIError, text: str) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(GONE_STATES):
        return True
    return not isinstance(error, OURS_TO_MEND) and any(sign in text for sign in GONE)


def locking(dialect: str, statement: Select[Any], *, key_share: bool = False) -> Select[Any]:
    """Hold the rows until the end of the transaction. See Words.locking."""
    return words_of(dialect).locking(statement, key_share=key_share)


def skip_locked(dialect: str, statement: Select[Any]) -> Select[Any]:
    """Take rows that no other worker holds. See Words.skipping."""
    return words_of(dialect).skipping(statement)


def only_one(dialect: str, key: int) -> Select[Any]:
    """A query for whether this transaction alone may do what `key` stands for, of all processes. Always so on SQLite."""
    return select(literal(True) if dialect == "sqlite" else func.pg_try_advisory_xact_lock(key))
