"""Addresses of files for the host for media, which gets no cookie: signed, for one viewer, good for 5 minutes at most.

They say who was sent, and grant nothing: what this viewer may see is asked again when an address is used.
"""

import hashlib
from dataclasses import astuple, dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from channel.errors import NotFound

LIFE_MS: Final = 300_000
# The same address for so long: a browser that asks twice finds the first answer in its cache.
STEP_MS: Final = 60_000
MAX_CHARS: Final = 600


@dataclass(frozen=True, slots=True)
class Told:
    """What an address says. `account_id` None is a stranger, whose session is ""."""

    media_id: str
    name: str
    account_id: str | None
    session_id: str


def signed(secret: bytes, told: Told, now_ms: int) -> str:
    """A part of a path, good for 4 to 5 minutes."""
    until_ms = now_ms // STEP_MS * STEP_MS + LIFE_MS
    return _serializer(secret).dumps([*astuple(told), until_ms])


def read(secret: bytes, token: str, now_ms: int) -> Told:
    """Raises NotFound for one that is over, was changed, or was never ours: nobody learns which."""
    try:
        if len(token) > MAX_CHARS:
            raise BadData("too long")
        *parts, until_ms = _serializer(secret).loads(token)
    except BadData as error:
        raise NotFound("There is no such file.") from error
    if not now_ms < until_ms <= now_ms + LIFE_MS:
        raise NotFound("There is no such file.")
    return Told(*parts)


def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt=b"address of media",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
