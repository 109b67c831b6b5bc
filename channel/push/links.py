"""What a notice carries so that it can be answered without signing in: which device it was pushed to, and of which
community. It is closed so that only that browser can open it, and works for as long as the device is switched on.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from channel.errors import NotFound

PURPOSE: Final = b"channel push links, version 1"
SEAL_BYTES: Final = 16
ID_BYTES: Final = 16
_GONE = "This notice cannot be answered any more. Open the site instead."


@dataclass(frozen=True, slots=True)
class From:
    """The device of an account that was told, and the community whose post it was."""

    device_id: str
    community_id: str


def sealed(secret: bytes, told: From) -> str:
    """64 characters that may stand in an address."""
    plain = uuid.UUID(told.device_id).bytes + uuid.UUID(told.community_id).bytes
    return base64.urlsafe_b64encode(plain + _seal(secret, plain)).decode()


def opened(secret: bytes, token: str) -> From:
    """Raises NotFound for what was not sealed here."""
    size = 2 * ID_BYTES
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound(_GONE) from error
    plain, seal = raw[:size], raw[size:]
    if len(raw) != size + SEAL_BYTES or not hmac.compare_digest(seal, _seal(secret, plain)):
        raise NotFound(_GONE)
    device, community = (uuid.UUID(bytes=plain[n : n + ID_BYTES]) for n in (0, ID_BYTES))
    return From(str(device), str(community))


def _seal(secret: bytes, plain: bytes) -> bytes:
    key = hmac.digest(secret, PURPOSE, hashlib.sha256)
    return hmac.digest(key, plain, hashlib.sha256)[:SEAL_BYTES]
