"""Following a community without an account: by mail, where whoever reads a letter manages it by the link in it, or on a
device, which manages it by the link in each notice."""

from .actions import forget
from .model import FollowDevice, Follower, Wish
from .planning import device_planner, plan
from .queries import count, one
from .queue import LETTERS, PUSHES

__all__ = [
    "LETTERS",
    "PUSHES",
    "FollowDevice",
    "Follower",
    "Wish",
    "count",
    "device_planner",
    "forget",
    "one",
    "plan",
]
