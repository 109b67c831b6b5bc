"""#Tags: the words of posts that have a page of their own."""

from .actions import forget, note
from .model import require_few

__all__ = ["forget", "note", "require_few"]
