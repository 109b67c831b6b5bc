"""Videos of strangers: opened by ffmpeg in a child with limits, and made into what plays everywhere."""

from channel.media.children import NoFfmpeg

from .converting import Progress, prepare
from .model import MAX_MS, PreparedVideo, Reason, Rendition, Unreadable

__all__ = ["MAX_MS", "NoFfmpeg", "PreparedVideo", "Progress", "Reason", "Rendition", "Unreadable", "prepare"]
