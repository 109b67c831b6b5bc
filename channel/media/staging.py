"""Files on their way, one each, beside the store: appended to, synced, and gone once they are kept or given up."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from channel.errors import Conflict, NotFound
from channel.media.disk import sync, told
from channel.media.sniff import HEAD_BYTES

BUFFER_BYTES = 1024 * 1024


class Sink:
    """An open upload. Nothing it was given is safe before `sync`."""

    def __init__(self, handle: int, at: int) -> None:
        self._handle = handle
        self._held = bytearray()
        self.at = at  # bytes, with those still held here

    async def write(self, piece: bytes) -> None:
        self._held += piece
        self.at += len(piece)
        if len(self._held) >= BUFFER_BYTES:
            await self._flush()

    async def sync(self) -> int:
        """How many bytes of the file are safe now."""
        await self._flush()
        with _told():
            await asyncio.to_thread(os.fsync, self._handle)
        return self.at

    async def cut(self, size: int) -> None:
        """Forget what came after the first `size` bytes."""
        self._held.clear()
        with _told():
            await asyncio.to_thread(os.ftruncate, self._handle, size)
            os.lseek(self._handle, size, os.SEEK_SET)
        self.at = size

    async def _flush(self) -> None:
        if self._held:
            piece, self._held = bytes(self._held), bytearray()
            with _told():
                await asyncio.to_thread(_write_all, self._handle, piece)


class Staging:
    """The folder of unfinished uploads. Names are ids that we made; nothing a client says becomes part of a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, upload_id: str) -> Path:
        return self._folder / upload_id

    async def create(self, upload_id: str) -> None:
        """An empty file, durable with its name."""
        with _told():
            await asyncio.to_thread(self._create, self.path(upload_id))

    def _create(self, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        os.fsync(handle)
        os.close(handle)
        sync(self._folder)

    @contextlib.asynccontextmanager
    async def append(self, upload_id: str, at: int) -> AsyncIterator[Sink]:
        """The file, cut to the `at` bytes that are safe, for one writer at a time.

        Raises NotFound, Conflict (code upload_busy).
        """
        handle = await asyncio.to_thread(self._open, self.path(upload_id), at)
        try:
            yield Sink(handle, at)
        finally:
            os.close(handle)  # lets the next one in, too

    def _open(self, path: Path, at: int) -> int:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise NotFound("There is no such upload. Begin again.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_size < at:
                raise NotFound("The first part of this upload is lost. Begin again.")
            os.ftruncate(handle, at)
            os.lseek(handle, at, os.SEEK_SET)
        except BlockingIOError as error:
            os.close(handle)
            raise Conflict("Another connection is sending this file. Wait for it, or try again in a minute.", code="upload_busy") from error  # fmt: skip
        except BaseException:
            os.close(handle)
            raise
        return handle

    async def head(self, upload_id: str) -> bytes:
        """Its first bytes, by which one tells what it is."""
        return await asyncio.to_thread(_head, self.path(upload_id))

    async def sha256(self, upload_id: str) -> str:
        return await asyncio.to_thread(_sha256, self.path(upload_id))

    async def remove(self, upload_id: str) -> None:
        """Gone already is as good."""
        await asyncio.to_thread(self.path(upload_id).unlink, missing_ok=True)

    async def old(self, before_ms: int) -> list[str]:
        """Names of what nobody has written to since `before_ms` (epoch ms)."""
        return await asyncio.to_thread(self._old, before_ms)

    def _old(self, before_ms: int) -> list[str]:
        if not self._folder.is_dir():
            return []
        found = []
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime_ns // 1_000_000 < before_ms:
                    found.append(path.name)
        return found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise told(error) from error


def _write_all(handle: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(handle, left) :]


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise NotFound("There is no such upload. Begin again.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
