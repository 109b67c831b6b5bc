"""Keeping the secrets of feeds so that their owners can copy the address again: as invites keep their codes.

The database holds a hash, by which a feed is found, and the secret encrypted under a key that is not in the database.
"""

from channel.secret import Closer

PURPOSE = b"channel secrets of private feeds, version 1"


class Seal:
    """Closes and opens secrets with the key of this installation."""

    def __init__(self, secret: bytes) -> None:
        self._closer = Closer(secret, PURPOSE)

    def close(self, text: str, feed_id: str) -> str:
        """The secret in a form fit for the database."""
        return self._closer.close(text, feed_id)

    def open(self, sealed: str, feed_id: str) -> str | None:
        """The secret; None when it was sealed with another key or for another feed."""
        return self._closer.open(sealed, feed_id)
