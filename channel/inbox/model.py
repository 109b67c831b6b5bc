"""What an item of the inbox is, and in which list it stands. Pure."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.errors import Invalid, NotFound
from channel.ids import is_id

DAY_MS = 24 * 3_600_000
WINDOW_MS = 30 * DAY_MS  # after it nobody waits for an answer to a comment
MOST_COMMENTS = 2_000  # the newest ones of that time are looked at
MOST_MENTIONS = 1_000  # the newest ones of that time
MOST_REPORTS = 1_000  # the oldest ones
MOST_COUNTED = 100  # of a kind; beyond it a number says nothing more
MAX_LATER_MS = 366 * DAY_MS

# In the order in which those stand that began to wait at the same moment.
Kind = Literal["comment", "held", "mention", "message", "question", "report", "request"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Whose = Literal["all", "mine", "unassigned"]
WHOSE: Final[tuple[Whose, ...]] = get_args(Whose)
Show = Literal["open", "later", "done"]
SHOWS: Final[tuple[Show, ...]] = get_args(Show)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which item: of what kind, what it is about (its id in its source), and whom it is from."""

    kind: Kind
    what: str
    who: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.what}.{self.who}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """What `str` made. Raises NotFound: nothing else is the name of an item."""
        kind, _, rest = text.partition(".")
        what, _, who = rest.partition(".")
        found = next((one for one in KINDS if one == kind), None)
        if found is None or not is_id(what) or not is_id(who):
            raise NotFound("There is no such item.")
        return cls(found, what, who)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits, and what the team did with it.

    `since` (epoch ms): when it began to wait. `mark` grows with everything that happens in it; `put_mark` is what it
    was when somebody put it away. `assigned_to` is somebody who may act on it today, or None. `rev`: of what was done.
    """

    key: Key
    since: int
    mark: int
    done_at: int | None = None
    later_until: int | None = None
    put_mark: int | None = None
    assigned_to: str | None = None
    by_id: str | None = None
    rev: int = 0

    def show(self, now: int) -> Show:
        """The list it stands in: what happened since it was put away brings it back."""
        if self.put_mark is None or self.mark > self.put_mark:
            return "open"
        if self.done_at is not None:
            return "done"
        return "later" if self.later_until is not None and self.later_until > now else "open"


def parse_later(until: int | None, now: int) -> int:
    """When it comes back. Raises Invalid (until)."""
    if until is None or not now < until <= now + MAX_LATER_MS:
        raise Invalid(until="Choose a time to come, within a year.")
    return until
