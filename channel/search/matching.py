"""What passes between a search and the engine that answers it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from channel.posts.horizon import First
from channel.search.model import Term


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it is filed. `words` in their order, each with its second spelling, "" for none.

    `facts` are short words of letters and digits which no text can contain: see facts.py.
    """

    place: int
    words: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """All of `wanted`, none of `unwanted`, and of each group of `facts` at least one."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]
    facts: tuple[tuple[str, ...], ...]

    def with_one_of(self, facts: tuple[str, ...]) -> "Matching":
        """The same, and at least one of these facts."""
        return replace(self, facts=(*self.facts, facts))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where is looked: in what these audiences may read, or at these single places; written from `after` until `before`.

    `threads`: by audience that the viewer is not of, the single posts open to them under which comments are looked at.
    `last` is the hit after which an answer goes on: its moment and its id. `since`: by audience, where a room begins for a
    viewer who does not see all of its past.
    """

    audiences: tuple[int, ...]
    places: tuple[int, ...]
    threads: Mapping[int, tuple[str, ...]]
    after: int
    before: int
    last: tuple[int, str] | None
    limit: int
    since: Mapping[int, First] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found: a "post" or a "comment". `at` orders hits, newest first; the greater id comes first in the same moment."""

    kind: str
    id: str
    at: int

    @property
    def order(self) -> tuple[int, str]:
        return self.at, self.id
