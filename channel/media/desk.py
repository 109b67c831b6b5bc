"""Taking files in. A file is safe in this order: written, synced, kept in the store, its row committed, answered.

The desk opens its own transactions: bytes never move inside one. The id of an upload is that of the medium it becomes,
so that whoever loses the last answer may ask for it again.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, update

from channel import communities, members
from channel.errors import ChannelError, Conflict, Invalid, TooMany
from channel.events import MediaArrived
from channel.hearers import Consumer
from channel.ids import new_id
from channel.media import homes, pictures, queries
from channel.media.blobs import Blobs
from channel.media.minting import Mint
from channel.media.model import (
    MAX_UNFINISHED,
    MIB,
    Kind,
    Limits,
    Media,
    Upload,
    parse_alt,
    parse_name,
)
from channel.media.rights import require_sender
from channel.media.sniff import Sniffed, sniff
from channel.media.staging import Sink, Staging
from channel.media.tables import media, uploads
from channel.outbox import schedule
from channel.storage import Database, Tx

HOUR_MS: Final = 3_600_000
LIFE_MS: Final = 24 * HOUR_MS  # of an upload that nobody goes on with
SAFE_EVERY_BYTES: Final = 8 * MIB  # so much at most is sent again after a crash
CHECKSUMS: Final = ("sha256", "sha1")
# Pages and programs are this, too: what a browser would run is saved, and never shown.
UNKNOWN: Final = Sniffed("file", "application/octet-stream", "")
MAKERS: Final[dict[Kind, Consumer]] = {"picture": "media", "sound": "sound", "video": "video"}
# Of its own, so that no worker of a version that knows no crops makes all of the picture again.
CROPPER: Final[Consumer] = "cropping"
DOCUMENT: Final = "application/pdf"

# What else belongs to the transaction that makes a medium: it is told the file's sha256 and how to make the medium.
Within = Callable[[Tx, str, Callable[[], Awaitable[Media]]], Awaitable[Media]]
# The same of the transaction that begins an upload: it is told how to begin.
Begun = Callable[[Tx, Callable[[], Awaitable[Upload]]], Awaitable[Upload]]


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says of one piece (tus: checksum)."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a file before it comes. Not `exact`: it may be smaller than `size` bytes."""

    size: int
    name: str
    alt: str = ""
    exact: bool = True


class WrongChecksum(ChannelError):
    """The piece is not what was sent. It was thrown away: send it again from the same offset."""

    status = 460
    code = "checksum_mismatch"


class Desk:
    """What every way in uses: web forms, the API in one piece, and resumable uploads."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        staging: Staging,
        limits: Limits,
        *,
        scratch: Path,
        scanned: bool = False,
    ) -> None:
        """`scanned`: nothing is ready before the virus scanner has seen it."""
        self._db = db
        self.mint = Mint(blobs, scratch)
        self.blobs = blobs
        self.staging = staging
        self.limits = limits
        self._scanned = scanned

    async def begin(
        self,
        handle: str,
        account_id: str,
        *,
        size: int,
        name: str,
        alt: str = "",
        within: Begun | None = None,
    ) -> Upload:
        """Announce a file of `size` bytes for the community of `handle`.

        Raises NotFound, Forbidden, Invalid (size, alt), Conflict (media_full), TooMany.
        """
        self._require_size(size)
        name, alt = parse_name(name), parse_alt(alt)
        upload_id = new_id(self._db.clock())
        await self.staging.create(upload_id)
        try:
            async with self._db.write() as tx:
                begin = partial(self._begin, tx, handle, account_id, upload_id, (size, name, alt))
                return await (begin() if within is None else within(tx, begin))
        except Exception:
            await self.staging.remove(upload_id)
            raise

    async def _begin(
        self, tx: Tx, handle: str, account_id: str, upload_id: str, told: tuple[int, str, str]
    ) -> Upload:
        size, name, alt = told
        community = await communities.by_handle(tx, handle)
        by = await members.entitlement(tx, community, account_id)
        await require_sender(tx, by)
        await communities.actions.hold(tx, community.id)
        if await queries.unfinished(tx, account_id) >= MAX_UNFINISHED:
            raise TooMany(
                f"You have {MAX_UNFINISHED} uploads that are not finished. Finish or cancel some of them.",
                retry_after_s=60,
            )
        await self._require_room(tx, community.id, size)
        upload = Upload(upload_id, community.id, account_id, size, 0, name, alt, tx.now, tx.now + LIFE_MS)
        values = {field: getattr(upload, field) for field in queries.UPLOAD_FIELDS}
        await tx.run(uploads.insert().values(**values))
        return upload

    def _require_size(self, size: int) -> None:
        if size < 1:
            raise Invalid(size="This file is empty. Choose another one.")
        if size > self.limits.most:
            raise Invalid(size=f"A file has at most {spoken(self.limits.most)}. Send a smaller one.")

    async def _require_room(self, tx: Tx, community_id: str, size: int) -> None:
        if await queries.used_bytes(tx, community_id) + size > self.limits.quota:
            raise Conflict(
                f"The community's {spoken(self.limits.quota)} for pictures and files are used up. Delete some, or ask who runs the server.",
                code="media_full",
            )

    async def write(
        self,
        upload: Upload,
        pieces: AsyncIterator[bytes],
        checksum: Checksum | None = None,
    ) -> Upload:
        """Append what comes, up to the announced size. What arrived before a connection broke stays.

        Raises NotFound, Conflict (upload_busy), Invalid (size, file), WrongChecksum, DiskFull.
        """
        start = upload.received
        async with self.staging.append(upload.id, start) as sink:
            if checksum is None:
                await self._stream(upload, sink, pieces)
            else:
                await _checked(upload, sink, pieces, checksum)
            upload = await self._safe(upload, await sink.sync())
        if start < MIB:
            await self._require_kind(upload)
        return upload

    async def _stream(self, upload: Upload, sink: Sink, pieces: AsyncIterator[bytes]) -> None:
        safe = sink.at
        try:
            async for piece in pieces:
                _require_fits(upload, sink, piece)
                await sink.write(piece)
                if sink.at - safe >= SAFE_EVERY_BYTES:
                    safe = await sink.sync()
                    await self._safe(upload, safe)
        except BaseException:
            if sink.at > safe:  # the connection is gone, or the disk is full: keep what can be kept
                await self._safe(upload, await sink.sync())
            raise

    async def _safe(self, upload: Upload, received: int) -> Upload:
        if received == upload.received:
            return upload
        async with self._db.write() as tx:
            expires_at = tx.now + LIFE_MS
            more = {"received": received, "expires_at": expires_at}
            await tx.run(update(uploads).where(uploads.c.id == upload.id).values(**more))
            return replace(upload, received=received, expires_at=expires_at)

    async def _require_kind(self, upload: Upload) -> Sniffed:
        """What it is, as soon as that can be told. What may not be is thrown away. Raises Invalid (file, size)."""
        try:
            fact = sniff(await self.staging.head(upload.id)) or UNKNOWN
            most = self.limits.kinds[fact.kind]
            if upload.size > most:
                raise _too_large(fact.kind, spoken(most), spoken(upload.size))
        except Invalid:
            await self.drop(upload)
            raise
        return fact

    async def finish(self, upload: Upload, within: Within | None = None) -> Media:
        """Keep a complete upload and make a medium of it. Done before, it is done again without harm.

        Raises NotFound, Forbidden, Invalid (file, size), Conflict (media_full).
        """
        if not upload.complete:
            raise Conflict("Parts of this file are missing. Send the rest first.", code="upload_unfinished")
        fact = await self._require_kind(upload)
        key = await self.staging.sha256(upload.id)
        blobs = await homes.at_home(self._db, self.blobs, upload.community_id)
        await blobs.keep(self.staging.path(upload.id), key)
        async with self._db.write() as tx:
            add = partial(self._add, tx, upload, fact, key)
            made = await (add() if within is None else within(tx, key, add))
        await self.staging.remove(upload.id)
        return made

    async def _add(self, tx: Tx, upload: Upload, fact: Sniffed, key: str) -> Media:
        """The row, under the rights that hold now."""
        community = await communities.one(tx, upload.community_id)
        await require_sender(tx, await members.entitlement(tx, community, upload.account_id))
        row: dict[str, Any] = {
            "id": upload.id, "community_id": upload.community_id, "owner_id": upload.account_id,
            "kind": fact.kind, "name": upload.name, "type": fact.type, "size": upload.size, "sha256": key,
            "width": None, "height": None, "animated": False, "placeholder": "", "alt": upload.alt,
            "focal_x": 50, "focal_y": 50, "sensitive": False, "problem": "", "created_at": tx.now,
            "state": "ready" if fact.kind == "file" and not self._scanned else "processing",
        }  # fmt: skip
        fresh = await tx.run(tx.insert(media).values(**row).on_conflict_do_nothing())
        await tx.run(delete(uploads).where(uploads.c.id == upload.id))
        if fresh and (self._scanned or fact.kind != "file" or (pictures.PDF and fact.type == DOCUMENT)):
            await schedule(tx, MediaArrived(media_id=upload.id), only=MAKERS.get(fact.kind, "media"))
        return await queries.one(tx, upload.id)

    async def take(
        self,
        handle: str,
        account_id: str,
        pieces: AsyncIterator[bytes],
        told: Told,
        within: Within | None = None,
    ) -> Media:
        """A file in one piece: whole or not at all. Raises as begin, write and finish."""
        upload = await self.begin(handle, account_id, size=told.size, name=told.name, alt=told.alt)
        try:
            upload = await self.write(upload, pieces)
            if not told.exact:
                upload = await self._settle(upload)
            if not upload.complete:
                raise Invalid(size="Less was sent than was announced. Send it again.")
            return await self.finish(upload, within)
        except BaseException:
            await self.drop(upload)
            raise

    async def _settle(self, upload: Upload) -> Upload:
        """Its size was not announced: it is what came."""
        self._require_size(upload.received)
        async with self._db.write() as tx:
            await tx.run(update(uploads).where(uploads.c.id == upload.id).values(size=upload.received))
        return replace(upload, size=upload.received)

    async def drop(self, upload: Upload) -> None:
        """Give it up. Gone already is as good."""
        async with self._db.write() as tx:
            await tx.run(delete(uploads).where(uploads.c.id == upload.id))
        await self.staging.remove(upload.id)


async def _checked(upload: Upload, sink: Sink, pieces: AsyncIterator[bytes], checksum: Checksum) -> None:
    """A piece is taken whole and as it was meant, or not at all."""
    start, digest = sink.at, hashlib.new(checksum.algorithm, usedforsecurity=False)
    try:
        async for piece in pieces:
            _require_fits(upload, sink, piece)
            digest.update(piece)
            await sink.write(piece)
        if digest.digest() != checksum.digest:
            raise WrongChecksum("This piece arrived changed. Send it again from the same offset.")
    except BaseException:
        await sink.cut(start)
        raise


def _require_fits(upload: Upload, sink: Sink, piece: bytes) -> None:
    if sink.at + len(piece) > upload.size:
        raise Invalid(size="More was sent than was announced. Begin again with the right length.")


def _too_large(kind: Kind, most: str, has: str) -> Invalid:
    match kind:
        case "picture":
            return Invalid(size=f"A picture has at most {most}; this one has {has}. Send a smaller one.")
        case "sound":
            return Invalid(size=f"A recording has at most {most}; this one has {has}. Send a shorter one.")
        case "video":
            return Invalid(size=f"A video has at most {most}; this one has {has}. Send a shorter one.")
        case "file":
            return Invalid(size=f"A file has at most {most}; this one has {has}. Send a smaller one.")


def spoken(size: int) -> str:
    """So many bytes, for a sentence."""
    for unit, name in ((1024**3, "GiB"), (MIB, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}".replace(".0 ", " ")
    return f"{size} bytes"
