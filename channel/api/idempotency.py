"""The same write twice has one effect and one answer (24 hours).

The row is written in the transaction of the effect, so there is no moment in which one exists without the other; its
primary key makes a second, concurrent try wait for the first and then read its answer. Answers may hold what is shown
once (a token, an invite code), so they are kept encrypted, and keys are kept as hashes. Refused calls are not kept:
they had no effect, and may succeed next time.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    select,
    update,
)

from channel.errors import Conflict, Invalid
from channel.ids import token_hash
from channel.storage import Prepared, Tx, metadata, when

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = "Idempotency-Key"
KEPT_MS = 24 * 3600 * 1000
# Without credentials a key is all that guards the answer from the neighbours on the same network.
LEAST_ANONYMOUS_CHARS = 16
PURPOSE = b"channel idempotent answers, version 1"
NONCE_BYTES = 12
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Text, nullable=False),  # account:ID or network:ADDRESS
    Column("key_hash", Text, nullable=False),
    Column("request_hash", Text, nullable=False),  # of method, path and body
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),  # encrypted under a key derived from secret.key
    when("created_at"),
    PrimaryKeyConstraint("scope", "key_hash"),
    Index("ix_idempotency_created_at", "created_at"),
)


_FRESH = {
    "request_hash": bindparam("request_hash"),
    "status": 0,
    "answer": b"",
    "created_at": bindparam("now"),
}
_CLAIM = Prepared(
    lambda words: (
        words.insert(idempotency)
        .values(scope=bindparam("scope"), key_hash=bindparam("key_hash"), **_FRESH)
        .on_conflict_do_update(
            index_elements=["scope", "key_hash"],
            set_=_FRESH,
            where=idempotency.c.created_at <= bindparam("over", type_=BigInteger),
        )
    )
)
_THIS = (idempotency.c.scope == bindparam("of_scope")) & (idempotency.c.key_hash == bindparam("of_key"))
_EARLIER = Prepared(select(idempotency).where(_THIS))
_KEEP = Prepared(
    update(idempotency).where(_THIS).values(status=bindparam("status"), answer=bindparam("answer"))
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that carries a key."""

    scope: str
    key_hash: str
    request_hash: str

    @classmethod
    def parse(
        cls, key: str, *, account_id: str | None, network: str, request: tuple[str, str, bytes]
    ) -> "Attempt":
        """`request` is method, path and body. Raises Invalid for a key that is none."""
        if not _KEY.fullmatch(key):
            raise Invalid(
                {HEADER: "A key has 1 to 255 visible ASCII characters. A random UUID is a good one."}
            )
        if account_id is None and len(key) < LEAST_ANONYMOUS_CHARS:
            raise Invalid(
                {HEADER: "Without credentials a key has at least 16 characters. Use a random UUID."}
            )
        method, path, body = request
        digest = hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()
        return cls(f"account:{account_id}" if account_id else f"network:{network}", token_hash(key), digest)


@dataclass(frozen=True, slots=True)
class First:
    """The answer that the first call with a key was given."""

    status: int
    body: bytes


class Mismatch(Conflict):
    """The contract says 422: the call is understood, and contradicts its own key."""

    status = 422
    code = "idempotency_mismatch"


async def begin(tx: Tx, attempt: Attempt, secret: bytes) -> First | None:
    """Claim the key, or return the first answer. A concurrent first try is waited for.

    Raises Mismatch when the key was used for another request.
    """
    claim = {"scope": attempt.scope, "key_hash": attempt.key_hash, "request_hash": attempt.request_hash}
    if await tx.run(_CLAIM, **claim, now=tx.now, over=tx.now - KEPT_MS):
        return None
    row = await tx.one(_EARLIER, of_scope=attempt.scope, of_key=attempt.key_hash)
    if row is None or row.request_hash != attempt.request_hash:
        raise Mismatch("This key was used for another call. Take a fresh key for a new call.")
    return First(row.status, _opened(row.answer, secret, attempt))


async def earlier(tx: Tx, attempt: Attempt, secret: bytes) -> First | None:
    """The first answer, if there is one by now; nothing is claimed. Raises Mismatch as `begin` does."""
    row = await tx.one(_EARLIER, of_scope=attempt.scope, of_key=attempt.key_hash)
    if row is None or row.created_at <= tx.now - KEPT_MS:
        return None
    if row.request_hash != attempt.request_hash:
        raise Mismatch("This key was used for another call. Take a fresh key for a new call.")
    return First(row.status, _opened(row.answer, secret, attempt))


async def finish(tx: Tx, attempt: Attempt, secret: bytes, first: First) -> None:
    """Keep the answer beside the effect."""
    sealed = _sealed(first.body, secret, attempt)
    await tx.run(_KEEP, status=first.status, answer=sealed, of_scope=attempt.scope, of_key=attempt.key_hash)


async def sweep(tx: Tx) -> None:
    """Drop what is older than 24 hours. The worker calls it now and then."""
    await tx.run(delete(idempotency).where(idempotency.c.created_at <= tx.now - KEPT_MS))


@lru_cache(maxsize=4)
def _cipher(secret: bytes) -> "AESGCM":
    # Loaded by the first key that a client sends: 7 MiB that serving pages does not need.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret))


def _sealed(body: bytes, secret: bytes, attempt: Attempt) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(secret).encrypt(nonce, body, f"{attempt.scope} {attempt.key_hash}".encode())


def _opened(sealed: bytes, secret: bytes, attempt: Attempt) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        nonce, closed = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return _cipher(secret).decrypt(nonce, closed, f"{attempt.scope} {attempt.key_hash}".encode())
    except InvalidTag as error:
        detail = "This was done before, but its answer can no longer be shown: the server's key has changed."
        raise Conflict(detail, code="answer_lost") from error
