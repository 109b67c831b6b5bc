"""Blobs in an S3 bucket, named as in the folder: `ab/abcdef…`. An object is seen whole or not at all.

A store has no lock by which who sweeps is kept from who keeps. So whoever removes an object first says so beside it
(`.going/…`), then looks once more how old it is; whoever keeps one looks for that word afterwards, and stores it again
once the word is gone. The store is read as it was last written, so one of the two sees the other.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from channel.bucket import Bucket
from channel.errors import NotFound, Unavailable
from channel.media.blobs import CHUNK_BYTES, Blobs, Broken, Shortcut, Shown, require_key
from channel.media.disk import told
from channel.media.presign import presigned
from channel.storage.database import wall_clock

PART_BYTES: Final = 8 * 1024**2  # of what is sent; a smaller file goes in one request
AT_ONCE: Final = 2  # parts of one file on their way
ASK_BYTES: Final = 1024**2  # of what is read with one request: one that waits for its reader holds no more
REQUEST_S: Final = 30.0
SURE_S: Final = 20.0  # after which a removal is given up
# A word that stood this long was left by somebody who died: by our own clock, the store's may go differently. More than
# a removal takes with the answer to its word, late and asked for again.
LEFT_S: Final = 75.0
WAIT_S: Final = 0.2
WAIT_MOST_S: Final = 2.0
TRIES: Final = 3
GRAIN_MS: Final = 1_000  # stores tell whole seconds
AWAY: Final = "The store of the media does not answer. Nothing was lost; try again later."
# Short: a request waits for it. What can wait longer comes back by itself (jobs, sweeps, uploads that go on).
RETRIES: Final[Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=8)}
log = logging.getLogger("channel.media")


class S3Blobs:
    """See blobs.Blobs. `redirects`: who may have one is sent to the bucket for it."""

    def __init__(self, bucket: Bucket, *, redirects: bool = True) -> None:
        self._bucket = bucket
        self._redirects = redirects
        self._store = S3Store(
            bucket.name,
            prefix=bucket.folder or None,
            endpoint=bucket.endpoint or bucket.address.removesuffix(f"/{bucket.name}"),
            virtual_hosted_style_request=not bucket.address.endswith(f"/{bucket.name}"),
            region=bucket.region,
            access_key_id=bucket.key_id,
            secret_access_key=bucket.secret,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=3),
                "timeout": timedelta(seconds=REQUEST_S),
            },
            retry_config=RETRIES,
        )

    async def keep(self, source: Path, key: str) -> None:
        place = _place(require_key(key))
        for _ in range(TRIES):
            await self._put(source, place, key)
            if (since := await self._going(key)) is None:
                return
            await self._wait_until_gone(key, since)
        raise Unavailable(AWAY)

    def into(self, store: str) -> Blobs:
        return self

    async def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        place, end = _place(require_key(key)), start + length
        if not length:
            await self.size(key)
        while start < end:
            asked = min(ASK_BYTES, end - start)
            with _told():
                got = bytes(await obstore.get_range_async(self._store, place, start=start, length=asked))
            if len(got) != asked:
                raise Unavailable("This file is shorter than it was. Try again later.")
            for at in range(0, asked, CHUNK_BYTES):
                yield got[at : at + CHUNK_BYTES]
            start += asked

    async def size(self, key: str) -> int:
        with _told():
            return int((await obstore.head_async(self._store, _place(require_key(key))))["size"])

    async def fetch(self, key: str, into: Path) -> None:
        size, digest = await self.size(key), hashlib.sha256()
        try:
            with into.open("wb") as file:
                async for piece in self.read(key, 0, size):
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
        except OSError as error:
            raise told(error) from error
        if digest.hexdigest() != key:
            raise Broken(
                "This file is not what it was when it was stored. Put it back from a copy of the bucket."
            )

    async def old(self, before_ms: int, *, after: str = "", limit: int = 500) -> Sequence[str]:
        found: list[str] = []
        offset = _place(after) if after else None
        with _told():
            async for page in obstore.list(self._store, offset=offset):
                for one in page:
                    key = one["path"].rpartition("/")[2]
                    if one["path"] == _place(key) and len(key) == 64 and _changed_ms(one) < before_ms:
                        found.append(key)
                if len(found) >= limit:
                    break
        return found[:limit]

    async def forget(self, key: str, before_ms: int) -> bool:
        place, word = _place(require_key(key)), _word(key)
        if await self._young(place, before_ms):
            return False
        with _told():
            await obstore.put_async(self._store, word, b"")
            try:
                # Not removed when this fails: a request may still be on its way. Whoever waits for it removes it.
                async with asyncio.timeout(SURE_S):
                    gone = not await self._young(place, before_ms)
                    if gone:
                        await obstore.delete_async(self._store, place)
            except TimeoutError as error:
                raise Unavailable(AWAY) from error
            await obstore.delete_async(self._store, word)
        return gone

    async def shortcut(self, key: str, shown: Shown) -> Shortcut | None:
        if not self._redirects:
            return None
        place = _place(require_key(key))
        path = f"{self._bucket.folder}/{place}" if self._bucket.folder else place
        answer = {
            "response-cache-control": shown.cache,
            "response-content-disposition": shown.disposition,
            "response-content-type": shown.type,
        }
        return Shortcut(presigned(self._bucket, path, answer, wall_clock()))

    async def _put(self, source: Path, place: str, key: str) -> None:
        """All of it, and only if it is what its name says: else nothing of it is ever seen."""
        digest = hashlib.sha256()
        try:
            with source.open("rb") as file, _told():
                writer = obstore.open_writer_async(
                    self._store, place, buffer_size=PART_BYTES, max_concurrency=AT_ONCE
                )
                while piece := await asyncio.to_thread(file.read, CHUNK_BYTES * 4):
                    digest.update(piece)
                    await writer.write(piece)
                if digest.hexdigest() != key:  # what was begun is never ended
                    raise Unavailable("This file changed while it was stored. Send it again.")
                await writer.close()
        except FileNotFoundError as error:
            raise told(error) from error

    async def _young(self, place: str, before_ms: int) -> bool:
        """Whether nothing is there that is older."""
        try:
            with _told():
                return _changed_ms(await obstore.head_async(self._store, place)) >= before_ms
        except NotFound:
            return True

    async def _going(self, key: str) -> datetime | None:
        """Since when somebody may be removing it."""
        try:
            with _told():
                said = await obstore.head_async(self._store, _word(key))
        except NotFound:
            return None
        return said["last_modified"]

    async def _wait_until_gone(self, key: str, since: datetime) -> None:
        """Until who removes it is done, or is known to have died."""
        began, wait_s = monotonic(), WAIT_S
        while (now := await self._going(key)) is not None:
            if now != since:
                began, since = monotonic(), now  # the next one's
            elif monotonic() - began >= LEFT_S:
                with _told():
                    await obstore.delete_async(self._store, _word(key))
                return
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 1.5, WAIT_MOST_S)


def _place(key: str) -> str:
    return f"{key[:2]}/{key}"


def _word(key: str) -> str:
    return f".going/{key}"


def _changed_ms(one: Any) -> int:
    """At the latest."""
    changed: datetime = one["last_modified"]
    return int(changed.timestamp() * 1000) + GRAIN_MS


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the library says, as one of ours. Why is for the log: it names the bucket."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("There is no such file.") from error
    except (BaseError, OSError) as error:
        log.warning("The bucket of the media failed: %s", str(error).splitlines()[0][:300])
        raise Unavailable(AWAY) from error
