"""What becomes of a voice note or a sound file, and why one cannot be played. Pure."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from channel.errors import Invalid

PEAKS = 64
MAX_NOTE_MS = 10 * 60_000
MAX_SOUND_MS = 4 * 3_600_000

Reason = Literal["not_sound", "broken", "too_long", "note_too_long", "too_heavy"]
TOLD: Final[dict[Reason, str]] = {
    "not_sound": "This is not sound that can be played. Send an MP3, M4A, Ogg, WAV or FLAC.",
    "broken": "This recording is damaged. Save it again with another program, or send another one.",
    "too_long": "This recording is longer than four hours. Send it in parts.",
    "note_too_long": "A voice note lasts ten minutes at most. Send a longer one as a sound file.",
    "too_heavy": "This recording takes too long to prepare. Send it in parts.",
}


class Unreadable(Invalid):
    """It cannot be made into sound. `reason` is stable; the sentence says what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(file=TOLD[reason])
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Variant:
    """One file that can be served as it is, without metadata. `size` in bytes; `type` is the one to serve it with."""

    path: Path
    type: Literal["audio/mp4", "audio/webm"]
    size: int


@dataclass(frozen=True, slots=True)
class PreparedSound:
    """`waveform`: PEAKS loudnesses, 0 to 100, the loudest is 100; all 0 for silence. The first variant plays everywhere."""

    duration_ms: int
    waveform: tuple[int, ...]
    variants: tuple[Variant, ...]


def waveform(levels: Sequence[float]) -> tuple[int, ...]:
    """PEAKS of the loudest of neighbours. `levels` are amplitudes, 0 to 1; those of speech are drawn by their roots."""
    if not levels:
        return (0,) * PEAKS
    loudest = max(levels)
    bounds = [len(levels) * n // PEAKS for n in range(PEAKS + 1)]
    peaks = [max(levels[a : max(b, a + 1)]) for a, b in itertools.pairwise(bounds)]
    return tuple(round(100 * math.sqrt(peak / loudest)) if loudest > 0 else 0 for peak in peaks)
