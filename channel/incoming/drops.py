"""Posting by mail: a secret address for each room and writer. What comes there is a draft, and nothing more.

Nobody checks who sends to it: creators write from several addresses, and the worst that a leaked one brings is a draft
that its owner throws away. So it never publishes, whatever the mail says.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from channel import communities, members
from channel.communities import Community
from channel.errors import ChannelError, NotFound, Unavailable
from channel.ids import new_id
from channel.incoming import keeping, replies, words
from channel.incoming.ground import Ground
from channel.incoming.keeping import Kept
from channel.incoming.pictures import PATIENCE_MS, Sender
from channel.incoming.pictures import spoken as reasons
from channel.incoming.reading import Letter, read
from channel.incoming.spooling import FOLDERS
from channel.incoming.tables import mail_drops
from channel.incoming.unpacking import Parcel, unpack
from channel.media import many as found
from channel.media.desk import spoken
from channel.members import Entitlement
from channel.posts import carrying, drafts
from channel.posts.model import MAX_TEXT_CHARS, Sketch, normal
from channel.posts.rights import require_writer
from channel.rooms import Room, one
from channel.storage import Database, Tx

TITLE_CHARS: Final = 200


async def address_of(tx: Tx, by: Entitlement, room: Room) -> str | None:
    """The id of one's own drop for a room; None where there is none yet. Raises NotFound, Forbidden."""
    account_id = require_writer(by)
    mine = (mail_drops.c.account_id == account_id, mail_drops.c.room_id == room.id)
    found = await tx.value(select(mail_drops.c.id).where(*mine))
    return None if found is None else str(found)


async def own(tx: Tx, by: Entitlement) -> dict[str, str]:
    """The ids of one's own drops, by room. Raises NotFound, Forbidden."""
    account_id = require_writer(by)
    rows = await tx.all(
        select(mail_drops.c.id, mail_drops.c.room_id).where(mail_drops.c.account_id == account_id)
    )
    return {row.room_id: row.id for row in rows}


async def renew(tx: Tx, by: Entitlement, room: Room) -> str:
    """A new address; the one before leads nowhere any more. Raises NotFound, Forbidden."""
    await remove(tx, by, room)
    drop_id = new_id(tx.now)
    row = {"id": drop_id, "account_id": require_writer(by), "room_id": room.id, "created_at": tx.now}
    await tx.run(tx.insert(mail_drops).values(**row).on_conflict_do_nothing())
    return await address_of(tx, by, room) or drop_id


async def remove(tx: Tx, by: Entitlement, room: Room) -> None:
    """No address. Raises NotFound for a room of another community, or a group; Forbidden."""
    account_id = require_writer(by)
    if room.community_id != by.community_id or room.is_group or not by.reads(room.min_rank):
        raise NotFound("There is no such room.")
    mine = (mail_drops.c.account_id == account_id, mail_drops.c.room_id == room.id)
    await tx.run(delete(mail_drops).where(*mine))


@dataclass(frozen=True, slots=True)
class _Whose:
    account_id: str
    room: Room
    community: Community
    by: Entitlement


async def take(ground: Ground, mail: Kept, drop_id: str) -> None:
    """Keep it as a draft of whose address it is, if they still write there, with its pictures. Once, however often it is
    called. What could not be taken is told to them.

    Raises Unavailable, DiskFull while something is away: it is tried again.
    """
    await asyncio.to_thread(ground.scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=FOLDERS, dir=ground.scratch) as name:
        parcel = await _opened(ground, mail, Path(name))
        letter = await asyncio.to_thread(read, parcel.words)
        text = text_of(letter)
        account_id = (
            None if letter.report_type or not (text or parcel.pictures) else await _owner(ground, drop_id)
        )
        if account_id is None:
            async with ground.db.write() as tx:
                await keeping.done(tx, mail.id)
            return
        media: tuple[str, ...] = ()
        try:
            async with ground.db.read() as tx:
                whose = await _whose(tx, drop_id)
                await drafts.require_space(tx, whose.by)  # before its pictures take any
            sender = Sender(ground.db, ground.desk, mail, whose.community.handle, whose.account_id)
            media = await sender.send(parcel)
            await _save(
                ground.db, mail, drop_id, Sketch.parse(text, room_id=whose.room.id, media=media), parcel
            )
        except ChannelError as error:
            if replies.passes(error):
                raise
            await _refuse(ground.db, mail, account_id, error, text, media)


async def _opened(ground: Ground, mail: Kept, folder: Path) -> Parcel:
    """The mail in parts. What the store lost, or does not give back for an hour, is read as far as the row goes."""
    whole, cut = folder / "mail", mail.cut
    try:
        if not mail.blob:
            raise NotFound
        await ground.desk.blobs.fetch(mail.blob, whole)
    except (NotFound, Unavailable) as error:
        if isinstance(error, Unavailable) and ground.db.clock() - mail.created_at < PATIENCE_MS:
            raise
        cut = bool(mail.blob)
        await asyncio.to_thread(whole.write_bytes, mail.raw)
    parcel = await asyncio.to_thread(_unpacked, whole, folder, cut)
    if cut:
        parcel.leave(parcel.inside or "…", too_large(ground.most))
    return parcel


def _unpacked(whole: Path, folder: Path, cut: bool) -> Parcel:
    with whole.open("rb") as mail:
        return unpack(mail, folder, cut=cut)


def too_large(most: int) -> str:
    """Why the end of a mail is missing."""
    return f"A mail to this address has at most {spoken(most)}. Send fewer pictures at once."


async def _owner(ground: Ground, drop_id: str) -> str | None:
    async with ground.db.read() as tx:
        found = await tx.value(select(mail_drops.c.account_id).where(mail_drops.c.id == drop_id))
    return None if found is None else str(found)


async def _whose(tx: Tx, drop_id: str) -> _Whose:
    """Raises NotFound, Forbidden for one who writes there no more."""
    row = await tx.one(select(mail_drops).where(mail_drops.c.id == drop_id))
    if row is None:
        raise NotFound("There is no such address any more.")
    room = await one(tx, row.room_id)
    community = await communities.one(tx, room.community_id)
    by = await members.entitlement(tx, community, row.account_id)
    require_writer(by)
    if not by.reads(room.min_rank):
        raise NotFound("There is no such room.")
    return _Whose(row.account_id, room, community, by)


async def _save(db: Database, mail: Kept, drop_id: str, sketch: Sketch, parcel: Parcel) -> None:
    async with db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return
        whose = await _whose(tx, drop_id)
        await drafts.save_draft(tx, whose.by, sketch)
        if parcel.left:
            reason = reasons(parcel.left)
            await replies.refuse(tx, whose.account_id, None, reason, "", drafted_in=whose.community.id)


async def _refuse(
    db: Database, mail: Kept, account_id: str, error: ChannelError, text: str, media: Sequence[str]
) -> None:
    """It is no draft: its words go back to its writer, and its pictures go."""
    async with db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return
        for made in (await found(tx, media)).values():
            await carrying.drop(tx, made.community_id, [made.id])
        await replies.refuse(tx, account_id, None, replies.reason_of(error), text)


def text_of(letter: Letter) -> str:
    """The subject as a heading, and the words below; what is longer than a post is cut off."""
    title = letter.subject[:TITLE_CHARS].strip()
    said = words.answer(words.body(letter))
    whole = normal("\n\n".join(part for part in (f"# {title}" if title else "", said) if part)).strip()
    return whole[:MAX_TEXT_CHARS]
