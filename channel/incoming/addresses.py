"""The addresses that we give out to be written to: each says by itself what it is for, and is sealed.

The sealed part is a letter for the kind and base32: mail servers may change its case, and the local part stays within
the 64 bytes of RFC 5321, section 4.5.3.1.1. Nothing in it is an address of anybody, and nothing has to be stored for letters that leave.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

PURPOSE: Final = b"channel addresses for incoming mail, version 1"
SEAL_BYTES: Final = 10  # guesses cost a mail each
SHORT_SEAL_BYTES: Final = 8
ADDRESS_BYTES: Final = 4
ID_BYTES: Final = 16
DAY_MS: Final = 24 * 3_600_000
BOUNCES_LAST_DAYS: Final = 21  # mail servers give up after five; some bring what waited much later
PLACE: Final = "*"  # where the sealed part stands in CHANNEL_INCOMING_ADDRESS


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter to this reader (an account, or who follows without one) came back, or was complained about.

    `address_mark` is of the address it went to.
    """

    reader_id: str
    address_mark: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the letter of this notice. `private`: the letter said that only the team reads it."""

    notice_id: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Something to keep as a draft."""

    drop_id: str


@dataclass(frozen=True, slots=True)
class Base:
    """The bare address: complaints of mail services come there."""


Meaning = Bounce | Reply | Drop | Base


class Addresses:
    """Makes and reads them. `pattern` is CHANNEL_INCOMING_ADDRESS, like mail+*@example.org."""

    def __init__(self, secret: bytes, pattern: str) -> None:
        self._key = hmac.digest(secret, PURPOSE, hashlib.sha256)
        local, _, self.domain = pattern.lower().rpartition("@")
        self._before, _, self._after = local.partition(PLACE)
        self.base = f"{(self._before + self._after).rstrip('+-=.')}@{self.domain}"

    def bounces(self, reader_id: str, email: str, now: int) -> str:
        """The return path of a letter to `email`. Bound to that address, so that what comes back late says nothing
        about a newer one."""
        plain = _bytes(reader_id) + (now // DAY_MS).to_bytes(2) + self.mark(email)
        return self._written("b", plain, SHORT_SEAL_BYTES)

    def replies(self, notice_id: str, *, private: bool = False) -> str:
        """Where an answer to the letter of a notice goes: it says who writes, about which post, and whether they were
        told that the team alone reads it, which holds whatever the room chooses until it comes."""
        return self._written("p" if private else "r", _bytes(notice_id), SEAL_BYTES)

    def drafts(self, drop_id: str) -> str:
        """The secret address of a row of mail_drops."""
        return self._written("d", _bytes(drop_id), SEAL_BYTES)

    def mark(self, email: str) -> bytes:
        """Tells one address of an account from another, and nothing of either."""
        return hmac.digest(self._key, b"address " + email.lower().encode(), hashlib.sha256)[:ADDRESS_BYTES]

    def read(self, address: str, now: int) -> Meaning | None:
        """What a mail to `address` is about; None when it was not sealed here, or is too old."""
        local, _, domain = address.strip().strip("<>").lower().rpartition("@")
        if domain != self.domain or not local.isascii():
            return None
        if f"{local}@{domain}" == self.base:
            return Base()
        if not (local.startswith(self._before) and local.endswith(self._after)):
            return None
        token = local[len(self._before) : len(local) - len(self._after)]
        return self._opened(token[:1], token[1:], now)

    def looks_ours(self, address: str) -> bool:
        """Whether it is written like one of ours, sealed or not."""
        local, _, domain = address.strip().strip("<>").lower().rpartition("@")
        return domain == self.domain and local.startswith(self._before) and local.endswith(self._after)

    def _written(self, kind: str, plain: bytes, seal_bytes: int) -> str:
        sealed = plain + self._seal(kind, plain, seal_bytes)
        token = kind + _encoded(sealed)
        return f"{self._before}{token}{self._after}@{self.domain}"

    def _opened(self, kind: str, token: str, now: int) -> Meaning | None:
        raw = _decoded(token)
        size = ID_BYTES + 2 + ADDRESS_BYTES if kind == "b" else ID_BYTES
        seal_bytes = SHORT_SEAL_BYTES if kind == "b" else SEAL_BYTES
        plain, seal = raw[:size], raw[size:]
        if len(raw) != size + seal_bytes or kind not in ("b", "r", "p", "d"):
            return None
        if not hmac.compare_digest(seal, self._seal(kind, plain, seal_bytes)):
            return None
        found = str(uuid.UUID(bytes=plain[:ID_BYTES]))
        if kind in ("r", "p"):
            return Reply(found, private=kind == "p")
        if kind == "d":
            return Drop(found)
        day = int.from_bytes(plain[ID_BYTES : ID_BYTES + 2])
        late = now // DAY_MS - day > BOUNCES_LAST_DAYS
        return None if late else Bounce(found, plain[ID_BYTES + 2 :])

    def _seal(self, kind: str, plain: bytes, size: int) -> bytes:
        return hmac.digest(self._key, kind.encode() + plain, hashlib.sha256)[:size]


def _bytes(known_id: str) -> bytes:
    return uuid.UUID(known_id).bytes


def _encoded(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _decoded(token: str) -> bytes:
    """Empty for what is no base32, or not spelt as it is here: the last letter has bits of no use, which would make several
    addresses of one."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return b""
    return raw if _encoded(raw) == token.lower() else b""
