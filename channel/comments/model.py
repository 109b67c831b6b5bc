"""What a comment is, and the rules that turn what somebody typed into one. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.accounts.model import Account
from channel.communities.fields import Check, number, prose
from channel.errors import Invalid
from channel.mentions.model import Call
from channel.posts.model import text_problem

MAX_TEXT_CHARS = 4_000
MAX_EDITS = 100  # of one comment; each keeps what it replaced
MAX_HOLD_CHARS = 4_000
MAX_LINK_DAYS = 365
MAX_REASON_CHARS = 500
MAX_REPORT_CHARS = 1_000
DAY_MS = 24 * 3_600_000

CommentState = Literal["shown", "held", "deleted", "refused"]
Reason = Literal["spam", "abuse", "illegal", "wrong_place", "other"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

_LINK = re.compile(r"(?:https?://|mailto:|www\.)\S|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/|\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as stored, in full. Only channel.render.comments turns it into what somebody may see.

    `refused`: removed before anybody saw it, so no trace is left but for its author.
    """

    id: str
    thread_id: str
    community_id: str
    seq: int
    author: Account
    text: str
    html: str
    reply_to: str | None
    state: CommentState
    rev: int
    created_at: int
    edited_at: int | None
    deleted_at: int | None
    deleted_by: str | None
    reason: str
    shown_at: int | None = None  # when everybody could see it at first, or again after it waited

    @property
    def there(self) -> bool:
        """It still says something."""
        return self.state in ("shown", "held")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text that may be said, with its HTML: made before the transaction, because it takes time."""

    text: str
    html: str
    calls: tuple[Call, ...] = ()  # whom and what it names
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a comment."""

    rev: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Holds:
    """What a community wants to look at first."""

    words: str = ""
    link_days: int = 0

    def catches(self, text: str, joined_at: int | None, now: int) -> bool:
        """Whether `text` waits for approval; `joined_at` (epoch ms) of who wrote it."""
        folded = " ".join(text.casefold().split())
        if any(word in folded for word in self._words()):
            return True
        is_new = joined_at is None or now - joined_at < self.link_days * DAY_MS
        return self.link_days > 0 and is_new and _LINK.search(text) is not None

    def _words(self) -> list[str]:
        lines = (" ".join(line.casefold().split()) for line in self.words.splitlines())
        return [line for line in lines if line]


NO_HOLDS: Final = Holds()
HOLD_CHECKS: Final[dict[str, Check]] = {
    "words": prose("words", "At most 4,000 characters fit here. Write fewer words.", at_most=MAX_HOLD_CHARS),
    "link_days": number("link_days", "Write a number of days from 0 to 365.", least=0, most=MAX_LINK_DAYS),
}


def parse_text(text: str) -> str:
    """What may be said. Raises Invalid (text)."""
    problem = text_problem(text)
    if problem is None and len(text) > MAX_TEXT_CHARS:
        problem = (
            f"A comment has at most 4,000 characters; this has {len(text):,}. Make it shorter or two of it."
        )
    if problem:
        raise Invalid(text=problem)
    return text


def parse_reason(text: str) -> str:
    """Why something was removed, as its author will read it. Raises Invalid (reason)."""
    check = prose("reason", "At most 500 characters fit here. Write less.", at_most=MAX_REASON_CHARS)
    return str(check(text))


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody reports."""

    reason: Reason
    words: str

    @classmethod
    def parse(cls, reason: str, words: str = "") -> "Complaint":
        """Raises Invalid (reason, words)."""
        if reason not in REASONS:
            raise Invalid(reason="Choose what is wrong with it.")
        check = prose("words", "At most 1,000 characters fit here. Write less.", at_most=MAX_REPORT_CHARS)
        return cls(reason, check(words))
