"""Signatures as https://www.standardwebhooks.com has them, version 1: HMAC-SHA256 over id, time and body. Pure."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32  # of the 24 to 64 that the specification allows
VERSION: Final = "v1"


def new_secret() -> str:
    """A fresh secret, in the form in which libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(message_id: str, at_s: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of a message. One signature for each key, so that a receiver may know either of two."""
    signed = " ".join(signature(message_id, at_s, body, key) for key in keys)
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": signed}


def signature(message_id: str, at_s: int, body: bytes, key: str) -> str:
    """`v1,` and the base64 of the HMAC. Raises ValueError for what is no secret."""
    told = f"{message_id}.{at_s}.".encode() + body
    made = hmac.digest(_raw(key), told, hashlib.sha256)
    return f"{VERSION},{base64.b64encode(made).decode()}"


def _raw(key: str) -> bytes:
    try:
        return base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("This is no secret of a webhook.") from error
