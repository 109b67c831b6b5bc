"""The key pair that push services know this server by (VAPID, RFC 8292).

It is derived from secret.key, so nothing has to be kept besides: whoever restores that file has the key, a copy of the
database is worth nothing without it, and all processes of an installation have the same one from the start.
"""

from typing import TYPE_CHECKING, Final

from channel.push.model import encoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

PURPOSE: Final = b"channel push key, version 1"
# Of P-256. A number drawn from 48 bytes is as good as evenly spread below it.
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
WIDE_BYTES: Final = 48


def private_key(secret: bytes) -> "EllipticCurvePrivateKey":
    """The server's key, from the contents of secret.key."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    wide = HKDF(algorithm=SHA256(), length=WIDE_BYTES, salt=None, info=PURPOSE).derive(secret)
    return derive_private_key(int.from_bytes(wide, "big") % (ORDER - 1) + 1, SECP256R1())


def point(key: "EllipticCurvePrivateKey") -> bytes:
    """The public half as 65 bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(secret: bytes) -> str:
    """What browsers are given when they subscribe."""
    return encoded(point(private_key(secret)))
