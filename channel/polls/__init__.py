"""Polls and quizzes: a question below a post, its votes, its end, and receipts by which voters find theirs counted.

`queries` and `casting` hold the rest and are used by their names. A Poll is the whole of it, sealed tallies included:
only channel.render.polls turns it into what somebody may see.
"""

from .actions import close, close_due, forget, forget_voters, publish
from .casting import retract, vote
from .model import Poll, PollDraft
from .queries import of_posts

__all__ = [
    "Poll", "PollDraft", "close", "close_due", "forget", "forget_voters", "of_posts", "publish", "retract", "vote",
]  # fmt: skip
