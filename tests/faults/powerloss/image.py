"""What is found on a disk image after a power failure. The only place here that knows the tables."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Image:
    """`problem` is empty when the database opened and is whole."""

    problem: str
    texts: dict[str, str]
    members: frozenset[str]
    secret: bytes


def open_image(folder: Path) -> Image:
    """Open the database as the server would after a crash, and look at it."""
    secret = folder / "secret.key"
    database = sqlite3.connect(folder / "channel.db")
    try:
        problem = database.execute("PRAGMA integrity_check").fetchone()[0]
        texts = dict(database.execute("SELECT id, text FROM posts"))
        joined = (
            "SELECT name FROM accounts JOIN memberships ON account_id = id WHERE memberships.state = 'active'"
        )
        members = frozenset(name for (name,) in database.execute(joined))
    except sqlite3.Error as error:
        return Image(str(error), {}, frozenset(), b"")
    finally:
        database.close()
    return Image(
        "" if problem == "ok" else problem, texts, members, secret.read_bytes() if secret.exists() else b""
    )
