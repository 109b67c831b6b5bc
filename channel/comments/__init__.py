"""Comments under posts: written, held back, approved, edited, deleted with a trace, reported.

`reading.thread` says what somebody may see of what stands under a post; every way in asks it. The rest is used by its
name: `approval` (what waits for a moderator), `reports`, `settings` (which words wait), `queries`.
"""

from .actions import delete, edit, prepare, publish
from .approval import approve
from .model import Comment, Rendered
from .queries import one
from .reading import Thread, thread

__all__ = [
    "Comment",
    "Rendered",
    "Thread",
    "approve",
    "delete",
    "edit",
    "one",
    "prepare",
    "publish",
    "thread",
]
