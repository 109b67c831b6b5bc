"""Following a community by mail without an account: whoever reads a letter manages it by the link in it."""

from .actions import forget
from .model import Follower, Wish
from .planning import plan
from .queries import count, one
from .queue import LETTERS

__all__ = ["LETTERS", "Follower", "Wish", "count", "forget", "one", "plan"]
