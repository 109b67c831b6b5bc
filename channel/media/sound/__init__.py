"""Voice notes and sound files of strangers: opened by ffmpeg in a child with limits, and made into what plays everywhere."""

from channel.media.children import NoFfmpeg

from .listening import prepare
from .model import MAX_NOTE_MS, MAX_SOUND_MS, PreparedSound, Reason, Unreadable, Variant

__all__ = [
    "MAX_NOTE_MS",
    "MAX_SOUND_MS",
    "NoFfmpeg",
    "PreparedSound",
    "Reason",
    "Unreadable",
    "Variant",
    "prepare",
]
