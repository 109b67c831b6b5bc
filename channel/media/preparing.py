"""Making of what was sent what is shown and played: in the worker, from the stored original, as often as it takes.

What was made is kept before its rows are written, so a crash at any moment leaves nothing half shown: the job comes
back after its lease and does it again.
"""

import asyncio
import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select, update

from channel.errors import ChannelError, NotFound, Unavailable
from channel.events import MediaArrived
from channel.media import actions, homes, queries
from channel.media.blobs import Blobs
from channel.media.disk import sync
from channel.media.making import AS_SENT, MAKERS, File, Made, Make, NoFfmpeg, Refused
from channel.media.model import Kind, Media, Proof
from channel.media.proving import Tell, prove
from channel.media.scanning import Scanner
from channel.media.tables import media, variants
from channel.storage import Database, locking

TELL_EVERY_S: Final = 2.0
PATIENCE_MS: Final = (
    5 * 60 * 1000
)  # so long nobody is told that the scanner is away: it may only have been restarted
INFECTED: Final = "The virus scanner found something in this file, so nobody gets it. Send a clean one."
TOO_LARGE: Final = "The virus scanner takes no file of this size, so nobody gets it. Send a smaller one."
WAITING: Final = "This waits for the virus scanner, which is away. Whoever runs the server can start it."
log = logging.getLogger("channel.media")


class _Gone(Exception):
    """Nobody needs it any more."""


@dataclass(slots=True)
class _Share:
    """How much is done, 0 to 1."""

    done: float = 0.0

    def hear(self, share: float) -> None:
        self.done = share


class Preparer:
    """The worker's handler of MediaArrived, in all its lanes."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        scratch: Path,
        tell: Tell,
        makers: Mapping[Kind, Make] = MAKERS,
        *,
        scanner: Scanner | None = None,
        trust: str = "",
    ) -> None:
        """`trust`: certificates (PEM) of those whose content credentials count as signed by somebody known."""
        self._db = db
        self._blobs = blobs
        self._scratch = scratch
        self._tell = tell
        self._makers = makers
        self._scanner = scanner
        self._trust = trust

    async def handle(self, event: MediaArrived) -> None:
        """Prepare it, unless that was done, or it is gone."""
        try:
            async with self._db.read() as tx:
                one = await queries.one(tx, event.media_id)
        except NotFound:
            return
        if one.kind not in self._makers or not _to_do(one):
            return
        if one.state == "processing" and not await self._clean(one):
            return
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            await self._work(one, Path(folder))

    async def _clean(self, one: Media) -> bool:
        """Whether the scanner lets it through; it is refused otherwise. Raises Unavailable while it cannot be asked."""
        if self._scanner is None:
            return True
        try:
            verdict = await self._scanner.look(self._blobs.read(one.sha256, 0, one.size))
        except Unavailable:
            await self._wait(one)
            raise
        if verdict.found:
            log.warning("%s %s holds %s. It is refused.", one.kind.capitalize(), one.id, verdict.found)
            await self._settle(one, {"state": "refused", "problem": INFECTED}, [])
        elif verdict.too_large:
            log.warning("%s %s is larger than clamd takes (StreamMaxLength).", one.kind.capitalize(), one.id)
            await self._settle(one, {"state": "refused", "problem": TOO_LARGE}, [])
        else:
            return True
        return False

    async def _wait(self, one: Media) -> None:
        """Tell its sender what it waits for, once that has lasted."""
        async with self._db.write() as tx:
            if tx.now - one.created_at > PATIENCE_MS:
                here = (media.c.id == one.id) & (media.c.state == "processing")
                await tx.run(update(media).where(here).values(problem=WAITING))

    async def _work(self, one: Media, folder: Path) -> None:
        try:
            await self._blobs.fetch(one.sha256, folder / "source")
            made = await self._made(one, folder)
        except NoFfmpeg:
            blobs = await homes.at_home(self._db, self._blobs, one.community_id)
            said = await prove(blobs, one, folder, self._trust)
            await self._settle(one, {"state": "ready", "problem": AS_SENT}, [], said)
        except Refused as error:
            log.info("%s %s could not be prepared: %s", one.kind.capitalize(), one.id, error.reason)
            if one.kind != "file":
                await self._settle(one, {"state": "failed", "problem": error.detail}, [])
            elif one.state == "processing":  # it goes out as it is
                await self._settle(one, {"state": "ready", "problem": ""}, [])
        except _Gone:
            log.info("%s %s was deleted while it was prepared.", one.kind.capitalize(), one.id)
        else:
            blobs = await homes.at_home(self._db, self._blobs, one.community_id)
            rows = [await _kept(blobs, one.id, file) for file in made.files]
            said = await prove(blobs, one, folder, self._trust)
            facts = {"state": "ready", "problem": "", "progress": 100, **made.facts}
            await self._settle(one, facts, rows, said)

    async def _made(self, one: Media, folder: Path) -> Made:
        share = _Share()
        try:
            async with asyncio.TaskGroup() as both:
                telling = both.create_task(self._progress(one, folder, share))
                made = await self._makers[one.kind](one, folder / "source", folder / "made", share.hear)
                telling.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return made

    async def _progress(self, one: Media, folder: Path, share: _Share) -> None:
        """Say how far it is, for ever. Raises _Gone when it was deleted meanwhile."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            await asyncio.to_thread(os.utime, folder)  # a sweep takes what is old for left behind
            told = {"progress": min(99, int(share.done * 100))}
            try:
                async with self._db.write() as tx:
                    there = await tx.run(update(media).where(media.c.id == one.id).values(**told))
            except ChannelError as error:
                log.warning("How far %s is cannot be told: %s", one.id, error.detail)
                continue
            if not there:
                raise _Gone

    async def _settle(
        self, one: Media, facts: Mapping[str, Any], rows: list[dict[str, Any]], said: Proof | None = None
    ) -> None:
        async with self._db.write() as tx:
            held = select(media.c.state, media.c.version).where(media.c.id == one.id)
            there = await tx.one(locking(tx.dialect, held))
            if there is None or (there.state, there.version) != (one.state, one.version):
                return  # deleted meanwhile, done by somebody else, or to be made in another frame
            await tx.run(delete(variants).where(variants.c.media_id == one.id))
            await tx.run_many(variants.insert(), rows)
            await tx.run(update(media).where(media.c.id == one.id).values(**facts))
            if said is not None:
                await actions.say(tx, one.id, said)
            await self._tell(tx, await actions.carriers(tx, one.id))


def _to_do(one: Media) -> bool:
    return one.state == "processing" or (one.as_sent and not one.variants)


async def _kept(blobs: Blobs, media_id: str, made: File) -> dict[str, Any]:
    await asyncio.to_thread(sync, made.path)
    key, size = await asyncio.to_thread(_hashed, made.path)
    await blobs.keep(made.path, key)
    return {
        "media_id": media_id, "width": made.width, "height": made.height, "format": made.format,
        "sha256": key, "size": size,
    }  # fmt: skip


def _hashed(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
