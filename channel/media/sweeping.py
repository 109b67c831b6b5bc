"""What nobody needs any more leaves the disk: uploads that were given up, and blobs that no row names."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from channel.errors import ChannelError
from channel.media import queries
from channel.media.blobs import Blobs
from channel.media.desk import HOUR_MS
from channel.media.staging import Staging
from channel.media.tables import uploads
from channel.storage import Database, Tx
from channel.storage.database import Clock, wall_clock

EVERY_S: Final = 900.0
AT_ONCE: Final = 200
# Says which of these blobs some row of another noun names. Whoever keeps blobs gives the sweeper one, or loses them.
Need = Callable[[Tx, Sequence[str]], Awaitable[set[str]]]
log = logging.getLogger("channel.media")


class Sweeper:
    """Only what is older than an hour and named by no row goes, so nothing that somebody is about to name."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        staging: Staging,
        scratch: Path,
        needs: Sequence[Need] = (),
        *,
        clock: Clock = wall_clock,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._staging = staging
        self._scratch = scratch
        self._needs = (queries.wanted, *needs)
        self._clock = clock  # the system's, as that of the files

    async def run(self) -> None:
        """Sweep for ever; a database or a store that is away is tried again."""
        while True:
            try:
                await self.sweep()
            except ChannelError as error:
                log.warning("Sweeping the media has to wait: %s", error.detail)
            except OSError:
                log.exception("Sweeping the media stumbled")
            await asyncio.sleep(EVERY_S)

    async def sweep(self) -> None:
        """Once through everything."""
        await self._expire()
        await self._unstage()
        await self._forget()
        await asyncio.to_thread(self._clear_scratch)

    async def _expire(self) -> None:
        async with self._db.write() as tx:
            over = select(uploads.c.id).where(uploads.c.expires_at < tx.now).limit(AT_ONCE)
            await tx.run(delete(uploads).where(uploads.c.id.in_(over)))

    async def _unstage(self) -> None:
        """Files without a row. Rows come after their file, within moments: an hour is plenty."""
        names = await self._staging.old(self._clock() - HOUR_MS)
        for start in range(0, len(names), AT_ONCE):
            part = names[start : start + AT_ONCE]
            async with self._db.read() as tx:
                rows = await tx.all(select(uploads.c.id).where(uploads.c.id.in_(part)))
            for name in {*part} - {row.id for row in rows}:
                await self._staging.remove(name)

    async def _forget(self) -> None:
        before, after = self._clock() - HOUR_MS, ""
        while keys := await self._blobs.old(before, after=after, limit=AT_ONCE):
            async with self._db.read() as tx:
                needed = {key for need in self._needs for key in await need(tx, keys)}
            for key in keys:
                if key not in needed:
                    await self._blobs.forget(key, before)
            after = keys[-1]

    def _clear_scratch(self) -> None:
        """What a process left that was killed in the middle of a picture."""
        if not self._scratch.is_dir():
            return
        before_s = (self._clock() - HOUR_MS) / 1000
        for path in self._scratch.iterdir():
            if path.stat().st_mtime < before_s:
                shutil.rmtree(path, ignore_errors=True)
