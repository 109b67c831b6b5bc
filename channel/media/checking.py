"""Whether a store can be used, and whether what the database names is there: for who runs the server."""

import asyncio
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.sql import ColumnElement, Select

from channel.communities.tables import communities
from channel.errors import ChannelError, NotFound
from channel.media.blobs import Blobs
from channel.media.tables import media, variants
from channel.storage import Database

SAMPLE: Final = 50  # of what was sent, and of what was made
FOR_EVER_MS: Final = 2**62
Step = Literal["store", "read", "list", "remove"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a store does not do. `reason`: how the library calls it, or the sentence for people; for who runs the server."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that is in no store, or not whole. `name`: of the medium."""

    media_id: str
    name: str
    handle: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How many files of those that are named were looked for, and which are not there."""

    many: int
    lost: tuple[Lost, ...]


async def tried(store: Blobs) -> Fault | None:
    """The first thing that does not work of storing, reading, listing and removing a small file; None: all of it does."""
    content = secrets.token_bytes(64)
    key = hashlib.sha256(content).hexdigest()
    step: Step = "store"
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "probe"
            await asyncio.to_thread(source.write_bytes, content)
            await store.keep(source, key)
        step = "read"
        if b"".join([piece async for piece in store.read(key, 0, len(content))]) != content:
            return Fault(step, "another content than was stored")
        step = "list"
        await store.old(FOR_EVER_MS, limit=1)
        step = "remove"
        if not await store.forget(key, FOR_EVER_MS):
            return Fault(step, "")  # a backup is being made, or it is gone already
    except (ChannelError, OSError) as error:
        return Fault(step, _reason(error))
    return None


def _reason(error: Exception) -> str:
    """What lies below: a store's own sentence is for people, and does not tell a wrong key from a missing bucket."""
    cause = error.__cause__
    if cause is None or isinstance(cause, OSError):
        return error.detail if isinstance(error, ChannelError) else str(error)
    return type(cause).__name__.removesuffix("Error")


async def looked_for(db: Database, stores: Mapping[str, Blobs]) -> Looked:
    """A sample of the files that media name, from a place by chance: whether each is in one of the stores, and whole.

    Raises Unavailable when a store does not answer.
    """
    start = secrets.token_hex(32)
    found: dict[str, tuple[int, Lost]] = {}
    async with db.read(heavy=True) as tx:
        for query, key in (_sent(), _made()):
            some = [*await tx.all(query.where(key >= start).limit(SAMPLE))]
            some += await tx.all(query.where(key < start).limit(SAMPLE - len(some)))
            found |= {row.sha256: (int(row.size), Lost(row.id, row.name, row.handle)) for row in some}
    lost = [one async for one in _missing([*stores.values()], found)]
    return Looked(len(found), tuple(lost))


def _sent() -> tuple[Select[tuple[object, ...]], ColumnElement[str]]:
    columns = (media.c.sha256, media.c.size, media.c.id, media.c.name, communities.c.handle)
    query = select(*columns).join_from(media, communities, communities.c.id == media.c.community_id)
    return query.where(media.c.original_gone.is_(False)).order_by(media.c.sha256), media.c.sha256


def _made() -> tuple[Select[tuple[object, ...]], ColumnElement[str]]:
    columns = (variants.c.sha256, variants.c.size, media.c.id, media.c.name, communities.c.handle)
    query = select(*columns).join_from(variants, media, media.c.id == variants.c.media_id)
    query = query.join(communities, communities.c.id == media.c.community_id)
    return query.order_by(variants.c.sha256), variants.c.sha256


async def _missing(stores: Sequence[Blobs], wanted: Mapping[str, tuple[int, Lost]]) -> AsyncIterator[Lost]:
    for key, (size, named) in wanted.items():
        for store in stores:
            try:
                if await store.size(key) == size:
                    break
            except NotFound:
                continue
        else:
            yield named
