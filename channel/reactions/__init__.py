"""Reactions: an emoji under a post, counted exactly, and nobody's business whose it is.

`react` and `take_back` are for posts; `put` and `clear` for whatever else has an id, a room and readers of its own.
"""

from .actions import clear, forget, put, react, take_back
from .kinds import kind
from .queries import counts_of, mine, who

__all__ = ["clear", "counts_of", "forget", "kind", "mine", "put", "react", "take_back", "who"]
