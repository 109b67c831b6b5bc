"""Where everything is kept: one schema and one query text for SQLite and PostgreSQL."""

from .database import Database, Tx
from .dialect import locking, skip_locked
from .prepared import Prepared, reader
from .schema import id_column, metadata, ref, when

__all__ = [
    "Database",
    "Prepared",
    "Tx",
    "id_column",
    "locking",
    "metadata",
    "reader",
    "ref",
    "skip_locked",
    "when",
]
