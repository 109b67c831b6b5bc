"""Keeping invite codes so that their makers can see them again and a stolen database still opens no door.

The database holds a hash, by which a code is found, and the code encrypted with AES-256-GCM under a key derived from
secret.key, which is not in the database. The invite's id is bound in, so a sealed code cannot be moved to another row.
Showing codes again is worth it: an invite is a link people print and paste for months, not a password, and without
this they would make a new one each time and lose count of who came by which.
"""

from channel.secret import Closer

PURPOSE = b"channel invite codes, version 1"


class Seal:
    """Closes and opens codes with the key of this installation."""

    def __init__(self, secret: bytes) -> None:
        self._closer = Closer(secret, PURPOSE)

    def close(self, code: str, invite_id: str) -> str:
        """The code in a form fit for the database."""
        return self._closer.close(code, invite_id)

    def open(self, sealed: str, invite_id: str) -> str | None:
        """The code; None when it was sealed with another key or for another invite: it can be used, not shown."""
        return self._closer.open(sealed, invite_id)
