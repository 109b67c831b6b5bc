"""Targets and secrets of hooks, encrypted under a key that is not in the database."""

import msgspec

from channel.hooks.model import Target
from channel.secret import Closer

PURPOSE = b"channel hooks, version 1"


class Seal:
    """Closes and opens what hooks keep secret, with the key of this installation."""

    def __init__(self, secret: bytes) -> None:
        self._closer = Closer(secret, PURPOSE)

    def close(self, text: str, row_id: str) -> str:
        """In a form fit for the database."""
        return self._closer.close(text, row_id)

    def open(self, sealed: str | None, row_id: str) -> str | None:
        """None when there is none, or it was sealed with another key or for another row."""
        return self._closer.open(sealed, row_id) if sealed else None

    def close_target(self, target: Target, row_id: str) -> str:
        return self.close(msgspec.json.encode(target).decode(), row_id)

    def open_target(self, sealed: str, row_id: str) -> Target | None:
        told = self.open(sealed, row_id)
        return msgspec.json.decode(told, type=Target) if told else None
