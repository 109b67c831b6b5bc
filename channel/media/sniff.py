"""What a file is, by its first bytes alone: neither its name nor what a browser says of it counts. Pure.

Nothing that a browser would run is ever found: HTML, SVG, XML and scripts are None, which means
application/octet-stream, to be saved and not to be shown.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

HEAD_BYTES = 4_096

Kind = Literal["picture", "video", "sound", "file"]


@dataclass(frozen=True, slots=True)
class Sniffed:
    """`suffix` with its dot. `type` is the one to serve it with."""

    kind: Kind
    type: str
    suffix: str


JPEG: Final = Sniffed("picture", "image/jpeg", ".jpg")
PNG: Final = Sniffed("picture", "image/png", ".png")
WEBP: Final = Sniffed("picture", "image/webp", ".webp")
GIF: Final = Sniffed("picture", "image/gif", ".gif")
AVIF: Final = Sniffed("picture", "image/avif", ".avif")
HEIC: Final = Sniffed("picture", "image/heic", ".heic")
MP4: Final = Sniffed("video", "video/mp4", ".mp4")
MOV: Final = Sniffed("video", "video/quicktime", ".mov")
WEBM: Final = Sniffed("video", "video/webm", ".webm")
WEBA: Final = Sniffed("sound", "audio/webm", ".weba")
M4A: Final = Sniffed("sound", "audio/mp4", ".m4a")
MP3: Final = Sniffed("sound", "audio/mpeg", ".mp3")
OGG: Final = Sniffed("sound", "audio/ogg", ".ogg")
OPUS: Final = Sniffed("sound", "audio/ogg", ".opus")
WAV: Final = Sniffed("sound", "audio/wav", ".wav")
FLAC: Final = Sniffed("sound", "audio/flac", ".flac")
PDF: Final = Sniffed("file", "application/pdf", ".pdf")
ZIP: Final = Sniffed("file", "application/zip", ".zip")

STARTS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
)
RIFF: Final = {b"WEBP": WEBP, b"WAVE": WAV}
BRANDS: Final = {
    b"avif": AVIF, b"avis": AVIF,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    b"qt  ": MOV,
    **dict.fromkeys((b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42",
                     b"avc1", b"M4V ", b"MSNV", b"dash", b"cmfc", b"3gp4", b"3gp5", b"3gp6", b"mmp4", b"f4v "), MP4),
}  # fmt: skip
EBML: Final = b"\x1a\x45\xdf\xa3"
VIDEO_CODEC: Final = re.compile(rb"V_(VP8|VP9|AV1|MPEG)")
# A frame of MPEG layer 3 at any rate that exists, or of ADTS, which is AAC without a box.
MPEG_FRAME: Final = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xeb]")


def sniff(head: bytes) -> Sniffed | None:
    """What begins with `head` (HEAD_BYTES of it are enough); None for all that is only to be saved."""
    for start, found in STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _boxed(head)
    if head[4:8] in (b"moov", b"mdat", b"wide") and head[:4] < b"\x7f":
        return MOV  # cameras of old write no brand
    if head.startswith(EBML):
        return _matroska(head)
    if head.startswith(b"OggS"):
        return OPUS if b"OpusHead" in head[:64] else OGG if b"vorbis" in head[:64] else None
    return MP3 if MPEG_FRAME.match(head) else None


def _boxed(head: bytes) -> Sniffed | None:
    """The main brand decides; where it is one for everything (mif1), those that are also kept to."""
    main = BRANDS.get(head[8:12])
    if head[8:12] in (b"mif1", b"msf1", b"miaf"):
        length = min(int.from_bytes(head[:4]), 256, len(head))
        others = {head[at : at + 4] for at in range(16, length - 3, 4)}
        return AVIF if others & {b"avif", b"avis"} else main
    return main


def _matroska(head: bytes) -> Sniffed | None:
    """WebM only, and sound when none of its tracks in sight is a picture's."""
    if b"webm" not in head[:64]:
        return None
    return WEBA if b"A_OPUS" in head and not VIDEO_CODEC.search(head) else WEBM
