"""Public ids (UUIDv7, RFC 9562 section 5.7) and secret tokens."""

import hashlib
import re
import secrets

TOKEN_BYTES = 32  # 256 bit; everything that opens a door is at least 128 bit
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id(now_ms: int) -> str:
    """Return a fresh UUIDv7 in its canonical form. Sorts by creation time to the millisecond, not below it."""
    stamp = now_ms & 0xFFFF_FFFF_FFFF
    noise = secrets.randbits(74)
    value = (
        (stamp << 80) | (0x7 << 76) | ((noise >> 62) << 64) | (0b10 << 62) | (noise & 0x3FFF_FFFF_FFFF_FFFF)
    )
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_id(text: str) -> bool:
    """True for a canonical lower-case UUID. Anything else never reaches a query."""
    return _UUID.fullmatch(text) is not None


def new_token(nbytes: int = TOKEN_BYTES) -> str:
    """Return an unguessable URL-safe token. It is shown once; only its hash is stored."""
    return secrets.token_urlsafe(nbytes)


def token_hash(token: str) -> str:
    """SHA-256 in hex. Enough for tokens of 128 bit and more: there is no dictionary to try."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
