"""What becomes of a video, and why one cannot be played. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from channel.errors import Invalid
from channel.media.pictures import Prepared

MAX_MS = 4 * 3_600_000
SHORT_SIDES: Final = (360, 540, 720)
LONGEST_SIDE = 1_920
RATES: Final = {360: 800_000, 540: 1_600_000, 720: 2_800_000}  # bits a second at most, by the short side
SOUND_RATE = 128_000

Reason = Literal["not_video", "broken", "too_long", "too_large", "too_heavy"]
TOLD: Final[dict[Reason, str]] = {
    "not_video": "This is not a video that can be played. Send an MP4, MOV or WebM.",
    "broken": "This video is damaged. Save it again with another program, or send another one.",
    "too_long": "This video is longer than four hours. Send it in parts.",
    "too_large": "The pictures of this video are too large. Make it smaller and send it again.",
    "too_heavy": "This video takes too long to prepare. Make it shorter or smaller and send it again.",
}


class Unreadable(Invalid):
    """It cannot be made into a video. `reason` is stable; the sentence says what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(file=TOLD[reason])
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size of the stream: `playlist` names parts of the file `segments`. `bandwidth`: bits a second at most.

    They are called after the short side, 360.m3u8 and 360.m4s, and name each other so: serve them in one folder, with
    the `stream`.
    """

    playlist: Path
    segments: Path
    width: int
    height: int
    bandwidth: int


@dataclass(frozen=True, slots=True)
class PreparedVideo:
    """`width` and `height`: of the original, upright. `poster`: one of its pictures, in all sizes.

    `stream`: the HLS playlist that names those of the renditions, smallest first. `fallback`: one
    MP4 (H.264, AAC, what is needed first comes first) of the largest rendition. Whatever shows the video shows a paid
    byte: poster, placeholder, playlists and segments as well.
    """

    duration_ms: int
    width: int
    height: int
    sound: bool
    poster: Prepared
    fallback: Path
    fallback_size: int
    stream: Path
    renditions: tuple[Rendition, ...]


def sizes(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """The renditions of such a video, smallest first, sides even as H.264 wants them; its own size when it is small."""
    short, long = min(width, height), max(width, height)
    most = min(short, SHORT_SIDES[-1], short * LONGEST_SIDE // long)
    sides = [side for side in SHORT_SIDES if side <= most] or [most]
    return tuple((_even(width * side / short), _even(height * side / short)) for side in sides)


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)


def bandwidth(size: tuple[int, int], *, sound: bool) -> int:
    side = min(size)
    rate = next((RATES[step] for step in SHORT_SIDES if side <= step), RATES[SHORT_SIDES[-1]])
    return rate + (SOUND_RATE if sound else 0)


def master(renditions: tuple[Rendition, ...], *, sound: bool) -> str:
    """The playlist of playlists."""
    codecs = "avc1.4d4028" + (",mp4a.40.2" if sound else "")
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for one in renditions:
        told = f'BANDWIDTH={one.bandwidth},RESOLUTION={one.width}x{one.height},CODECS="{codecs}"'
        lines += [f"#EXT-X-STREAM-INF:{told}", one.playlist.name]
    return "\n".join(lines) + "\n"
