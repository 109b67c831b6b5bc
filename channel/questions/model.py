"""What a question is, who may ask where, and the rules for what people type. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.accounts.model import Account
from channel.communities.fields import prose
from channel.errors import Invalid
from channel.rooms.model import MAX_RANK

MAX_CHARS = 1_000
MAX_OPEN = 10  # of one person in one place: asking more has to wait for answers
MAX_IN_PROMPT = 10_000
MAX_MERGED = 200  # into one question: all who asked are told in one transaction
MAX_OPEN_MS = 366 * 24 * 3600 * 1000

State = Literal["open", "answered", "merged", "spam", "withdrawn"]
Shown = Literal["all", "answered"]  # what members see of others' questions
SHOWN: Final[tuple[Shown, ...]] = get_args(Shown)

_text = prose(
    "text", "A question has at most 1,000 characters. Make it shorter or two of it.", at_most=MAX_CHARS
)
_WORD = re.compile(r"\w{4,}")
LIKE = 0.34  # of the words of two questions that are the same in both, for them to be alike


@dataclass(frozen=True, slots=True)
class Terms:
    """How a prompt asks: until when (epoch ms; None: until it is ended), from which rank on, with votes, seen by whom."""

    open_until: int | None
    min_rank: int
    votes: bool
    shown: Shown

    @classmethod
    def parse(
        cls,
        now: int,
        *,
        open_until: int | None = None,
        min_rank: int | None = None,
        votes: bool = True,
        shown: str = "all",
    ) -> "Terms":
        """`min_rank` None: every member. Raises Invalid (open_until, prompt_rank, shown)."""
        problems = {}
        if open_until is not None and not now < open_until <= now + MAX_OPEN_MS:
            problems["open_until"] = "Choose a time to come, within a year."
        if min_rank is not None and not 0 <= min_rank <= MAX_RANK:
            problems["prompt_rank"] = "Choose who may ask: members, or a tier."
        if shown not in SHOWN:
            problems["shown"] = "Choose what others see: all questions, or those that are answered."
        if problems:
            raise Invalid(problems)
        return cls(open_until, min_rank or 0, votes, shown)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A post that collects questions. `post_rank` and `room_rank` say who reads it; `questions`: open and answered ones."""

    post_id: str
    community_id: str
    room_id: str
    room_slug: str
    seq: int
    open_until: int | None
    min_rank: int
    votes: bool
    shown: Shown
    closed_at: int | None
    questions: int
    post_rank: int | None
    room_rank: int | None
    deleted_at: int | None

    def open_at(self, now: int) -> bool:
        """Whether it takes questions and votes."""
        over = self.open_until is not None and self.open_until <= now
        return self.closed_at is None and self.deleted_at is None and not over


@dataclass(frozen=True, slots=True)
class Box:
    """Where the members of a community may ask at any time, if its creator wants that."""

    community_id: str
    on: bool = False
    min_rank: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The post that answers, as far as links and rights need it."""

    post_id: str
    room_slug: str
    seq: int
    post_rank: int | None
    room_rank: int | None
    deleted_at: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as stored, in full. Only render/questions turns it into what somebody may see.

    `fate` is what became of it: of a merged one, what became of the one it was merged into; so is `answer`.
    """

    id: str
    community_id: str
    prompt_id: str | None
    author: Account
    text: str
    show_name: bool
    state: State
    fate: State
    merged_into: str | None
    votes: int
    created_at: int
    edited_at: int | None
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody asks, and whether others see who asked."""

    text: str
    show_name: bool

    @classmethod
    def parse(cls, text: str, *, show_name: bool) -> "Words":
        """Raises Invalid (text)."""
        good: str = _text(text)
        if not any(unicodedata.category(char)[0] not in "ZC" for char in good):
            raise Invalid(text="Write your question first.")
        return cls(good, show_name)


def likeness(one: str, other: str) -> float:
    """How many of their longer words two texts share: 0 none, 1 all."""
    a, b = _words(one), _words(other)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def grouped(questions: Sequence[Question]) -> list[list[Question]]:
    """Those that are alike next to each other; groups stand where the first of them stood."""
    groups: list[list[Question]] = []
    for one in questions:
        near = next((group for group in groups if likeness(group[0].text, one.text) >= LIKE), None)
        if near is None:
            groups.append([one])
        else:
            near.append(one)
    return groups
