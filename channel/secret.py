"""The key of the installation: 32 random bytes in secret.key, beside the data and never in the database.

What is encrypted with a key derived from it stays closed to whoever has only a copy of the database.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from channel.errors import Unavailable

KEY_FILE = "secret.key"
KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_BYTES = 16


def secret_key(data: Path) -> bytes:
    """The key in `data`, made on first use for this user alone (mode 0600).

    Raises Unavailable when the file is damaged: a new key would silently lose what the old one has sealed.
    """
    path = data / KEY_FILE
    if not path.exists():
        _create(path)
    try:
        key = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror}). Check its rights.") from error
    if len(key) != KEY_BYTES:
        raise Unavailable(f"{path} is damaged ({len(key)} bytes instead of 32). Restore it from a backup.")
    return key


def fingerprint(key: bytes) -> str:
    """64 hex digits that tell whether two keys are the same, and nothing of the key."""
    return hashlib.sha256(b"channel fingerprint of secret.key" + key).hexdigest()


def sealed(secret: bytes, purpose: bytes, plain: bytes) -> str:
    """What `plain` says and that it was said here, for one purpose, as it may stand in an address. It hides nothing."""
    return base64.urlsafe_b64encode(plain + _seal(secret, purpose, plain)).decode().rstrip("=")


def unsealed(secret: bytes, purpose: bytes, token: str, size: int) -> bytes | None:
    """The `size` bytes that were sealed; None for what was not sealed here for this purpose."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    plain, seal = raw[:size], raw[size:]
    fits = len(raw) == size + SEAL_BYTES and hmac.compare_digest(seal, _seal(secret, purpose, plain))
    return plain if fits else None


def _seal(secret: bytes, purpose: bytes, plain: bytes) -> bytes:
    key = hmac.digest(secret, purpose, hashlib.sha256)
    return hmac.digest(key, plain, hashlib.sha256)[:SEAL_BYTES]


class Closer:
    """AES-256-GCM with a key derived from secret.key for one purpose. What it closes is bound to the row it is for."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        # Loaded by the first use: 7 MiB that serving pages does not need.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
        self._cipher = AESGCM(key)

    def close(self, text: str, row_id: str) -> str:
        """The text in a form fit for the database."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), row_id.encode())
        return base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, row_id: str) -> str | None:
        """The text; None when it was closed with another key, for another purpose or for another row."""
        from cryptography.exceptions import InvalidTag

        raw = base64.urlsafe_b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], row_id.encode()).decode()
        except InvalidTag:
            return None


def _create(path: Path) -> None:
    """Write it whole under another name, then link it into place: of two that start at once, one wins for both."""
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as writer:
            writer.write(secrets.token_bytes(KEY_BYTES))
            writer.flush()
            os.fsync(writer.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written ({error.strerror}). Check the folder's rights."
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
