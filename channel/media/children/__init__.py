"""Child processes with limits: whatever opens bytes of strangers works in one, never in the server."""

from .confine import Limits
from .converting import DEMUXERS, NoFfmpeg, ffmpeg, reading, work
from .spawn import Ended, run

__all__ = ["DEMUXERS", "Ended", "Limits", "NoFfmpeg", "ffmpeg", "reading", "run", "work"]
