"""The worker's part: what a mail that was kept is about, and what becomes of it. Each once, however often it is tried."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from channel.events import Event
from channel.incoming import bounces, drops, keeping, replies
from channel.incoming.addresses import Addresses, Base, Bounce, Drop, Meaning, Reply
from channel.incoming.ground import Ground
from channel.incoming.keeping import Kept
from channel.incoming.reading import Letter, read
from channel.incoming.replies import Allow, Told
from channel.incoming.reports import original_sender, verdict
from channel.storage import Database
from channel.tasks import MailArrived

log = logging.getLogger("channel.incoming")


def incoming_handler(
    ground: Ground, addresses: Addresses | None, *, allow: Allow, told: Told
) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "incoming". Without `addresses` what was kept before is let go."""

    async def handle(event: Event) -> None:
        if not isinstance(event, MailArrived):
            raise TypeError(f"No mail came in by {event.kind}.")
        async with ground.db.read() as tx:
            mail = await keeping.waiting(tx, event.mail_id)
        if mail is None:
            return
        meaning = addresses.read(mail.recipient, ground.db.clock()) if addresses else None
        if isinstance(meaning, Drop):
            await drops.take(ground, mail, meaning.drop_id)
            return
        letter = await asyncio.to_thread(read, mail.raw)
        if isinstance(meaning, Reply):
            await replies.take(ground, mail, meaning, letter, allow=allow, told=told)
        else:
            await _hear(ground.db, addresses, mail, letter, meaning)

    return handle


async def _hear(
    db: Database, addresses: Addresses | None, mail: Kept, letter: Letter, meaning: Meaning | None
) -> None:
    """What a report says of an address; all else has no effect."""
    if addresses and isinstance(meaning, Base):
        named = [addresses.read(one, db.clock()) for one in original_sender(letter)]
        meaning = next((one for one in named if isinstance(one, Bounce)), None)
    async with db.write() as tx:
        if await keeping.done(tx, mail.id) and addresses and isinstance(meaning, Bounce):
            found = verdict(letter)
            paused = await bounces.note(tx, addresses, meaning, found)
            log.info("A letter came back (%s)%s", found, ": its address is paused" if paused else "")
