"""A mail on its way in: its beginning in memory, and all of it in a file where it is to be a draft.

Whatever hands it over (a request, a pipe, a mailbox) feeds it piece by piece, so many at once cost a little memory each.
"""

import asyncio
import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from channel.errors import NotFound
from channel.incoming.addresses import Addresses
from channel.incoming.keeping import Arrived, keep, sort
from channel.incoming.reading import MAX_BYTES
from channel.media.blobs import Blobs
from channel.media.disk import sync, told
from channel.storage import Database

FOLDERS: Final = "mail-"  # below the scratch folder; what a crash leaves there is swept with it


class Spool:
    """Takes one mail. Used with `with`: its file goes at the end. Blocks, so it belongs into a thread."""

    def __init__(self, addresses: Addresses, scratch: Path, recipient: str, *, now: int, most: int) -> None:
        """`recipient`: of the envelope, or ""; `most`: bytes of a mail that is to be a draft, of which more is let go."""
        self._addresses = addresses
        self._scratch = scratch
        self._recipient = recipient
        self._now = now
        self._most = most
        self._head = bytearray()
        self._folder: Path | None = None
        self._file: BinaryIO | None = None
        self._size = 0
        self._wants = True

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def empty(self) -> bool:
        return not self._head.strip()

    def feed(self, piece: bytes) -> bool:
        """Take the next piece of any size. False when no more is wanted. Raises DiskFull, Unavailable."""
        at = MAX_BYTES - len(self._head)
        self._head += piece[:at]
        rest = piece[at:]
        if rest and self._wants:
            try:
                self._more(rest)
            except OSError as error:
                raise told(error) from error
        return self._wants

    def _more(self, rest: bytes) -> None:
        if self._file is None:
            if not self._is_draft():
                self._wants = False
                return
            self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=FOLDERS, dir=self._scratch))
            self._file = (self._folder / "mail").open("wb")
            self._size = self._file.write(self._head)
        self._size += self._file.write(rest[: self._most - self._size])
        self._wants = self._size < self._most

    def _is_draft(self) -> bool:
        try:
            arrived = sort(self._addresses, bytes(self._head), self._recipient, self._now)
        except NotFound:
            return False  # told at the end, when all of it was read
        return arrived is not None and arrived.draft

    def end(self) -> Arrived | None:
        """The mail, as `sort` says. Raises NotFound, DiskFull, Unavailable."""
        arrived = sort(self._addresses, bytes(self._head), self._recipient, self._now)
        if arrived is None or self._file is None or self._folder is None:
            return arrived
        try:
            self._file.flush()
            sync(self._folder / "mail")
        except OSError as error:
            raise told(error) from error
        return replace(arrived, file=self._folder / "mail", cut=self._size >= self._most)


def key_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


async def take_in(db: Database, blobs: Blobs, arrived: Arrived) -> bool:
    """Keep it, a large one in the store of the media first. False when the same mail came before.

    What stands in the store and in no row, after a crash or a second delivery, is swept from there.
    Raises Unavailable, DiskFull: then it is to be handed over again.
    """
    key = ""
    if arrived.file is not None:
        key = await asyncio.to_thread(key_of, arrived.file)
        await blobs.keep(arrived.file, key)
    async with db.write() as tx:
        return await keep(tx, arrived, key)
