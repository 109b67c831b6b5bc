"""Letters about posts: who wants them, when they are due, and which were sent. What they say: notify/posted."""

from .actions import choose, forget, stop
from .model import How, Rule, Times
from .planning import planner
from .queries import rules, times
from .queue import LETTERS

__all__ = [
    "LETTERS",
    "How",
    "Rule",
    "Times",
    "choose",
    "forget",
    "planner",
    "rules",
    "stop",
    "times",
]
