"""The link in every letter to somebody without an account, and in every notice on a device that belongs to none: it
manages their following, and ends it.

It holds whose it is, sealed with a key derived from secret.key, so nothing has to be stored for letters that leave. It
dies with the row: who stopped following has a link that only says so. It makes no account: that takes a fresh letter.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from typing import Final

from channel.errors import NotFound

PURPOSE: Final = b"channel following links, version 1"
OF_DEVICE: Final = b"channel following device links, version 1"
SEAL_BYTES: Final = 16
ID_BYTES: Final = 16
_GONE = "This link does not work. Copy the whole address from the letter or notice."


def sealed(secret: bytes, follower_id: str, purpose: bytes = PURPOSE) -> str:
    """43 characters that may stand in an address. `purpose`: OF_DEVICE for the id of a device."""
    plain = uuid.UUID(follower_id).bytes
    return base64.urlsafe_b64encode(plain + _seal(secret, plain, purpose)).decode().rstrip("=")


def opened(secret: bytes, token: str, purpose: bytes = PURPOSE) -> str:
    """The id of the follower or device, which may be gone. Raises NotFound for what was not sealed here for that."""
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound(_GONE) from error
    plain, seal = raw[:ID_BYTES], raw[ID_BYTES:]
    if len(raw) != ID_BYTES + SEAL_BYTES or not hmac.compare_digest(seal, _seal(secret, plain, purpose)):
        raise NotFound(_GONE)
    return str(uuid.UUID(bytes=plain))


def _seal(secret: bytes, plain: bytes, purpose: bytes) -> bytes:
    key = hmac.digest(secret, purpose, hashlib.sha256)
    return hmac.digest(key, plain, hashlib.sha256)[:SEAL_BYTES]
