"""Making of a picture what is shown: in the worker, from the stored original, as often as it takes.

What was made is kept before its rows are written, so a crash at any moment leaves nothing half shown: the job comes
back after its lease and does it again.
"""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from channel.errors import NotFound
from channel.events import MediaArrived
from channel.media import queries
from channel.media.blobs import Blobs
from channel.media.disk import sync
from channel.media.model import Media
from channel.media.pictures import Prepared, Unreadable, Variant
from channel.media.tables import media, post_media, variants
from channel.storage import Database, Tx, locking

log = logging.getLogger("channel.media")


Prepare = Callable[[Path, Path], Awaitable[Prepared]]
# Tells the posts that carry it; the layer above knows how.
Tell = Callable[[Tx, str], Awaitable[None]]


class Preparer:
    """The worker's handler of MediaArrived. `prepare` raises Unreadable for what is no picture."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        scratch: Path,
        prepare: Prepare,
        tell: Tell,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._scratch = scratch
        self._prepare = prepare
        self._tell = tell

    async def handle(self, event: MediaArrived) -> None:
        """Prepare it, unless that was done, or it is gone."""
        try:
            async with self._db.read() as tx:
                one = await queries.one(tx, event.media_id)
        except NotFound:
            return
        if one.state != "processing":
            return
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            await self._work(one, Path(folder))

    async def _work(self, one: Media, folder: Path) -> None:
        source, into = folder / "source", folder / "made"
        await self._blobs.fetch(one.sha256, source)
        try:
            picture = await self._prepare(source, into)
        except Unreadable as error:
            log.info("Picture %s could not be read: %s", one.id, error.reason)
            await self._settle(one.id, {"state": "failed", "problem": error.detail}, [])
            return
        rows = [await self._keep(one.id, made) for made in picture.variants]
        facts = {
            "state": "ready", "problem": "", "width": picture.width, "height": picture.height,
            "animated": picture.animated, "placeholder": picture.placeholder,
        }  # fmt: skip
        await self._settle(one.id, facts, rows)

    async def _keep(self, media_id: str, made: Variant) -> dict[str, Any]:
        await asyncio.to_thread(sync, made.path)
        key = await asyncio.to_thread(lambda: hashlib.sha256(made.path.read_bytes()).hexdigest())
        await self._blobs.keep(made.path, key)
        return {
            "media_id": media_id, "width": made.width, "height": made.height, "format": made.format,
            "sha256": key, "size": made.size,
        }  # fmt: skip

    async def _settle(self, media_id: str, facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        async with self._db.write() as tx:
            held = select(media.c.state).where(media.c.id == media_id)
            if await tx.value(locking(tx.dialect, held)) != "processing":
                return  # deleted meanwhile, or done by somebody else
            await tx.run(delete(variants).where(variants.c.media_id == media_id))
            await tx.run_many(variants.insert(), rows)
            await tx.run(update(media).where(media.c.id == media_id).values(**facts))
            carriers = select(post_media.c.post_id).where(post_media.c.media_id == media_id)
            for row in await tx.all(carriers.order_by(post_media.c.post_id).limit(100)):
                await self._tell(tx, row.post_id)
