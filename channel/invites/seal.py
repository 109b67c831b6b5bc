"""Keeping invite codes so that their makers can see them again and a stolen database still opens no door.

The database holds a hash, by which a code is found, and the code encrypted with AES-256-GCM under a key derived from
secret.key, which is not in the database. The invite's id is bound in, so a sealed code cannot be moved to another row.
Showing codes again is worth it: an invite is a link people print and paste for months, not a password, and without
this they would make a new one each time and lose count of who came by which.
"""

import base64
import os

PURPOSE = b"channel invite codes, version 1"
NONCE_BYTES = 12


class Seal:
    """Closes and opens codes with the key of this installation."""

    def __init__(self, secret: bytes) -> None:
        # Loaded by the first seal: 7 MiB that serving pages does not need.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret)
        self._cipher = AESGCM(key)

    def close(self, code: str, invite_id: str) -> str:
        """The code in a form fit for the database."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, code.encode(), invite_id.encode())
        return base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, invite_id: str) -> str | None:
        """The code; None when it was sealed with another key or for another invite: it can be used, not shown."""
        from cryptography.exceptions import InvalidTag

        raw = base64.urlsafe_b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], invite_id.encode()).decode()
        except InvalidTag:
            return None
