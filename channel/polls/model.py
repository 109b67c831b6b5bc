"""What a poll is, and the rules for making one and for choosing in it. Pure."""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.errors import Conflict, Invalid
from channel.members.model import MAX_TIER_RANK

MAX_QUESTION_CHARS = 300
MIN_OPTIONS = 2
MAX_OPTIONS = 12
MAX_OPTION_CHARS = 100
MAX_EXPLANATION_CHARS = 300
MAX_DAYS = 90
MAX_RECEIPTS_SHOWN = 200  # codes of the tally on one page
DAY_MS = 24 * 3_600_000

Kind = Literal["poll", "quiz"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

# Without letters and digits that look alike: people compare codes by eye. 32 of them are 5 bit each.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE = re.compile(rf"[{_ALPHABET}]{{12}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. `id` counts from 1 in the author's order, which nothing ever changes."""

    id: int
    text: str
    right: bool
    votes: int


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as stored, tallies included whether they may be shown or not. `voters`: how many people have voted.

    `question` is empty when the text of the post asks it. `min_rank` None: whoever belongs and may read the post votes.
    """

    post_id: str
    question: str
    kind: Kind
    multiple: bool
    anonymous: bool
    sealed: bool
    may_change: bool
    min_rank: int | None
    closes_at: int | None
    closed_at: int | None
    explanation: str
    voters: int
    options: tuple[Option, ...]

    @property
    def revealed(self) -> bool:
        """Whether tallies may be known by anybody at all. Of a sealed poll they are when the end was written down."""
        return not self.sealed or self.closed_at is not None

    @property
    def right(self) -> tuple[int, ...]:
        return tuple(option.id for option in self.options if option.right)

    def over(self, now: int) -> bool:
        """Nobody votes any more, also when its end has come and nobody has written that down yet."""
        return self.closed_at is not None or (self.closes_at is not None and self.closes_at <= now)

    def chosen(self, ids: Iterable[int]) -> tuple[int, ...]:
        """A choice as it is kept: each option once, in order. Raises Invalid (options)."""
        found = tuple(sorted(set(ids)))
        if not found:
            raise Invalid(options="Choose an answer first.")
        if any(one not in {option.id for option in self.options} for one in found):
            raise Invalid(options="There is no such answer. Choose one of those that are listed.")
        if len(found) > 1 and not self.multiple:
            raise Invalid(options="Choose one answer only.")
        return found


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll that somebody wants to publish, checked as far as it can be without looking anything up."""

    question: str
    options: tuple[str, ...]
    kind: Kind
    multiple: bool
    anonymous: bool
    sealed: bool
    may_change: bool
    min_rank: int | None
    closes_at: int | None
    right: tuple[int, ...]
    explanation: str

    @classmethod
    def parse(  # noqa: PLR0913 - each is a field of the form
        cls,
        options: Sequence[str],
        *,
        question: str = "",
        kind: str = "poll",
        multiple: bool = False,
        anonymous: bool = True,
        sealed: bool = False,
        may_change: bool | None = None,
        min_rank: int | None = None,
        closes_at: int | None = None,
        right: Sequence[int] = (),
        explanation: str = "",
    ) -> "PollDraft":
        """`may_change` None: yes for a poll, no for a quiz. Raises Invalid with every field that is not right, at once.

        Fields: poll, poll_question, poll_options, poll_kind, poll_min_rank, poll_right, poll_explanation,
        poll_may_change.
        """
        texts = tuple(_line(text) for text in options)
        question, explanation = _line(question), _line(explanation)
        quiz = kind == "quiz"
        change = not quiz if may_change is None else may_change
        chosen = tuple(sorted(set(right)))
        problems = {
            "poll_question": f"A question has at most {MAX_QUESTION_CHARS} characters. Make it shorter."
            if len(question) > MAX_QUESTION_CHARS
            else None,
            "poll_options": _options_problem(texts),
            "poll_kind": None if kind in KINDS else "Say whether it is a poll or a quiz.",
            "poll_min_rank": _rank_problem(min_rank),
            "poll_right": _right_problem(chosen, len(texts), quiz=quiz, multiple=multiple),
            "poll_explanation": _explanation_problem(explanation, quiz=quiz),
            "poll_may_change": "In a quiz an answer is final, for it is followed by the right one. Leave this out."
            if quiz and change
            else None,
        }
        wrong = {field: problem for field, problem in problems.items() if problem}
        if wrong:
            raise Invalid(wrong)
        return cls(
            question, texts, "quiz" if quiz else "poll", bool(multiple), bool(anonymous), bool(sealed), change,
            min_rank, closes_at, chosen, explanation,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mine:
    """What the server knows of somebody's own vote. None in an anonymous poll: it knows only that there is one."""

    options: tuple[int, ...] | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote after it was given or changed: the poll with it in, what was chosen, and the code for it."""

    poll: Poll
    options: tuple[int, ...]
    receipt: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A line of the published tally: a code, and what was chosen by whoever holds it. `name`: in open polls only."""

    code: str
    options: tuple[int, ...]
    account_id: str | None = None
    name: str | None = None


def new_code() -> str:
    """A fresh receipt code: 60 bit, enough that nobody finds one by trying."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def shown_code(code: str) -> str:
    """As people read it: three groups of four."""
    return "-".join(code[at : at + 4] for at in (0, 4, 8))


def parse_code(typed: str) -> str | None:
    """A code out of what was typed, whatever stands between its letters; None for what cannot be one."""
    code = re.sub(r"[\s-]", "", typed[:100]).upper()
    return code if _CODE.fullmatch(code) else None


def bits(ids: Iterable[int]) -> int:
    """A choice as one number, the way ballots hold it."""
    return sum(1 << (one - 1) for one in set(ids))


def ids_of(mask: int) -> tuple[int, ...]:
    """The choice that `bits` made."""
    return tuple(one for one in range(1, MAX_OPTIONS + 1) if mask & (1 << (one - 1)))


def closed() -> Conflict:
    """What everybody is told who comes too late."""
    return Conflict("This poll is closed. Its results stand below it.", code="poll_closed")


def _line(text: str) -> str:
    """One line, without what cannot be seen or stored."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _options_problem(texts: Sequence[str]) -> str | None:
    if len(texts) < MIN_OPTIONS:
        return "A poll has at least two answers. Add another one."
    if len(texts) > MAX_OPTIONS:
        return "A poll has at most 12 answers. Leave some out."
    if not all(any(unicodedata.category(char)[0] not in "ZC" for char in text) for text in texts):
        return "Every answer needs words. Fill it in or leave it out."
    if any(len(text) > MAX_OPTION_CHARS for text in texts):
        return f"An answer has at most {MAX_OPTION_CHARS} characters. Make it shorter."
    if len({text.casefold() for text in texts}) < len(texts):
        return "Two answers are the same. Change one of them."
    return None


def _rank_problem(min_rank: int | None) -> str | None:
    if min_rank is None or 0 <= min_rank <= MAX_TIER_RANK:
        return None
    return "Choose who may vote: whoever may read it, or a tier."


def _right_problem(right: Sequence[int], many: int, *, quiz: bool, multiple: bool) -> str | None:
    if not quiz:
        return "Only a quiz has right answers. Make it a quiz, or mark none." if right else None
    if not right or any(not 1 <= one <= many for one in right):
        return "Say which answer is right."
    if len(right) > 1 and not multiple:
        return "Where one answer is chosen, one is right. Mark one, or let people choose several."
    return None


def _explanation_problem(explanation: str, *, quiz: bool) -> str | None:
    if explanation and not quiz:
        return "Only a quiz has an explanation. Make it a quiz, or leave it out."
    if len(explanation) > MAX_EXPLANATION_CHARS:
        return f"An explanation has at most {MAX_EXPLANATION_CHARS} characters. Make it shorter."
    return None
