"""Keeping a provider's keys and gift codes so that a stolen database opens no door.

AES-256-GCM under a key derived from secret.key, which is not in the database; the id of the row is bound in.
"""

import msgspec

from channel.errors import Unavailable
from channel.payments.model import Keys
from channel.secret import Closer

PURPOSE = b"channel payment keys, version 1"
_keys = msgspec.json.Decoder(Keys)


class Seal:
    """Closes and opens with the key of this installation."""

    def __init__(self, secret: bytes) -> None:
        self._closer = Closer(secret, PURPOSE)

    def close(self, keys: Keys, connection_id: str) -> str:
        """The keys in a form fit for the database."""
        return self._closer.close(msgspec.json.encode(keys).decode(), connection_id)

    def open(self, sealed: str, connection_id: str) -> Keys:
        """Raises Unavailable when they were sealed with another installation's key."""
        text = self._closer.open(sealed, connection_id)
        if text is None:
            raise Unavailable(
                "The keys of this payment account were sealed with another secret.key. Enter them again."
            )
        return _keys.decode(text.encode())

    def close_code(self, code: str, voucher_id: str) -> str:
        """A gift's code, for its giver to see again."""
        return self._closer.close(code, voucher_id)

    def open_code(self, sealed: str, voucher_id: str) -> str | None:
        """The code; None when it cannot be opened any more: it can still be redeemed."""
        return self._closer.open(sealed, voucher_id)
