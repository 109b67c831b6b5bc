"""Where everything is kept: one schema and one query text for SQLite and PostgreSQL."""

from .database import Database, Tx, wall_clock
from .dialect import locking, skip_locked
from .open import open_database
from .schema import id_column, metadata, ref, when

__all__ = [
    "Database",
    "Tx",
    "id_column",
    "locking",
    "metadata",
    "open_database",
    "ref",
    "skip_locked",
    "wall_clock",
    "when",
]
