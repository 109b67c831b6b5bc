"""Pictures of few colours as PNG, put together by hand: drawn here, so nothing has to be decoded or trusted."""

import struct
import zlib
from collections.abc import Iterable, Sequence


def indexed(width: int, height: int, colours: Sequence[str], rows: Iterable[bytes]) -> bytes:
    """`colours` are `#rrggbb`, at most 256; each row has the number of a colour for each pixel. The same bytes each time."""
    palette = b"".join(bytes.fromhex(colour.removeprefix("#")) for colour in colours)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    drawn = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", drawn), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
