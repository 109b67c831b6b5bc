"""Pictures of a mail become media of whom the address is of, by the desk that takes every upload.

A mail is worked off again after a crash. Which upload a picture became is written with that upload, so the second time
finds the medium that was made, or begins the upload anew.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select

from channel.errors import ChannelError, Invalid, NotFound, Unavailable
from channel.i18n import noop
from channel.incoming.keeping import Kept
from channel.incoming.tables import mail_pictures
from channel.incoming.unpacking import Parcel, Picture, pieces
from channel.media import Desk, queries
from channel.media.model import Upload
from channel.storage import Database, Tx

PATIENCE_MS: Final = 3_600_000  # so long a mail waits for a store that is away; then its words go without

log = logging.getLogger("channel.incoming")


class Sender:
    """Sends the pictures of one mail to one community, for one account."""

    def __init__(self, db: Database, desk: Desk, mail: Kept, handle: str, account_id: str) -> None:
        self._db = db
        self._desk = desk
        self._mail = mail
        self._handle = handle
        self._account_id = account_id

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Ids of the media, in the order of the pictures. What is not taken is left in `parcel`, with the reason.

        Raises Unavailable, DiskFull while it may only be a matter of time; what was made by then is found the next time.
        """
        made = []
        for position, picture in enumerate(parcel.pictures):
            try:
                made.append(await self._one(position, picture))
            except Unavailable as error:
                if self._db.clock() - self._mail.created_at < PATIENCE_MS:
                    raise
                parcel.leave(picture.name, error.detail)
            except ChannelError as error:
                parcel.leave(picture.name, _said(error))
        return tuple(made)

    async def _one(self, position: int, picture: Picture) -> str:
        known = await self._known(position)
        if known is not None and await self._made(known):
            return known

        async def noted(tx: Tx, begin: Callable[[], Awaitable[Upload]]) -> Upload:
            upload = await begin()
            row = {"mail_id": self._mail.id, "position": position, "media_id": upload.id}
            there = tx.insert(mail_pictures).values(**row)
            key = ["mail_id", "position"]
            await tx.run(there.on_conflict_do_update(index_elements=key, set_={"media_id": upload.id}))
            return upload

        upload = await self._desk.begin(
            self._handle, self._account_id, size=picture.size, name=picture.name, within=noted
        )
        try:
            upload = await self._desk.write(upload, _pieces(picture.path))
            return (await self._desk.finish(upload)).id
        except BaseException:
            await self._desk.drop(upload)
            raise

    async def _known(self, position: int) -> str | None:
        here = (mail_pictures.c.mail_id == self._mail.id, mail_pictures.c.position == position)
        async with self._db.read() as tx:
            found = await tx.value(select(mail_pictures.c.media_id).where(*here))
        return None if found is None else str(found)

    async def _made(self, known: str) -> bool:
        """Whether it is a medium by now; the upload that a crash left goes, or it would take its space for a day."""
        async with self._db.read() as tx:
            if known in await queries.many(tx, [known]):
                return True
            try:
                left = await queries.upload(tx, known, self._account_id)
            except NotFound:
                return False
        await self._desk.drop(left)
        return False


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    parts = pieces(path)
    while piece := await asyncio.to_thread(next, parts, b""):
        yield piece


def _said(error: ChannelError) -> str:
    return next(iter(error.fields.values())) if isinstance(error, Invalid) else error.detail


def spoken(left: Sequence[tuple[str, str]]) -> str:
    """What was left out and why, a line for each reason, which are translated when the letter is written."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in left:
        by_reason.setdefault(reason, []).append(name)
    line = noop("Left out: {names}. {reason}")
    return "\n".join(line.format(names=", ".join(names), reason=why) for why, names in by_reason.items())
