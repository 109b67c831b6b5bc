"""The worker's part: what a mail that was kept is about, and what becomes of it. Each once, however often it is tried."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from channel.events import Event
from channel.incoming import bounces, drops, keeping, replies
from channel.incoming.addresses import Addresses, Base, Bounce, Drop, Reply
from channel.incoming.keeping import Kept
from channel.incoming.reading import Letter, read
from channel.incoming.replies import Allow, Told
from channel.incoming.reports import original_sender, verdict
from channel.storage import Database
from channel.tasks import MailArrived

log = logging.getLogger("channel.incoming")


def incoming_handler(
    db: Database, addresses: Addresses | None, *, allow: Allow, told: Told
) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "incoming". Without `addresses` what was kept before is let go."""

    async def handle(event: Event) -> None:
        if not isinstance(event, MailArrived):
            raise TypeError(f"No mail came in by {event.kind}.")
        async with db.read() as tx:
            mail = await keeping.waiting(tx, event.mail_id)
        if mail is not None:
            letter = await asyncio.to_thread(read, mail.raw)
            await _work_off(db, addresses, mail, letter, allow, told)

    return handle


async def _work_off(
    db: Database, addresses: Addresses | None, mail: Kept, letter: Letter, allow: Allow, told: Told
) -> None:
    now = db.clock()
    meaning = addresses.read(mail.recipient, now) if addresses else None
    if addresses and isinstance(meaning, Base):
        named = [addresses.read(one, now) for one in original_sender(letter)]
        meaning = next((one for one in named if isinstance(one, Bounce)), None)
    if isinstance(meaning, Reply):
        await replies.take(db, mail, meaning.notice_id, letter, allow=allow, told=told)
        return
    async with db.write() as tx:
        if isinstance(meaning, Drop):
            await drops.take(tx, mail, meaning.drop_id, letter)
        elif await keeping.done(tx, mail.id) and addresses and isinstance(meaning, Bounce):
            found = verdict(letter)
            paused = await bounces.note(tx, addresses, meaning, found)
            log.info("A letter came back (%s)%s", found, ": its address is paused" if paused else "")
