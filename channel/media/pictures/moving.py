"""Animations: kept moving, as one animated WebP that is small enough for a phone. In a child only."""

import itertools
from collections.abc import Iterator

from PIL import Image, ImageSequence

from .model import MAX_FRAMES, Unreadable
from .opened import Opened, in_srgb, shrunk

WIDEST = 640
# Pixels times pictures: what is decoded (it costs time), and what is kept for the encoder (it costs memory and time).
MAX_DECODED = 400_000_000
MAX_KEPT = 32_000_000
SHORTEST_MS = 20  # browsers show for 100 ms what says that it is shorter
INSTEAD_MS = 100


def fitting(picture: Opened) -> tuple[int, int]:
    """How large its pictures may become, as they lie in the file. Raises Unreadable when there are too many of them."""
    width, height = picture.image.size
    frames = int(getattr(picture.image, "n_frames", 1))
    if frames > MAX_FRAMES or frames * width * height > MAX_DECODED:
        raise Unreadable("too_long")
    if picture.box is not None:
        width, height = picture.box[2] - picture.box[0], picture.box[3] - picture.box[1]
    scale = min(1.0, WIDEST / width, (MAX_KEPT / (frames * width * height)) ** 0.5)
    return max(1, int(width * scale)), max(1, int(height * scale))


def frames(picture: Opened, size: tuple[int, int]) -> Iterator[tuple[Image.Image, int]]:
    """Each picture with its milliseconds. The colour profile is that of the first: there is one for all."""
    profile = picture.image.info.get("icc_profile")
    for frame in itertools.islice(ImageSequence.Iterator(picture.image), MAX_FRAMES):
        frame.load()  # only then a WebP tells how long it lasts
        lasting = frame.info.get("duration", INSTEAD_MS)
        lasting = lasting if isinstance(lasting, int | float) else INSTEAD_MS
        shown = picture.upright(shrunk(picture.seen(frame.convert("RGBA")), size))
        yield in_srgb(shown, profile), int(min(lasting, 60_000)) if lasting >= SHORTEST_MS else INSTEAD_MS


def times(picture: Opened) -> int:
    """How often it is shown, as WebP says it: 0 for ever. A GIF counts what comes after the first time."""
    said = picture.image.info.get("loop")
    if picture.image.format == "GIF":
        said = 1 if said is None else said + 1 if said else 0
    return said if isinstance(said, int) and 0 <= said < 65_536 else 0
