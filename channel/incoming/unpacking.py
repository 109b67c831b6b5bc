"""A large mail taken apart: its words, and its pictures as files. Streams, so its size costs no memory.

Only the structure of MIME (RFC 2046, section 5.1) is followed here: what stands between the boundaries is copied without
the contents of what is attached, and read by `reading`, as every mail. So words count wherever they stand. A mail within
a mail is opened by nobody.
"""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import BinaryIO, Final

from channel.incoming.reading import MAX_BYTES, MAX_DEPTH, MAX_PARTS, filename, parsed
from channel.media.model import MAX_MEDIA, parse_name
from channel.media.sniff import HEAD_BYTES, sniff

MAX_LINE_BYTES: Final = 64 * 1024
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_LINES: Final = 2_000_000  # the largest mail of pictures has a third of them
MOST_PARTS: Final = 10 * MAX_PARTS  # what comes after so many is not looked at
MAX_BOUNDARY_BYTES: Final = 200  # 70 are allowed
PIECE_BYTES: Final = 128 * 1024
MOST_NAMED: Final = 20  # of what is left out
NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
NO_PICTURE: Final = "Only pictures are taken from mails: JPEG, PNG, WebP, GIF, AVIF and HEIC."
TOO_MANY: Final = f"A post carries at most {MAX_MEDIA} pictures and files. Make two posts of it."
# What mail programs attach by themselves: nobody misses it.
_UNASKED: Final = re.compile(
    r"application/(?:(?:x-)?pkcs7-(?:signature|mime)|pgp-(?:signature|keys|encrypted)|ms-tnef)|text/(?:x-)?vcard|message/.*"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One that came with a mail, by its bytes; as a file, as it was sent."""

    path: Path
    name: str
    size: int


@dataclass(slots=True)
class Parcel:
    """`words`: the mail without what is attached, at most 512 KiB. `pictures`: at most MAX_MEDIA, in their order.

    `left`: what is left out, name and reason, at most 20. `inside`: the name of what the mail ends in the middle of.
    """

    words: bytes = b""
    pictures: list[Picture] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    inside: str = ""

    def leave(self, name: str, reason: str) -> None:
        if len(self.left) < MOST_NAMED:
            self.left.append((name, reason))


def unpack(mail: BinaryIO, folder: Path, *, cut: bool) -> Parcel:
    """Take it apart, its pictures into `folder`. `cut`: it does not end where its sender ended it.

    What is malformed is read as far as it goes. Takes about a second of a processor for 25 MiB.
    """
    reader, at_start, lines = _Reader(folder), True, 0
    while line := mail.readline(MAX_LINE_BYTES):
        reader.take(line, at_start)
        at_start, lines = line.endswith(b"\n"), lines + 1
        if lines == MAX_LINES or reader.full:
            return reader.end(cut=True)
    return reader.end(cut=cut)


class _Attached:
    """One part that may be a picture. Its bytes are decoded as they come; only while there is room are they kept."""

    def __init__(self, part: "Message[str, str]", path: Path | None) -> None:
        kind = part.get_content_type()
        self.name = filename(part)
        self.named = bool(self.name) or kind.startswith(
            "image/"
        )  # else it is nothing that somebody would miss
        self._encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        self.path = path
        self._file = path.open("wb") if path else None
        self._head = b""
        self._held = bytearray()
        self.size = 0

    def feed(self, line: bytes) -> None:
        self._held += line
        if len(self._held) >= PIECE_BYTES:
            self._decode(last=False)

    def _decode(self, *, last: bool) -> None:
        held, self._held = bytes(self._held), bytearray()
        if self._encoding == "base64":
            held = held.translate(None, NOT_BASE64)
            whole = len(held) // 4 * 4
            self._held += b"" if last else held[whole:]
            held = held[:whole]
            with suppress(binascii.Error):  # a damaged picture is told of by whoever prepares it
                self._keep(binascii.a2b_base64(held))
        elif self._encoding == "quoted-printable":
            ends = len(held) if last else held.rfind(b"\n") + 1
            self._held += held[ends:]
            self._keep(binascii.a2b_qp(held[:ends]))
        else:
            self._keep(held)

    def _keep(self, content: bytes) -> None:
        self._head += content[: HEAD_BYTES - len(self._head)]
        self.size += len(content)
        if self._file:
            self._file.write(content)

    def end(self) -> str:
        """What it is, as a suffix with its dot; "" for no picture."""
        self._decode(last=True)
        if self._file:
            self._file.close()
        found = sniff(self._head)
        return found.suffix if found is not None and found.kind == "picture" else ""


class _Reader:
    """Follows the parts of a mail, line by line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found = Parcel()
        self._words = bytearray()
        self._boundaries: list[bytes] = []
        self._head: bytearray | None = bytearray()  # of the part that begins; None below its empty line
        self._said = False  # this part's words are copied
        self._attached: _Attached | None = None
        self._parts = 0

    @property
    def full(self) -> bool:
        return self._parts >= MOST_PARTS

    def take(self, line: bytes, at_start: bool) -> None:
        if at_start and line.startswith(b"--") and self._boundaries and self._divides(line):
            return
        if self._head is not None:
            self._copy(line)
            self._head += line[: MAX_HEAD_BYTES - len(self._head)]
            if at_start and not line.strip(b"\r\n"):
                self._begin(parsed(bytes(self._head)))
                self._head = None
        elif self._attached is not None:
            self._attached.feed(line)
        elif self._said:
            self._copy(line)

    def _copy(self, line: bytes) -> None:
        self._words += line[: MAX_BYTES - len(self._words)]

    def _divides(self, line: bytes) -> bool:
        """Whether a part ends here, and with it what stands within it."""
        stripped = line.rstrip(b" \t\r\n")[2:]
        here = [each for each in self._boundaries if stripped in (each, each + b"--")]
        if not here:
            return False
        self._close()
        depth, over = self._boundaries.index(here[-1]), stripped != here[-1]
        del self._boundaries[depth if over else depth + 1 :]
        self._head, self._said = None if over else bytearray(), False
        self._copy(line)
        return True

    def _begin(self, part: "Message[str, str]") -> None:
        kind, self._said = part.get_content_type(), False
        self._parts += 1
        boundary = _boundary(part)
        if kind.startswith("multipart/"):
            if boundary and len(self._boundaries) < MAX_DEPTH:
                self._boundaries.append(boundary)
        elif kind.startswith("text/") and part.get_content_disposition() != "attachment":
            self._said = True
        elif self._parts <= MAX_PARTS and not _UNASKED.fullmatch(kind):
            number = len(self._found.pictures)
            path = self._folder / f"picture-{number}" if number < MAX_MEDIA else None
            self._attached = _Attached(part, path)

    def _close(self, *, cut: bool = False) -> None:
        part, self._attached = self._attached, None
        if part is None:
            return
        suffix = part.end()
        name = parse_name(part.name) if part.name else f"picture{suffix}"
        if cut:
            self._found.inside = name
        elif suffix and part.path:
            self._found.pictures.append(Picture(part.path, name, part.size))
            return
        elif suffix:
            self._found.leave(name, TOO_MANY)
        elif part.named:
            self._found.leave(name, NO_PICTURE)
        if part.path:
            part.path.unlink()

    def end(self, *, cut: bool) -> Parcel:
        self._close(cut=cut)
        self._found.words = bytes(self._words)
        return self._found


def _boundary(part: "Message[str, str]") -> bytes:
    """What its parts are divided by; b"" where it does not say, or nothing that could stand in a line."""
    try:
        said = part.get_boundary() or ""
    except (ValueError, LookupError, TypeError):
        return b""
    boundary = said.rstrip().encode("utf-8", "surrogateescape")
    return boundary if len(boundary) <= MAX_BOUNDARY_BYTES else b""


def pieces(path: Path) -> Iterator[bytes]:
    """The file, 128 KiB at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
