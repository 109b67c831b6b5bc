"""Letters about money: from a fact to what it says now, if it is still to be said."""

from .desk import left, write

__all__ = ["left", "write"]
