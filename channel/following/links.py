"""The link in every letter to somebody without an account: it manages their following, and ends it.

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
SEAL_BYTES: Final = 16
ID_BYTES: Final = 16
_GONE = "This link does not work. Copy the whole address from the letter."


def sealed(secret: bytes, follower_id: str) -> str:
    """43 characters that may stand in an address."""
    plain = uuid.UUID(follower_id).bytes
    return base64.urlsafe_b64encode(plain + _seal(secret, plain)).decode().rstrip("=")


def opened(secret: bytes, token: str) -> str:
    """The id of the follower, who may be gone. Raises NotFound for what was not sealed here."""
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound(_GONE) from error
    plain, seal = raw[:ID_BYTES], raw[ID_BYTES:]
    if len(raw) != ID_BYTES + SEAL_BYTES or not hmac.compare_digest(seal, _seal(secret, plain)):
        raise NotFound(_GONE)
    return str(uuid.UUID(bytes=plain))


def _seal(secret: bytes, plain: bytes) -> bytes:
    key = hmac.digest(secret, PURPOSE, hashlib.sha256)
    return hmac.digest(key, plain, hashlib.sha256)[:SEAL_BYTES]
