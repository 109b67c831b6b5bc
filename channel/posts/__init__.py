"""Posts: written, edited, pinned, quoted, deleted with a trace.

`pins`, `drafts`, `queries` and `diff` hold the rest and are used by their names. What a query returns is the whole
post; only channel.render.views turns it into what somebody may see.
"""

from .actions import delete, edit, prepare, publish, seen
from .model import Draft
from .queries import many, one, page, unread

__all__ = ["Draft", "delete", "edit", "many", "one", "page", "prepare", "publish", "seen", "unread"]
