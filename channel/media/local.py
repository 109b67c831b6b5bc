"""Blobs in a folder of this machine: `ab/abcdef…`, each written beside its place, synced, and renamed into it."""

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from channel.errors import NotFound, Unavailable
from channel.media.blobs import CHUNK_BYTES, Blobs, Shortcut, Shown, require_key
from channel.media.disk import SWEEP, sync, told

LOCK = ".lock"


class LocalBlobs:
    """See blobs.Blobs. Several processes may share the folder: a lock keeps who sweeps from who keeps.

    `accel`: the path below which the proxy before us hands out the folder's files, with a slash at its end; "" is none.
    """

    def __init__(self, folder: Path, *, accel: str = "") -> None:
        self._folder = folder
        self._accel = accel

    async def keep(self, source: Path, key: str) -> None:
        await asyncio.to_thread(self._keep, source, require_key(key))

    def into(self, store: str) -> Blobs:
        return self

    async def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        handle = await asyncio.to_thread(self._open, require_key(key))
        try:
            left = length
            while left > 0:
                piece = await asyncio.to_thread(os.pread, handle, min(CHUNK_BYTES, left), start)
                if not piece:
                    raise Unavailable("This file is shorter than it was. Try again later.")
                yield piece
                start, left = start + len(piece), left - len(piece)
        finally:
            os.close(handle)

    async def size(self, key: str) -> int:
        path = self._path(require_key(key))
        try:
            return (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error

    async def fetch(self, key: str, into: Path) -> None:
        try:
            await asyncio.to_thread(shutil.copyfile, self._path(require_key(key)), into)
        except FileNotFoundError as error:
            raise NotFound("There is no such file.") from error
        except OSError as error:
            raise told(error) from error

    async def old(self, before_ms: int, *, after: str = "", limit: int = 500) -> Sequence[str]:
        return await asyncio.to_thread(self._old, before_ms, after, limit)

    async def forget(self, key: str, before_ms: int) -> bool:
        return await asyncio.to_thread(self._forget, require_key(key), before_ms)

    async def shortcut(self, key: str, shown: Shown) -> Shortcut | None:
        if not self._accel:
            return None
        await self.size(key)  # raises NotFound
        return Shortcut(f"{self._accel}{key[:2]}/{key}", inside=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _open(self, key: str) -> int:
        try:
            return os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                raise NotFound("There is no such file.") from error
            raise told(error) from error

    def _keep(self, source: Path, key: str) -> None:
        place = self._path(key)
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                if place.is_file():
                    os.utime(place)
                else:
                    self._put(source, place)
            # Also for what was there: whoever put it may have died before its name was durable.
            sync(place.parent)
            sync(self._folder)
        except OSError as error:
            raise told(error) from error

    def _put(self, source: Path, place: Path) -> None:
        draft = place.with_name(f".{secrets.token_hex(8)}")
        try:
            try:
                os.link(source, draft)
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                    raise
                shutil.copyfile(source, draft)
            sync(draft)
            os.utime(draft)
            draft.rename(place)
        finally:
            draft.unlink(missing_ok=True)

    def _old(self, before_ms: int, after: str, limit: int) -> list[str]:
        found: list[str] = []
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            if folder.name < after[:2]:
                continue
            for path in sorted(folder.iterdir()):
                if path.name > after and len(path.name) == 64 and _changed_ms(path) < before_ms:
                    found.append(path.name)
                    if len(found) == limit:
                        return found
        return found

    def _forget(self, key: str, before_ms: int) -> bool:
        place = self._path(key)
        try:
            with self._alone(), self._unread():
                if not place.is_file() or _changed_ms(place) >= before_ms:
                    return False
                place.unlink(missing_ok=True)
        except FileNotFoundError:
            return False  # nothing was ever kept here
        except BlockingIOError:
            return False  # a backup is being made: the next sweep comes soon
        except OSError as error:
            raise told(error) from error
        return True

    @contextlib.contextmanager
    def _unread(self) -> Iterator[None]:
        """Nobody makes a backup meanwhile. Raises BlockingIOError when somebody does."""
        handle = os.open(self._folder / SWEEP, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else keeps or forgets meanwhile, in this process or another."""
        handle = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _changed_ms(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 2**62
