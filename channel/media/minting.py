"""Small pictures that stand beside words: taken whole, cut and made in a confined child, kept by their hash.

What was made is in the store before anybody writes a row that names it. Without a row it goes with the next sweep.
"""

import asyncio
import contextlib
import hashlib
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from channel.errors import DiskFull, Invalid, Unavailable
from channel.media.blobs import Blobs
from channel.media.disk import sync, told
from channel.media.pictures import Cut, Variant, prepare

log = logging.getLogger("channel.media")


@dataclass(frozen=True, slots=True)
class Made:
    """One size of it, in the store: a WebP of `width` x `height` pixels."""

    width: int
    height: int
    sha256: str
    size: int


class Sheet:
    """A picture of a stranger on its way: taken, then cut. Nothing of it stays but what was made."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._source = folder / "source"
        self._blobs = blobs

    async def take(self, pieces: AsyncIterator[bytes], most_bytes: int) -> int:
        """How many bytes came. Raises Invalid (file) beyond what is allowed, DiskFull."""
        size = 0
        try:
            with await asyncio.to_thread(self._source.open, "wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if size > most_bytes:
                        raise Invalid(file=_too_large(most_bytes))
                    await asyncio.to_thread(file.write, piece)
        except OSError as error:
            raise told(error) from error
        return size

    async def cut(self, cut: Cut) -> tuple[Made, ...]:
        """Make it, smallest first. Raises Unreadable (which is an Invalid) for what is no picture."""
        prepared = await prepare(self._source, self._folder / "made", cut)
        return tuple([await self._keep(one) for one in prepared.variants])

    async def bring(self, key: str) -> None:
        """Take it from the store instead. Raises NotFound, Unavailable, DiskFull."""
        await self._blobs.fetch(key, self._source)

    async def drawn(self, cut: Cut) -> bytes:
        """The largest size of it as a WebP, kept nowhere. Raises Unreadable."""
        prepared = await prepare(self._source, self._folder / "made", cut)
        return await asyncio.to_thread(prepared.variants[-1].path.read_bytes)

    async def _keep(self, one: Variant) -> Made:
        await asyncio.to_thread(sync, one.path)
        key = await asyncio.to_thread(lambda: hashlib.sha256(one.path.read_bytes()).hexdigest())
        await self._blobs.keep(one.path, key)
        return Made(one.width, one.height, key, one.size)


class Mint:
    """Where sheets come from. `scratch`: a folder for what is being worked on."""

    def __init__(self, blobs: Blobs, scratch: Path) -> None:
        self._blobs = blobs
        self._scratch = scratch

    @contextlib.asynccontextmanager
    async def sheet(self) -> AsyncIterator[Sheet]:
        """An empty one, gone with the block."""
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._scratch))
        try:
            yield Sheet(folder, self._blobs)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def whole(self, content: bytes, cut: Cut) -> Made | None:
        """The largest size of it; None for what is no picture, or cannot be kept now."""
        try:
            async with self.sheet() as sheet:
                await sheet.take(_once(content), len(content))
                return (await sheet.cut(cut))[-1]
        except (Invalid, Unavailable, DiskFull) as error:
            log.info("A picture from elsewhere is left out: %s", error.detail)
            return None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _too_large(most_bytes: int) -> str:
    if most_bytes >= 1024**2:
        return f"This picture has more than {most_bytes // 1024**2} MiB. Send a smaller one."
    return f"This picture has more than {most_bytes // 1024} KiB. Send a smaller one."
