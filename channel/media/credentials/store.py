"""Where a file holds its credentials: the bytes between its own, as C2PA says for each format. In a child only.

Nothing is parsed but lengths. What does not add up holds none.
"""

import io
import struct
from collections.abc import Iterator
from typing import IO, Final

from .model import MAX_STORE_BYTES

MOST_PARTS = 100_000
BOX_OF_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
ENDS: Final = frozenset({0xD9, 0xDA})  # of a JPEG's segments: the end, or pixels
ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # segments without a length


def held(file: IO[bytes], type_: str) -> bytes:
    """The manifest store (JUMBF); empty where there is none, where it is too large, or for formats not known here."""
    file.seek(0)
    try:
        if type_ == "image/jpeg":
            found = _jpeg(file)
        elif type_ == "image/png":
            found = _png(file)
        elif type_ in ("image/webp", "audio/wav"):
            found = _riff(file)
        elif type_ in ("image/avif", "image/heic", "video/mp4", "video/quicktime", "audio/mp4"):
            found = _boxed(file)
        else:
            found = b""
    except (struct.error, ValueError):
        return b""
    return found if _is_store(found) else b""


def _is_store(content: bytes) -> bool:
    """One box that is as long as it says, of the kind that holds others, called c2pa."""
    return len(content) > 16 and content[4:8] == b"jumb" and struct.unpack(">I", content[:4])[0] == len(content) and b"c2pa" in content[:64]  # fmt: skip


def _take(file: IO[bytes], size: int) -> bytes:
    if not 0 <= size <= MAX_STORE_BYTES:
        raise ValueError("too large")
    content = file.read(size)
    if len(content) < size:
        raise ValueError("cut off")
    return content


def _jpeg(file: IO[bytes]) -> bytes:
    """APP11 segments: "JP", a number of the box, one of the part, and in each the head of the box again."""
    parts: list[bytes] = []
    size = 0
    _take(file, 2)
    for _ in range(MOST_PARTS):
        mark = _take(file, 2)
        if mark[0] != 0xFF or mark[1] in ENDS:
            break
        if mark[1] in ALONE:
            continue
        body = _take(file, struct.unpack(">H", _take(file, 2))[0] - 2)
        if mark[1] != 0xEB or body[:2] != b"JP" or len(body) < 16:
            continue
        part = body[8:] if not parts else body[16:]
        if parts or (body[12:16] == b"jumb" and b"c2pa" in body[:80]):
            parts.append(part)
            size += len(part)
        if size > MAX_STORE_BYTES:
            raise ValueError("too large")
    return b"".join(parts)


def _png(file: IO[bytes]) -> bytes:
    _take(file, 8)
    for _ in range(MOST_PARTS):
        size, name = struct.unpack(">I4s", _take(file, 8))
        if name == b"caBX":
            return _take(file, size)
        if name == b"IEND":
            break
        file.seek(size + 4, io.SEEK_CUR)
    return b""


def _riff(file: IO[bytes]) -> bytes:
    _take(file, 12)
    for _ in range(MOST_PARTS):
        head = file.read(8)
        if len(head) < 8:
            break
        name, size = struct.unpack("<4sI", head)
        if name == b"C2PA":
            return _take(file, size)
        file.seek(size + size % 2, io.SEEK_CUR)
    return b""


def _boxed(file: IO[bytes]) -> bytes:
    """A box "uuid" at the top: version and flags, what it is for, an offset, the store."""
    for name, size in _boxes(file):
        if name != b"uuid" or size < 16 or _take(file, 16) != BOX_OF_C2PA:
            continue
        body = _take(file, size - 16)[4:]
        purpose, _, rest = body.partition(b"\0")
        if purpose in (b"manifest", b"original"):
            store = rest[8:]
            return store[: struct.unpack(">I", store[:4])[0]]
    return b""


def _boxes(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """(name, bytes of its body), the file at its body."""
    at = 0
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        size, name = struct.unpack(">I4s", head)
        long = 8 if size == 1 else 0
        if long:
            size = struct.unpack(">Q", _take(file, 8))[0]
        if size < 8 + long:
            return  # 0 is "to the end": nothing comes after
        yield name, size - 8 - long
        at += size
