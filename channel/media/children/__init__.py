"""Child processes with limits: whatever opens bytes of strangers works in one, never in the server."""

from .confine import Limits, confine
from .spawn import Ended, run

__all__ = ["Ended", "Limits", "confine", "run"]
