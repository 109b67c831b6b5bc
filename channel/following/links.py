"""The link in every letter to somebody without an account, and in every notice on a device that belongs to none: it
manages their following, and ends it.

It holds whose it is, sealed with a key derived from secret.key, so nothing has to be stored for letters that leave. It
dies with the row: who stopped following has a link that only says so. It makes no account: that takes a fresh letter.
"""

import uuid
from typing import Final

from channel import secret as key
from channel.errors import NotFound

PURPOSE: Final = b"channel following links, version 1"
OF_DEVICE: Final = b"channel following device links, version 1"
ID_BYTES: Final = 16
_GONE = "This link does not work. Copy the whole address from the letter or notice."


def sealed(secret: bytes, follower_id: str, purpose: bytes = PURPOSE) -> str:
    """43 characters that may stand in an address. `purpose`: OF_DEVICE for the id of a device."""
    return key.sealed(secret, purpose, uuid.UUID(follower_id).bytes)


def opened(secret: bytes, token: str, purpose: bytes = PURPOSE) -> str:
    """The id of the follower or device, which may be gone. Raises NotFound for what was not sealed here for that."""
    plain = key.unsealed(secret, purpose, token, ID_BYTES)
    if plain is None:
        raise NotFound(_GONE)
    return str(uuid.UUID(bytes=plain))
