"""What a message to a community's team is, and the rules for what people type. Pure."""

from dataclasses import dataclass
from typing import Literal

from channel.accounts.model import Account
from channel.communities.fields import line, prose
from channel.errors import Invalid
from channel.posts.model import text_problem

MAX_TEXT_CHARS = 4_000
MAX_WAITING = 20  # of one follower, before somebody answers
MAX_MESSAGES = 10_000  # of one conversation
MAX_SAVED = 50  # texts of one community
MAX_SAVED_CHARS = 2_000
MAX_NAME_CHARS = 60

Side = Literal["follower", "team"]

_name = line("name", "A name has 1 to 60 characters. Choose a shorter one.", at_most=MAX_NAME_CHARS)
_kept = prose("text", "A saved answer has at most 2,000 characters. Write less.", at_most=MAX_SAVED_CHARS)


@dataclass(frozen=True, slots=True)
class Box:
    """Whether followers may write to the team, and from which rank on (0: every member)."""

    community_id: str
    on: bool = False
    min_rank: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that a follower and the team wrote to each other.

    `last_seq`: of its newest message; `read_seq`: how far the follower has read. `waits_from` (epoch ms) and `waits_seq`
    are of the first and the newest message of the follower that the team has not answered; None when nothing waits.
    """

    id: str
    community_id: str
    account: Account
    last_seq: int
    last_at: int
    read_seq: int
    waits_from: int | None
    waits_seq: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message as stored, in full. Only render/messages turns it into what somebody may see.

    `as_team`: the follower is told that the community wrote it, and not who of the team did.
    """

    id: str
    conversation_id: str
    seq: int
    author: Account
    side: Side
    as_team: bool
    text: str
    html: str
    created_at: int
    deleted_at: int | None

    @property
    def there(self) -> bool:
        """It still says something."""
        return self.deleted_at is None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text that may be sent, with its HTML: made before the transaction, because it takes time."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A text that the team keeps to answer with."""

    id: str
    name: str
    text: str


def parse_text(text: str) -> str:
    """What may be sent. Raises Invalid (text)."""
    problem = text_problem(text)
    if problem is None and len(text) > MAX_TEXT_CHARS:
        problem = (
            f"A message has at most 4,000 characters; this has {len(text):,}. Make it shorter or two of it."
        )
    if problem:
        raise Invalid(text=problem)
    return text


def parse_saved(name: str, text: str) -> tuple[str, str]:
    """The name and the words of a saved answer. Raises Invalid (name, text), both at once."""
    problems: dict[str, str] = {}
    good: dict[str, str] = {"name": "", "text": ""}
    for field, check, typed in (("name", _name, name), ("text", _kept, text)):
        try:
            good[field] = check(typed)
        except Invalid as error:
            problems |= error.fields
    if not good["name"] and "name" not in problems:
        problems["name"] = "Give it a name, so that you find it again."
    if "text" not in problems and text_problem(good["text"]):
        problems["text"] = "Write something first."
    if problems:
        raise Invalid(problems)
    return good["name"], good["text"]
