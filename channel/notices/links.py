"""The link in every letter that ends it, without signing in: whoever has it may do that and nothing else.

It holds who and where, sealed with a key derived from secret.key, so nothing has to be stored for letters that leave.
It opens nothing for an account that is deleted: who redeems it asks for the account.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from channel.errors import NotFound

PURPOSE: Final = b"channel notice links, version 1"
SEAL_BYTES: Final = 16
ID_BYTES: Final = 16
_GONE = "This link does not work. Copy the whole address from the letter."
_NONE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Ends:
    """Whose letters, of which community; `room_id` None for a letter about several rooms."""

    account_id: str
    community_id: str
    room_id: str | None = None


def sealed(secret: bytes, ends: Ends) -> str:
    """86 characters that may stand in an address."""
    ids = (ends.account_id, ends.community_id, ends.room_id or str(_NONE))
    plain = b"".join(uuid.UUID(one).bytes for one in ids)
    return base64.urlsafe_b64encode(plain + _seal(secret, plain)).decode().rstrip("=")


def opened(secret: bytes, token: str) -> Ends:
    """Raises NotFound for what was not sealed here."""
    size = 3 * ID_BYTES
    try:
        raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound(_GONE) from error
    plain, seal = raw[:size], raw[size:]
    if len(raw) != size + SEAL_BYTES or not hmac.compare_digest(seal, _seal(secret, plain)):
        raise NotFound(_GONE)
    account, community, room = (uuid.UUID(bytes=plain[n : n + ID_BYTES]) for n in range(0, size, ID_BYTES))
    return Ends(str(account), str(community), None if room == _NONE else str(room))


def _seal(secret: bytes, plain: bytes) -> bytes:
    key = hmac.digest(secret, PURPOSE, hashlib.sha256)
    return hmac.digest(key, plain, hashlib.sha256)[:SEAL_BYTES]
