"""What a notice carries so that it can be answered without signing in: which device it was pushed to, and of which
community. It is closed so that only that browser can open it, and works for as long as the device is switched on.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from channel import secret as key
from channel.errors import NotFound

PURPOSE: Final = b"channel push links, version 1"
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
    return key.sealed(secret, PURPOSE, plain)


def opened(secret: bytes, token: str) -> From:
    """Raises NotFound for what was not sealed here."""
    plain = key.unsealed(secret, PURPOSE, token, 2 * ID_BYTES)
    if plain is None:
        raise NotFound(_GONE)
    device, community = (uuid.UUID(bytes=plain[n : n + ID_BYTES]) for n in (0, ID_BYTES))
    return From(str(device), str(community))
