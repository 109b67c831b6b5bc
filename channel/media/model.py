"""What a picture, sound, video or file of a community is, and what may be one. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.ids import is_id

Kind = Literal["picture", "sound", "video", "file"]
State = Literal["processing", "ready", "failed"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

MAX_MEDIA = 10  # of one post
MAX_NAME_CHARS = 120
MAX_ALT_CHARS = 1_500
MAX_UNFINISHED = 30  # uploads of one account at a time
HEAD_BYTES = 4_096  # what is looked at to tell what a file is
MIB, GIB = 1024**2, 1024**3

# What runs in a browser that shows it, whatever it is called.
_PROGRAMS = (b"<svg", b"<html", b"<!doctype html", b"<script", b"<?xml", b"<body", b"<iframe")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that one upload may have by kind, and all media of one community together."""

    kinds: Mapping[str, int]
    quota: int

    @property
    def most(self) -> int:
        return max(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Variant:
    """A prepared picture of some width, in pixels and bytes."""

    width: int
    height: int
    format: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """Its part of the address."""
        return f"{self.width}.{self.format}"


@dataclass(frozen=True, slots=True)
class Media:
    """One medium as stored. Only render/media turns it into what somebody may see.

    `width`, `height`: pixels, once they are known. `focal_x`, `focal_y`: percent, of what must stay in sight.
    """

    id: str
    community_id: str
    owner_id: str
    kind: Kind
    name: str
    type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    animated: bool
    placeholder: str
    alt: str
    focal_x: int
    focal_y: int
    sensitive: bool
    state: State
    problem: str
    created_at: int
    variants: tuple[Variant, ...] = ()

    def variant(self, name: str) -> Variant | None:
        return next((one for one in self.variants if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way: `received` of `size` bytes are safe. Its id becomes that of the medium."""

    id: str
    community_id: str
    account_id: str
    size: int
    received: int
    name: str
    alt: str
    created_at: int
    expires_at: int

    @property
    def complete(self) -> bool:
        return self.received == self.size


@dataclass(frozen=True, slots=True)
class Fact:
    """What the first bytes say: `type` is what it is served as."""

    kind: Kind
    type: str


def parse_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """The media of a post in their order. Raises Invalid (media)."""
    wanted = tuple(ids)
    if len(wanted) > MAX_MEDIA:
        raise Invalid(media=f"A post carries at most {MAX_MEDIA} pictures and files. Make two posts of it.")
    if len(set(wanted)) < len(wanted):
        raise Invalid(media="Each picture or file stands in a post once. Leave the second one out.")
    if not all(map(is_id, wanted)):
        raise Invalid(media="One of these is no picture or file of this community. Leave it out.")
    return wanted


def parse_name(text: str) -> str:
    """A file's name as it may be shown and saved under: no path, nothing invisible, at most 120 characters."""
    name = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(" " if char.isspace() else char for char in name if _visible(char) or char.isspace())
    name = " ".join(plain.split()).lstrip(".") or "file"
    if len(name) <= MAX_NAME_CHARS:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 12:
        return name[:MAX_NAME_CHARS]
    return stem[: MAX_NAME_CHARS - len(suffix) - 1] + dot + suffix


def _visible(char: str) -> bool:
    """Not a control or formatting character (which may turn the order of letters round), nor half a character."""
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def parse_alt(text: str) -> str:
    """Words for who does not see the picture. Raises Invalid (alt)."""
    alt = " ".join(text.split())
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in alt):
        raise Invalid(alt="Leave out invisible control characters.")
    if len(alt) > MAX_ALT_CHARS:
        raise Invalid(alt=f"A description has at most 1,500 characters; this has {len(alt):,}. Make it shorter.")
    return alt


def parse_focal(x: int, y: int) -> tuple[int, int]:
    """The point that stays in sight when a picture is cut, in percent. Raises Invalid (focal)."""
    if not (0 <= x <= 100 and 0 <= y <= 100):
        raise Invalid(focal="The point to keep in sight is given in percent: 0 to 100 across and down.")
    return x, y


def fact_of(head: bytes) -> Fact:
    """What a file is, by its first HEAD_BYTES: never by its name. Raises Invalid (file) for what could run as a page.

    What nobody knows is a file of unknown type, which is only ever saved.
    """
    for start, fact in _STARTS:
        if head.startswith(start):
            return fact
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _boxed(head)
    lowered = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower().replace(b"\0", b"")
    if any(mark in lowered for mark in _PROGRAMS):
        raise Invalid(
            file="Pages and drawings that can hold programs (HTML, SVG, XML) are not taken. Send a picture of it, or a zip."
        )
    if _mp3(head):
        return Fact("sound", "audio/mpeg")
    return Fact("file", "application/octet-stream")


def _boxed(head: bytes) -> Fact:
    """MP4 and its kin, by the brands it names."""
    brands = head[8:12] + head[16:64]
    if any(brand in brands for brand in (b"avif", b"avis")):
        return Fact("picture", "image/avif")
    if any(brand in brands for brand in (b"heic", b"heix", b"mif1", b"hevc", b"msf1")):
        return Fact("picture", "image/heic")
    if head[8:12] in (b"M4A ", b"M4B "):
        return Fact("sound", "audio/mp4")
    return Fact("video", "video/quicktime" if head[8:12] == b"qt  " else "video/mp4")


def _mp3(head: bytes) -> bool:
    """A frame of MPEG layer III without a tag before it."""
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6) and head[1] != 0xFF


_STARTS: Final[tuple[tuple[bytes, Fact], ...]] = (
    (b"\xff\xd8\xff", Fact("picture", "image/jpeg")),
    (b"\x89PNG\r\n\x1a\n", Fact("picture", "image/png")),
    (b"GIF87a", Fact("picture", "image/gif")),
    (b"GIF89a", Fact("picture", "image/gif")),
    (b"ID3", Fact("sound", "audio/mpeg")),
    (b"OggS", Fact("sound", "audio/ogg")),
    (b"fLaC", Fact("sound", "audio/flac")),
    (b"\x1a\x45\xdf\xa3", Fact("video", "video/webm")),
    (b"%PDF-", Fact("file", "application/pdf")),
    (b"PK\x03\x04", Fact("file", "application/zip")),
    (b"\x1f\x8b", Fact("file", "application/gzip")),
    (b"7z\xbc\xaf\x27\x1c", Fact("file", "application/x-7z-compressed")),
)
_RIFF: Final = {
    b"WEBP": Fact("picture", "image/webp"),
    b"WAVE": Fact("sound", "audio/wav"),
}
