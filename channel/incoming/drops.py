"""Posting by mail: a secret address for each room and writer. What comes there is a draft, and nothing more.

Nobody checks who sends to it: creators write from several addresses, and the worst that a leaked one brings is a draft
that its owner throws away. So it never publishes, whatever the mail says.
"""

from typing import Final

from sqlalchemy import delete, select

from channel import communities, members
from channel.errors import ChannelError, NotFound
from channel.ids import new_id
from channel.incoming import keeping, replies, words
from channel.incoming.keeping import Kept
from channel.incoming.reading import Letter
from channel.incoming.tables import mail_drops
from channel.members import Entitlement
from channel.posts import drafts
from channel.posts.model import MAX_TEXT_CHARS, Sketch, normal
from channel.posts.rights import require_writer
from channel.rooms import Room, one
from channel.storage import Tx

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


async def take(tx: Tx, mail: Kept, drop_id: str, letter: Letter) -> bool:
    """Keep it as a draft of whose address it is, if they still write there. False when it came to nothing."""
    if not await keeping.done(tx, mail.id) or letter.report_type:
        return False
    row = await tx.one(select(mail_drops).where(mail_drops.c.id == drop_id))
    text = text_of(letter)
    if row is None or not text:
        return False
    try:
        room = await one(tx, row.room_id)
        community = await communities.one(tx, room.community_id)
        by = await members.entitlement(tx, community, row.account_id)
        if not by.reads(room.min_rank):
            return False
        await drafts.save_draft(tx, by, Sketch.parse(text, room_id=room.id))
    except ChannelError as error:
        if replies.passes(error):
            raise
        await replies.refuse(tx, row.account_id, None, replies.reason_of(error), text)
        return False
    return True


def text_of(letter: Letter) -> str:
    """The subject as a heading, and the words below; what is longer than a post is cut off."""
    title = letter.subject[:TITLE_CHARS].strip()
    said = words.answer(words.body(letter))
    whole = normal("\n\n".join(part for part in (f"# {title}" if title else "", said) if part)).strip()
    return whole[:MAX_TEXT_CHARS]
