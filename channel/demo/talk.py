"""How conversation is written down in the stories: what is said under posts and in groups, asked, and voted for.

People are named by handle, posts by the `key` of their note. Times are minutes since what is answered.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Said:
    """A comment or a message. `by` "" is the owner. `replies` are to this comment; messages have none."""

    by: str
    after_min: int
    text: str
    replies: tuple["Said", ...] = ()


@dataclass(frozen=True, slots=True)
class Below:
    """What is said under a post."""

    post: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """A poll under a post. `options` with how many in a hundred choose each; `days`: how long it is open."""

    post: str
    question: str
    options: tuple[tuple[str, int], ...]
    kind: Literal["poll", "quiz"] = "poll"
    right: int | None = None  # the number of the right one, from 1
    sealed: bool = False
    days: int | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A topic of a group. `ago_h`: how long ago its first message was written. `best`: which message answered it."""

    name: str
    ago_h: int
    said: tuple[Said, ...]
    best: int | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A group. Its topics are in no order: their messages come in that of their times."""

    slug: str
    name: str
    about: str
    threads: tuple[Thread, ...]
    min_rank: int | None = None
    slow_s: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a post that asks for them. `votes`: how many others want an answer."""

    by: str
    text: str
    votes: int = 0
    show_name: bool = True


@dataclass(frozen=True, slots=True)
class Questions:
    """A post that collects questions, and those that are there."""

    post: str
    asked: tuple[Asked, ...]
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Letters:
    """What a follower and the team wrote to each other; what is `by` "" is the team's. `ago_h`: when it began."""

    follower: str
    ago_h: int
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """`emoji`: what people react with, the likeliest first."""

    emoji: str
    below: tuple[Below, ...] = ()
    votes: tuple[Vote, ...] = ()
    circles: tuple[Circle, ...] = ()
    questions: tuple[Questions, ...] = ()
    letters: tuple[Letters, ...] = ()  # with any the team can be written to
    saved: tuple[tuple[str, str], ...] = ()  # answers that the team keeps, by name
