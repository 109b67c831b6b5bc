"""Mentions: who is named in a post. What is stored says who was meant; who counts as told is judged when it is shown."""

from .actions import Where, forget, note
from .model import require_few
from .queries import groups, names, offered, sizes, told, word_for

__all__ = [
    "Where",
    "forget",
    "groups",
    "names",
    "note",
    "offered",
    "require_few",
    "sizes",
    "told",
    "word_for",
]
