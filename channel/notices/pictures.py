"""Whether letters show pictures to somebody, and the addresses by which these are loaded.

An address opens one picture of one post for one reader. It grants nothing: what that reader may see, and whether they want
it, is asked when it is used (notify/posted/pictures).
"""

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import bindparam, select

from channel import secret as key
from channel.errors import NotFound
from channel.notices.tables import letter_pictures
from channel.storage import Prepared, Tx

Kind = Literal["member", "follower"]
KINDS: Final[dict[bytes, Kind]] = {b"m": "member", b"f": "follower"}
LIFE_MS: Final = 90 * 24 * 3_600_000
PURPOSE: Final = b"channel pictures in letters, version 1"
ID_BYTES: Final = 16
MAILBOX_BYTES: Final = 8
WIDTH_BYTES: Final = 2
MOMENT_BYTES: Final = 6
SIZE: Final = 1 + 3 * ID_BYTES + MAILBOX_BYTES + WIDTH_BYTES + MOMENT_BYTES
GONE: Final = "There is no such picture."
_SINCE = Prepared(select(letter_pictures).where(letter_pictures.c.account_id == bindparam("account_id")))


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter of the moment `at` (epoch ms) goes to. `mailbox`: see `mailbox`."""

    kind: Kind
    id: str
    mailbox: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What an address says: whose letter about which post shows which medium, at most so many pixels wide."""

    reader: Reader
    post_id: str
    media_id: str
    width: int


async def since(tx: Tx, account_id: str) -> int | None:
    """When the account chose pictures in its letters (epoch ms); None: it did not, or took it back."""
    row = await tx.one(_SINCE, account_id=account_id)
    return row.since if row is not None else None


async def show(tx: Tx, account_id: str, *, wanted: bool) -> None:
    """From the next letter on. Taken back, no picture of an earlier letter is loaded any more, and chosen anew neither."""
    if wanted and await since(tx, account_id) is not None:
        return
    chosen = tx.now if wanted else None
    fresh: Any = tx.insert(letter_pictures).values(account_id=account_id, since=chosen)
    await tx.run(fresh.on_conflict_do_update(index_elements=["account_id"], set_={"since": chosen}))


async def inherit(tx: Tx, account_id: str, *, wanted: bool) -> None:
    """What somebody chose who followed without an account, for one that has chosen neither."""
    if wanted and await tx.one(_SINCE, account_id=account_id) is None:
        await show(tx, account_id, wanted=True)


def mailbox(secret: bytes, email: str) -> bytes:
    """A mark of an address: with another one of its reader, letters that lie in the old mailbox load nothing more."""
    return hmac.digest(hmac.digest(secret, PURPOSE, hashlib.sha256), email.encode(), hashlib.sha256)[
        :MAILBOX_BYTES
    ]


def sealed(secret: bytes, picture: Picture) -> str:
    """108 characters that may stand in an address."""
    reader = picture.reader
    kind = next(letter for letter, name in KINDS.items() if name == reader.kind)
    ids = (reader.id, picture.post_id, picture.media_id)
    plain = b"".join([
        kind, *(uuid.UUID(one).bytes for one in ids), reader.mailbox,
        picture.width.to_bytes(WIDTH_BYTES), reader.at.to_bytes(MOMENT_BYTES),
    ])  # fmt: skip
    return key.sealed(secret, PURPOSE, plain)


def opened(secret: bytes, token: str, now: int) -> Picture:
    """Raises NotFound for what was not sealed here, and for a letter of more than 90 days ago (`now`: epoch ms)."""
    plain = key.unsealed(secret, PURPOSE, token, SIZE)
    if plain is None:
        raise NotFound(GONE)
    end = 1 + 3 * ID_BYTES
    reader_id, post_id, media_id = (
        str(uuid.UUID(bytes=plain[n : n + ID_BYTES])) for n in range(1, end, ID_BYTES)
    )
    mark, rest = plain[end : end + MAILBOX_BYTES], plain[end + MAILBOX_BYTES :]
    at = int.from_bytes(rest[WIDTH_BYTES:])
    if now >= at + LIFE_MS:
        raise NotFound(GONE)
    reader = Reader(KINDS[plain[:1]], reader_id, mark, at)
    return Picture(reader, post_id, media_id, int.from_bytes(rest[:WIDTH_BYTES]))
