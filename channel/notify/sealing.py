"""What only one browser can open (RFC 8291, aes128gcm of RFC 8188), and by what a push service knows us (RFC 8292).

Written on the primitives of `cryptography`, which is here anyway: the libraries for it come as source only, so that every
installation would have to build one, and bring a command and a client of their own. tests/push opens it by itself.
"""

import json
import os
from typing import TYPE_CHECKING, Final

from channel.push.keys import point
from channel.push.model import decoded, encoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4_096  # the most that push services take; ours is one record
MAX_CONTENT_BYTES: Final = 3_000
LAST: Final = b"\x02"  # after the content of the only record
TOKEN_LASTS_S: Final = 12 * 3_600  # a day is the most


def close(
    content: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes = b"",
    own: "EllipticCurvePrivateKey | None" = None,
) -> bytes:
    """The body of a push. `salt` and `own` (the key of this one message) are drawn; given ones are for a test's vector.

    Raises ValueError for a key that is none, or for more content than MAX_CONTENT_BYTES.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(content) > MAX_CONTENT_BYTES:
        raise ValueError("more content than a push may have")
    salt, own = salt or os.urandom(SALT_BYTES), own or ec.generate_private_key(ec.SECP256R1())
    theirs, mine = decoded(p256dh), point(own)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    secret = _derived(shared, decoded(auth), b"WebPush: info\x00" + theirs + mine, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return head + AESGCM(key).encrypt(nonce, content + LAST, None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def introduction(key: "EllipticCurvePrivateKey", audience: str, contact: str, now_s: int) -> str:
    """The Authorization header for the push service at `audience` (an origin); good for TOKEN_LASTS_S."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    claims = {"aud": audience, "exp": now_s + TOKEN_LASTS_S, "sub": contact}
    said = ".".join(encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(said.encode(), ECDSA(SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={said}.{signature}, k={encoded(point(key))}"
