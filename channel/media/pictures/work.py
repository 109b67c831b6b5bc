"""The child that opens one picture: reads an order, gives up its rights, writes the variants, answers in JSON.

The files that it may write are opened before it may open no more: whoever takes over the decoder reaches no other file
and no socket.
"""

import base64
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from PIL import Image

from channel.media.children.confine import Limits, confine  # not by the door, which brings asyncio

from . import cutting, moving, paper
from .framing import framed
from .model import FORMATS, MAX_PLACEHOLDER_CHARS, WIDTHS, Cut, Format, Frame, Unreadable, height_at, widths
from .opened import Opened, opened, ready, shrunk, still

SAVED: Final[dict[Format, dict[str, Any]]] = {
    # Of libavif's speeds 9 costs a quarter of 8 and its files are two per cent larger; WebP's method 2 a half of 4.
    "avif": {"quality": 58, "speed": 9, "max_threads": 1},
    "webp": {"quality": 76, "method": 2},
}
PIECE: Final = {"quality": 82, "method": 4}  # small, and looked at closely
ANIMATED: Final = {"quality": 70, "method": 1, "minimize_size": False, "allow_mixed": False}
TINY = (32, 24, 16, 12, 8)
FILES = len(FORMATS) * len(WIDTHS) + 1


@dataclass(frozen=True, slots=True)
class Written:
    name: str
    format: Format
    width: int
    height: int


class Slots:
    """Files in the folder, opened in time; each is given its name when it is full."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._free: list[tuple[Path, IO[bytes]]] = []
        for number in range(FILES):
            path = folder / f".{number}"
            self._free.append((path, path.open("xb")))

    def keep(self, content: bytes, name: str) -> None:
        path, file = self._free.pop()
        with file:
            file.write(content)
        path.rename(self._folder / name)

    def close(self) -> None:
        for path, file in self._free:
            file.close()
            path.unlink()


def main() -> None:
    order = json.load(sys.stdin)
    formats = ready(bool(order["heic"]))
    pdfium = paper.ready() if order["page"] else None
    with open(order["source"], "rb") as file:
        slots = Slots(Path(order["into"]))
        confine(Limits(**order["limits"]))
        try:
            if pdfium is None:
                answer: dict[str, Any] = _made(
                    framed(opened(file, formats), Frame(**order["frame"])), order["cut"], slots
                )
            else:
                page, pages = paper.opened(file, pdfium)
                answer = _prepared(page, slots) | {"pages": pages}
        except Unreadable as error:
            answer = {"reason": error.reason}
        except MemoryError:
            answer = {"reason": "too_heavy"}
        except Exception as error:  # noqa: BLE001 what decoders raise is a matter of the bytes, and all of it means this
            answer = {"reason": "broken", "why": repr(error)[:500]}
        slots.close()
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # taking the interpreter down in order costs time, and nothing is left to do


def _made(picture: Opened, cut: dict[str, Any] | None, slots: Slots) -> dict[str, Any]:
    return _prepared(picture, slots) if cut is None else _pieces(picture, cutting.cut_of(cut), slots)


def _pieces(picture: Opened, cut: Cut, slots: Slots) -> dict[str, Any]:
    made = []
    for piece in cutting.pieces(still(picture), cut):
        held = io.BytesIO()
        piece.save(held, "WEBP", exif=b"", xmp=b"", icc_profile=b"", **PIECE)
        name = f"{piece.width}.webp"
        slots.keep(held.getvalue(), name)
        made.append(asdict(Written(name, "webp", *piece.size)))
    return {"width": picture.size[0], "height": picture.size[1], "variants": made}


def _prepared(picture: Opened, slots: Slots) -> dict[str, Any]:
    size = picture.size
    variants = [_moving(picture, slots)] if picture.animated else []
    if picture.animated:
        picture.image.seek(0)
    image = still(picture)
    placeholder = _placeholder(image)
    stills = list(_stills(image, slots, prefix="still-" if picture.animated else ""))
    stills.sort(key=lambda written: written.width)
    return {
        "width": size[0],
        "height": size[1],
        "animated": picture.animated,
        "placeholder": placeholder,
        "variants": [asdict(written) for written in variants or stills],
        "stills": [asdict(written) for written in stills] if variants else [],
    }


def _stills(image: Image.Image, slots: Slots, prefix: str) -> Iterator[Written]:
    """Widest first: each is made from the one before."""
    whole = image.size
    for width in reversed(widths(*whole)):
        image = shrunk(image, (width, height_at(width, whole)))
        for format in FORMATS:
            held = io.BytesIO()
            image.save(held, format.upper(), exif=b"", xmp=b"", icc_profile=b"", **SAVED[format])
            name = f"{prefix}{width}.{format}"
            slots.keep(held.getvalue(), name)
            yield Written(name, format, *image.size)


def _moving(picture: Opened, slots: Slots) -> Written:
    size = moving.fitting(picture)
    shown, lasting = zip(*moving.frames(picture, size), strict=True)
    held = io.BytesIO()
    shown[0].save(
        held, "WEBP", save_all=True, append_images=shown[1:], duration=list(lasting),
        loop=moving.times(picture), exif=b"", xmp=b"", icc_profile=b"", **ANIMATED,
    )  # fmt: skip
    name = f"{shown[0].width}.webp"
    slots.keep(held.getvalue(), name)
    return Written(name, "webp", *shown[0].size)


def _placeholder(image: Image.Image) -> str:
    """A data: address of at most MAX_PLACEHOLDER_CHARS; empty for a picture that is too long and thin to be one."""
    for side in TINY:
        scale = min(1.0, side / max(image.size))
        tiny = shrunk(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        held = io.BytesIO()
        tiny.save(held, "WEBP", quality=30, method=4, alpha_quality=30)
        address = "data:image/webp;base64," + base64.b64encode(held.getvalue()).decode()
        if len(address) <= MAX_PLACEHOLDER_CHARS:
            return address
    return ""
