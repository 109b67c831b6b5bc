"""Moving the blobs of a community from one store to another, while people send and look.

A blob is found in either store (pair.py), so nothing has to be told where it is. It is stored in the new one, read back
from there and compared with its name, and only then removed from the old one: whenever this is killed, each blob is
whole in one of the two, and beginning again goes on.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import BindParameter, bindparam, select, union

from channel.errors import NotFound
from channel.media.blobs import Blobs, Broken
from channel.media.disk import sync
from channel.media.tables import media, media_credentials, variants
from channel.storage import Database, Prepared
from channel.storage.database import Clock, wall_clock

DAY_MS: Final = 24 * 3_600_000
_OF_COMMUNITY: BindParameter[str] = bindparam("community_id")
_KEYS = Prepared(
    union(
        select(media.c.sha256).where(media.c.community_id == _OF_COMMUNITY, media.c.original_gone.is_(False)),
        select(variants.c.sha256)
        .join_from(variants, media, media.c.id == variants.c.media_id)
        .where(media.c.community_id == _OF_COMMUNITY),
        select(media_credentials.c.store_sha256)
        .join_from(media_credentials, media, media.c.id == media_credentials.c.media_id)
        .where(media.c.community_id == _OF_COMMUNITY, media_credentials.c.store_sha256 != ""),
    )
)


@dataclass(slots=True)
class Moved:
    """What became of the blobs. `kept`: stored in the new one, and not yet removed from the old one (a backup reads it)."""

    files: int = 0
    bytes: int = 0
    there: int = 0  # before already
    kept: int = 0
    broken: int = 0  # not what their name says: left alone
    lost: int = 0  # in neither


class Mover:
    """From `source` to `target`, with room for one blob in `scratch`."""

    def __init__(
        self, db: Database, source: Blobs, target: Blobs, scratch: Path, clock: Clock = wall_clock
    ) -> None:
        self._db = db
        self._source = source
        self._target = target
        self._scratch = scratch
        self._clock = clock  # the system's, as that of the stores

    async def move(
        self, community_id: str, progress: Callable[[int, int], None], *, dry: bool = False
    ) -> Moved:
        """All that the community has now. `dry`: only look. Raises Unavailable, DiskFull; begin again then."""
        keys, done = await self._keys(community_id), Moved()
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        for number, key in enumerate(keys, 1):
            if dry:
                await self._look(key, done)
            else:
                await self._one(key, done)
            progress(number, len(keys))
        return done

    async def _keys(self, community_id: str) -> Sequence[str]:
        async with self._db.read(heavy=True) as tx:
            return sorted(row[0] for row in await tx.all(_KEYS, community_id=community_id))

    async def _look(self, key: str, done: Moved) -> None:
        try:
            done.bytes += await self._source.size(key)
            done.files += 1
        except NotFound:
            await self._elsewhere(key, done)

    async def _one(self, key: str, done: Moved) -> None:
        with tempfile.TemporaryDirectory(dir=self._scratch) as name:
            copy, back = Path(name) / "copy", Path(name) / "back"
            try:
                await self._fetch(self._source, key, copy)
                # Also what is there already: kept again it is young, so no sweep that has begun takes it.
                await self._target.keep(copy, key)
                await asyncio.to_thread(copy.unlink)
                await self._fetch(self._target, key, back)
            except NotFound:
                await self._elsewhere(key, done)
                return
            except Broken:
                done.broken += 1
                return
            done.files += 1
            done.bytes += (await asyncio.to_thread(back.stat)).st_size
        # Whoever kept it in the old one a moment ago finds it in the new one: nothing there is too young to go.
        done.kept += not await self._source.forget(key, self._clock() + DAY_MS)

    async def _fetch(self, store: Blobs, key: str, into: Path) -> None:
        """Raises NotFound, Broken."""
        await store.fetch(key, into)
        if await asyncio.to_thread(_sha256, into) != key:
            raise Broken(f"{key} is not what it was.")
        await asyncio.to_thread(sync, into)

    async def _elsewhere(self, key: str, done: Moved) -> None:
        try:
            await self._target.size(key)
            done.there += 1
        except NotFound:
            done.lost += 1


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
