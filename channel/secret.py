"""The key of the installation: 32 random bytes in secret.key, beside the data and never in the database.

What is encrypted with a key derived from it stays closed to whoever has only a copy of the database.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from channel.errors import Unavailable

KEY_FILE = "secret.key"
KEY_BYTES = 32


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
