"""Sending files in tests, through the desk that every way in uses."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from PIL import Image

from channel.accounts import Account
from channel.events import MediaArrived
from channel.media import Desk, Limits, Media
from channel.media.desk import Told
from channel.media.local import LocalBlobs
from channel.media.preparing import Preparer
from channel.media.staging import Staging
from channel.posts import carrying
from channel.storage import Database
from tests.cast import Scene

MIB = 1024 * 1024
LIMITS = Limits({"picture": 5 * MIB, "sound": 6 * MIB, "video": 20 * MIB, "file": 4 * MIB}, 40 * MIB)


def desk(db: Database, folder: Path, limits: Limits = LIMITS) -> Desk:
    blobs, staging = LocalBlobs(folder / "media"), Staging(folder / "uploads")
    return Desk(db, blobs, staging, limits, scratch=folder / "scratch")


def photo(width: int = 640, height: int = 480, colour: str = "teal", format: str = "PNG") -> bytes:
    """A picture, with a pattern so that it is no single colour."""
    image = Image.new("RGB", (width, height), colour)
    for at in range(0, width, 16):
        image.putpixel((at, at % height), (255, 200, at % 256))
    out = io.BytesIO()
    image.save(out, format)
    return out.getvalue()


def cut(content: bytes, size: int = 100_000) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for piece in cut(content, size):
        yield piece


async def send(
    here: Desk,
    scene: Scene,
    content: bytes,
    *,
    by: Account | None = None,
    name: str = "photo.png",
    alt: str = "",
) -> Media:
    """All at once, by the scene's owner unless told otherwise."""
    told = Told(len(content), name, alt)
    return await here.take(scene.community.handle, (by or scene.owner).id, pieces(content), told)


async def prepared(db: Database, here: Desk, folder: Path, media: Media) -> None:
    """What the worker does with it."""
    preparer = Preparer(db, here.blobs, folder / "scratch", carrying.tell)
    await preparer.handle(MediaArrived(media_id=media.id))
