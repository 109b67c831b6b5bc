"""Two stores as one, the folder near and the bucket far: a blob lies in either, or while it is moved in both. What is in the near one is taken from there."""

import contextlib
import heapq
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from channel.errors import NotFound
from channel.media.blobs import Blobs, Shortcut, Shown


class Pair:
    """See blobs.Blobs. `first`: which of the two takes what is new."""

    def __init__(self, near: Blobs, far: Blobs, first: Blobs) -> None:
        self._near = near
        self._far = far
        self._first = first

    async def keep(self, source: Path, key: str) -> None:
        await self._first.keep(source, key)

    def into(self, store: str) -> Blobs:
        first = {"local": self._near, "s3": self._far}.get(store, self._first)
        return Pair(self._near, self._far, first)

    async def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        # Moved between two questions, it is in the far one by then: it is removed after it was stored there, not before.
        sent = 0
        for store in (self._near, self._far, self._near):
            with contextlib.suppress(NotFound):
                async for piece in store.read(key, start + sent, length - sent):
                    sent += len(piece)
                    yield piece
                return
        raise NotFound("There is no such file.")

    async def size(self, key: str) -> int:
        for store in (self._near, self._far, self._near):
            with contextlib.suppress(NotFound):
                return await store.size(key)
        raise NotFound("There is no such file.")

    async def fetch(self, key: str, into: Path) -> None:
        for store in (self._near, self._far, self._near):
            with contextlib.suppress(NotFound):
                return await store.fetch(key, into)
        raise NotFound("There is no such file.")

    async def old(self, before_ms: int, *, after: str = "", limit: int = 500) -> Sequence[str]:
        lists = [await store.old(before_ms, after=after, limit=limit) for store in (self._near, self._far)]
        return [*dict.fromkeys(heapq.merge(*lists))][:limit]

    async def forget(self, key: str, before_ms: int) -> bool:
        gone = [await store.forget(key, before_ms) for store in (self._near, self._far)]
        return any(gone)

    async def shortcut(self, key: str, shown: Shown) -> Shortcut | None:
        try:
            await self._near.size(key)
        except NotFound:
            return await self._far.shortcut(key, shown)
        return await self._near.shortcut(key, shown)
