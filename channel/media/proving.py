"""Content credentials of one medium: read from what was sent, and kept in the store.

Of what was sent before this server could read them, they are read afterwards (Prover): one after the other, each written
when it is known, so that whoever begins again goes on where it stopped.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from channel.errors import NotFound, Unavailable
from channel.media import actions, credentials, homes, queries
from channel.media.blobs import Blobs, Broken
from channel.media.disk import sync
from channel.media.model import Media, Proof
from channel.media.tables import media
from channel.storage import Database, Tx, locking

AT_ONCE: Final = 200
# Tells the posts that carry it, all at once; the layer above knows how.
Tell = Callable[[Tx, Sequence[str]], Awaitable[None]]


async def prove(blobs: Blobs, one: Media, folder: Path, trust: str) -> Proof:
    """What `folder`/source came with; the credentials themselves are in the store then."""
    found = await credentials.read(
        folder / "source", one.type, folder / "credentials", trust=trust, long=one.kind != "picture"
    )
    if found.store is None:
        return Proof(found.credentials, "", 0)
    await asyncio.to_thread(sync, found.store)
    key, size = await asyncio.to_thread(_hashed, found.store)
    await blobs.keep(found.store, key)
    return Proof(found.credentials, key, size)


def _hashed(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


@dataclass(slots=True)
class Proved:
    """What became of them. `unread`: nobody could tell, as when the child was stopped; they are looked at again next time."""

    looked: int = 0
    found: int = 0
    unread: int = 0
    lost: int = 0  # what was sent is in no store, or not what it was


class Prover:
    """Of all that is not checked, with room for one original in `scratch`."""

    def __init__(self, db: Database, blobs: Blobs, scratch: Path, tell: Tell, *, trust: str = "") -> None:
        self._db = db
        self._blobs = blobs
        self._scratch = scratch
        self._tell = tell
        self._trust = trust

    async def run(
        self, community_id: str | None, progress: Callable[[int, int], None], *, dry: bool = False
    ) -> Proved:
        """Of one community, or of all. `dry`: only count. Raises Unavailable, DiskFull; begin again then."""
        if not credentials.AVAILABLE:
            raise Unavailable(
                "The library for content credentials is not installed. Install channel[c2pa], restart the server, and begin again."
            )
        done, after = Proved(), ""
        async with self._db.read(heavy=True) as tx:
            many = int(await tx.value(_unchecked(community_id, func.count())))
        if dry:
            return Proved(looked=many)
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        while ids := await self._next(community_id, after):
            for media_id in ids:
                await self._one(media_id, done)
                progress(done.looked, many)
            after = ids[-1]
        return done

    async def _next(self, community_id: str | None, after: str) -> Sequence[str]:
        query = _unchecked(community_id, media.c.id).where(media.c.id > after)
        async with self._db.read() as tx:
            return [row.id for row in await tx.all(query.order_by(media.c.id).limit(AT_ONCE))]

    async def _one(self, media_id: str, done: Proved) -> None:
        done.looked += 1
        with tempfile.TemporaryDirectory(dir=self._scratch) as name:
            try:
                async with self._db.read() as tx:
                    one = await queries.one(tx, media_id)
            except NotFound:
                return  # deleted meanwhile
            try:
                await self._blobs.fetch(one.sha256, Path(name) / "source")
            except (NotFound, Broken):
                done.lost += 1
                return
            blobs = await homes.at_home(self._db, self._blobs, one.community_id)
            proof = await prove(blobs, one, Path(name), self._trust)
        if proof.said.state == credentials.NOT_CHECKED:
            done.unread += 1
        elif await self._say(one.id, proof):
            done.found += proof.said.state != "none"

    async def _say(self, media_id: str, proof: Proof) -> bool:
        """Whether it was still to be said: the worker may have done it meanwhile."""
        async with self._db.write() as tx:
            held = select(media.c.credentials_state).where(media.c.id == media_id)
            there = await tx.one(locking(tx.dialect, held))
            if there is None or there.credentials_state != credentials.NOT_CHECKED:
                return False
            await actions.say(tx, media_id, proof)
            await self._tell(tx, await actions.carriers(tx, media_id))
            return True


def _unchecked(community_id: str | None, column: ColumnElement[Any]) -> Select[tuple[Any]]:
    """Ready, with what was sent still there; what is being prepared is read by the worker."""
    query = select(column).where(
        media.c.credentials_state == credentials.NOT_CHECKED,
        media.c.kind != "file",
        media.c.state == "ready",
        media.c.original_gone.is_(False),
    )
    return query if community_id is None else query.where(media.c.community_id == community_id)
