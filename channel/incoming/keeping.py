"""Taking a mail in: kept whole in one transaction, and worked off afterwards. Nothing of it is read into before that.

So whoever hands a mail over is told that it was taken only when it cannot be lost any more, however strange it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select, update

from channel.errors import NotFound
from channel.following.tables import follow_troubles
from channel.ids import new_id
from channel.incoming.addresses import Addresses, Base, Drop
from channel.incoming.reading import MAX_BYTES, identity, recipients
from channel.incoming.tables import incoming_mail, mail_pictures, mail_refusals, mail_troubles
from channel.outbox import schedule
from channel.storage import Tx
from channel.tasks import MailArrived

KEPT_MS: Final = 7 * 24 * 3_600_000  # longer than mail servers try to hand something over
MOST_SWEPT: Final = 2_000
DAY_MS: Final = 24 * 3_600_000
TROUBLES_KEPT_DAYS: Final = 40
_COMPLAINT: Final = b"feedback-report"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail on its way in, read as far as is needed to know whether it is ours."""

    recipient: str
    digest: str
    raw: bytes  # its first 512 KiB
    draft: bool = False  # it is to be one: then all of it counts
    file: Path | None = None  # all of it, where that is more
    cut: bool = False  # at the end of `file`, which holds as much as is taken


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that waits to be worked off. `blob`: all of it, in the store of the media, where `raw` is its beginning."""

    id: str
    recipient: str
    raw: bytes
    blob: str
    cut: bool
    created_at: int


def sort(addresses: Addresses, raw: bytes, recipient: str, now: int) -> Arrived | None:
    """The mail for one of our addresses: the envelope's recipient, or "" where only its headers say whom it is for.

    None for what was sealed elsewhere or too long ago: such a mail has no effect. Takes some ms of a processor.
    Raises NotFound when no address of it is written like one of ours: then something is set up wrongly.
    """
    raw = raw[:MAX_BYTES]
    named = [recipient] if recipient else recipients(raw)
    for address in named:
        meaning = addresses.read(address, now)
        if meaning is None or (isinstance(meaning, Base) and _COMPLAINT not in raw):
            continue
        # The seal says which it is, whatever stands around it; headers that a second delivery adds do not count.
        same = identity(raw).encode() or raw
        digest = hashlib.sha256(address.lower().encode() + b"\0" + same).hexdigest()
        return Arrived(address.lower(), digest, raw, draft=isinstance(meaning, Drop))
    if not any(addresses.looks_ours(address) or address.lower() == addresses.base for address in named):
        raise NotFound("This mail is for no address of ours. See CHANNEL_INCOMING_ADDRESS.")
    return None


async def keep(tx: Tx, arrived: Arrived, blob: str = "") -> bool:
    """Keep it and have it worked off. False when the same mail came before: then nothing more happens.

    `blob`: where all of it is in the store. Its beginning stands in the row all the same, so that no words are lost.
    """
    mail_id = new_id(tx.now)
    row = {
        "id": mail_id, "digest": arrived.digest, "recipient": arrived.recipient, "raw": arrived.raw,
        "blob": blob, "cut": arrived.cut, "created_at": tx.now, "done_at": None,
    }  # fmt: skip
    if not await tx.run(tx.insert(incoming_mail).values(**row).on_conflict_do_nothing()):
        return False
    await schedule(tx, MailArrived(mail_id=mail_id))
    return True


async def waiting(tx: Tx, mail_id: str) -> Kept | None:
    """The mail, unless it was worked off."""
    row = await tx.one(
        select(incoming_mail).where(incoming_mail.c.id == mail_id, incoming_mail.c.done_at.is_(None))
    )
    if row is None:
        return None
    return Kept(row.id, row.recipient, bytes(row.raw), row.blob, row.cut, row.created_at)


async def done(tx: Tx, mail_id: str) -> bool:
    """It is worked off, in the transaction of its effect. False when it was before: then there must be none."""
    mine = (incoming_mail.c.id == mail_id, incoming_mail.c.done_at.is_(None))
    await tx.run(delete(mail_pictures).where(mail_pictures.c.mail_id == mail_id))
    return bool(await tx.run(update(incoming_mail).where(*mine).values(raw=b"", blob="", done_at=tx.now)))


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that a mail still needs: the sweeper of the store asks."""
    if not keys:
        return set()
    place = incoming_mail.c.blob
    return {row.blob for row in await tx.all(select(place).where(place.in_(keys)))}


async def sweep(tx: Tx) -> None:
    """Forget what was worked off long ago, and what nobody could work off."""
    old = select(incoming_mail.c.id).where(incoming_mail.c.created_at < tx.now - KEPT_MS).limit(MOST_SWEPT)
    await tx.run(delete(incoming_mail).where(incoming_mail.c.id.in_(old)))
    await tx.run(delete(mail_refusals).where(mail_refusals.c.created_at < tx.now - KEPT_MS))
    before = tx.now // DAY_MS - TROUBLES_KEPT_DAYS
    for troubles in (mail_troubles, follow_troubles):
        await tx.run(delete(troubles).where(troubles.c.day < before))


async def forget(tx: Tx, account_id: str) -> None:
    """Nothing is kept of somebody who is erased."""
    for table in (mail_troubles, mail_refusals):
        await tx.run(delete(table).where(table.c.account_id == account_id))
