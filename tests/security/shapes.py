"""T25: requests that nobody sends in good faith, byte by byte. Each is one whole connection's worth, made piece by piece."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

MIB = 1024 * 1024
EDGE = b"edge"
MANY = 1_000_000
LONG = 100 * MIB
Pieces = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Door:
    """Where it is sent: a form that anybody may send, one for files, a file in one request, a call in JSON."""

    path: str
    signed: bool = True


FORM = Door("/gift", signed=False)
FILES = Door("/studio/anna/media")
FILE = Door("/api/v1/media?community=anna&name=a.png")
CALL = Door("/api/v1/communities")


@dataclass(frozen=True, slots=True)
class Shape:
    """`told`: the length that is announced; None sends chunks; "" neither (the headers say it)."""

    door: Door
    kind: str
    body: Callable[[], Pieces]
    told: int | str | None = None
    headers: tuple[bytes, ...] = ()


def repeated(piece: bytes, times: int) -> Pieces:
    """`piece` so often, 64 KiB at a time or a little more."""
    once = max(1, 65_536 // max(1, len(piece)))
    for at in range(0, times, once):
        yield piece * min(once, times - at)


def part(name: bytes, content: bytes = b"x", more: bytes = b"") -> bytes:
    return b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (EDGE, name, more, content)


FILE_PART = part(b"file", b"%PDF-1.7 x", b'; filename="a.pdf"')
END = b"--" + EDGE + b"--\r\n"
MULTIPART = "multipart/form-data; boundary=edge"
ENCODED = "application/x-www-form-urlencoded"


def within(start: bytes, piece: bytes, times: int, end: bytes = b"") -> Callable[[], Pieces]:
    def body() -> Pieces:
        yield start
        yield from repeated(piece, times)
        yield end

    return body


@cache
def bomb() -> bytes:
    """100 MiB of nothing in 100 KiB."""
    return gzip.compress(bytes(LONG), 9)


def packed() -> Pieces:
    yield bomb()


# Of known length: without one each would hold as much of the community's space as a file may have at most.
AFTERWARDS = Shape(
    FILES, MULTIPART, within(FILE_PART + END, b"x" * 1024, LONG // 1024), told=len(FILE_PART + END) + LONG
)
HEADERS_OF_A_PART = b"--" + EDGE + b"\r\n"
SHAPES: dict[str, Shape] = {
    "a million fields": Shape(FORM, ENCODED, within(b"", b"a=&", MANY)),
    "a million fields, of known length": Shape(FORM, ENCODED, within(b"", b"a=&", MANY), told=3 * MANY),
    "a million parts": Shape(FORM, MULTIPART, within(b"", part(b"a"), MANY, END)),
    "a million parts beside files": Shape(FILES, MULTIPART, within(b"", part(b"a"), MANY, END)),
    "a million empty files": Shape(FILES, MULTIPART, within(b"", part(b"f", b"", b'; filename=""'), MANY, END)),
    "a million headers of a part": Shape(FORM, MULTIPART, within(HEADERS_OF_A_PART, b"a: b\r\n", MANY)),
    "a million headers of a file": Shape(FILES, MULTIPART, within(HEADERS_OF_A_PART, b"a: b\r\n", MANY)),
    "a header's name of 1 MiB": Shape(FILES, MULTIPART, within(HEADERS_OF_A_PART, b"a", MIB, b": b\r\n\r\n")),
    "a header's value of 1 MiB": Shape(FORM, MULTIPART, within(HEADERS_OF_A_PART + b"a: ", b"a", MIB)),
    "100 MiB before the first part": Shape(FILES, MULTIPART, within(b"", b"x" * 1024, LONG // 1024, FILE_PART + END)),
    "100 MiB of empty lines before it": Shape(FILES, MULTIPART, within(b"", b"\r\n", LONG // 2, FILE_PART + END)),
    "100 MiB of a plain field": Shape(FILES, MULTIPART, within(part(b"text")[:-2], b"x" * 1024, LONG // 1024)),
    "8 MiB that look like edges": Shape(FILES, MULTIPART, within(part(b"text")[:-2], b"\r\n--edg", MIB)),
    "a boundary of 1 MiB": Shape(FILES, "multipart/form-data; boundary=" + "a" * MIB, within(b"", b"x", 10)),
    "a boundary of 10 KiB": Shape(FILES, "multipart/form-data; boundary=" + "a" * 10_000, within(b"", b"x", 10)),
    "no boundary": Shape(FILES, "multipart/form-data", within(FILE_PART, b"", 1, END)),
    "a form in a form": Shape(FILES, "multipart/mixed; boundary=edge", within(FILE_PART, b"", 1, END)),
    "a part without a name": Shape(FILES, MULTIPART, within(HEADERS_OF_A_PART, b"X: y\r\n\r\nx\r\n", 1, END)),
    "a name without an end": Shape(FORM, MULTIPART, within(part(b'"; name="b; filename="', b"x"), b"", 1, END)),
    "a length below nothing": Shape(FORM, ENCODED, within(b"a=1", b"", 1), "", (b"Content-Length: -3",)),
    "a length with a sign": Shape(FORM, ENCODED, within(b"a=1", b"", 1), "", (b"Content-Length: +3",)),
    "two lengths": Shape(FORM, ENCODED, within(b"a=1", b"", 1), "", (b"Content-Length: 3", b"Content-Length: 4")),
    "a length and chunks": Shape(
        FORM, ENCODED, within(b"3\r\na=1\r\n0\r\n\r\n", b"", 1), "",
        (b"Content-Length: 3", b"Transfer-Encoding: chunked"),
    ),
    "chunks by another name": Shape(
        FORM, ENCODED, within(b"3\r\na=1\r\n0\r\n\r\n", b"", 1), "",
        (b"Transfer-Encoding: chunked, identity",),
    ),
    "a chunk's extension of 1 MiB": Shape(
        FORM, ENCODED, within(b"3;", b"x", MIB, b"\r\na=1\r\n0\r\n\r\n"), "", (b"Transfer-Encoding: chunked",)
    ),
    "a chunk beyond 64 bit": Shape(
        FORM, ENCODED, within(b"F" * 17 + b"\r\na=1\r\n", b"", 1), "", (b"Transfer-Encoding: chunked",)
    ),
    "a million chunks of one byte": Shape(
        FORM, ENCODED, within(b"", b"1\r\na\r\n", 2 * MANY, b"0\r\n\r\n"), "", (b"Transfer-Encoding: chunked",)
    ),
    "a packed call": Shape(CALL, "application/json", packed, headers=(b"Content-Encoding: gzip",)),
    "a packed form": Shape(FORM, ENCODED, packed, headers=(b"Content-Encoding: gzip",)),
    "packed files": Shape(FILES, MULTIPART, packed, headers=(b"Content-Encoding: gzip",)),
    "a call of a thousand depths": Shape(CALL, "application/json", within(b"", b'{"a":[', 40_000)),
    "a call of a hundred thousand names": Shape(CALL, "application/json", within(b"{", b'"a":1,', 30_000, b'"b":1}')),
    "a file that has no bytes": Shape(FILE, "image/png", within(b"", b"", 1), told=0),
}  # fmt: skip


def request_of(shape: Shape, host: bytes, cookie: bytes) -> Pieces:
    """The request, as it goes over the line."""
    lines = [
        b"POST %b HTTP/1.1" % shape.door.path.encode(),
        b"Host: " + host,
        b"Origin: http://" + host,
        b"Sec-Fetch-Site: same-origin",
        b"Connection: close",
        b"Content-Type: " + shape.kind.encode(),
        *shape.headers,
    ]
    if shape.door.signed:
        lines.append(b"Cookie: " + cookie)
    if shape.told is None:
        lines.append(b"Transfer-Encoding: chunked")
    elif shape.told != "":
        lines.append(b"Content-Length: %d" % int(shape.told))
    yield b"\r\n".join(lines) + b"\r\n\r\n"
    for piece in shape.body():
        if shape.told is not None:
            yield piece
        elif piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    if shape.told is None:
        yield b"0\r\n\r\n"
