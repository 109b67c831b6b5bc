"""The link in every letter that ends it, without signing in: whoever has it may do that and nothing else.

It holds who and where, sealed with a key derived from secret.key, so nothing has to be stored for letters that leave.
It opens nothing for an account that is deleted: who redeems it asks for the account.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from channel import secret as key
from channel.errors import NotFound

PURPOSE: Final = b"channel notice links, version 1"
ID_BYTES: Final = 16
_GONE = "This link does not work. Copy the whole address from the letter."
_NONE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Ends:
    """Whose letters, of which community; `place_id`: of the one room that a letter is about, or of the one topic; None for
    several."""

    account_id: str
    community_id: str
    place_id: str | None = None


def sealed(secret: bytes, ends: Ends) -> str:
    """86 characters that may stand in an address."""
    ids = (ends.account_id, ends.community_id, ends.place_id or str(_NONE))
    plain = b"".join(uuid.UUID(one).bytes for one in ids)
    return key.sealed(secret, PURPOSE, plain)


def opened(secret: bytes, token: str) -> Ends:
    """Raises NotFound for what was not sealed here."""
    size = 3 * ID_BYTES
    plain = key.unsealed(secret, PURPOSE, token, size)
    if plain is None:
        raise NotFound(_GONE)
    account, community, place = (uuid.UUID(bytes=plain[n : n + ID_BYTES]) for n in range(0, size, ID_BYTES))
    return Ends(str(account), str(community), None if place == _NONE else str(place))
