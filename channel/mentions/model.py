"""What a mention is, which words stand for several people, and whom they mean. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from channel.errors import Invalid
from channel.members.model import STAFF_RANK, Entitlement, Role
from channel.naming import folded

MAX_PEOPLE = 50  # named one by one in one post
MAX_GROUPS = 5
EVERYONE: Final = "everyone"
ROLE_WORDS: Final[dict[str, frozenset[Role]]] = {
    "owner": frozenset({Role.OWNER}),
    "admins": frozenset({Role.OWNER, Role.ADMIN}),
    "editors": frozenset({Role.EDITOR}),
    "moderators": frozenset({Role.MODERATOR}),
}
_NO_WORD = re.compile(r"[\W_]+")

Kind = Literal["person", "role", "tier", "everyone"]


@dataclass(frozen=True, slots=True)
class Call:
    """One name in a text. `word` is what stands after the @ (folded), or the id of the account."""

    word: str
    kind: Kind
    account_id: str | None = None
    tier_id: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A word that stands for several people. `rank`: of the tier, whose members and those above it are meant."""

    word: str
    kind: Kind
    name: str = ""
    tier_id: str | None = None
    rank: int = 0

    def means(self, by: Entitlement) -> bool:
        """Whether this person is one of them. Staff are addressed by their role, not by a tier."""
        return by.belongs and means(self.word, self.kind, self.rank, by)


def means(word: str, kind: str, rank: int | None, by: Entitlement) -> bool:
    """Whether a word of this kind means somebody who belongs; a tier means who has it, and who has a higher one."""
    if not by.belongs:
        return False
    if kind == "everyone":
        return True
    if kind == "role":
        return by.role in ROLE_WORDS.get(word, frozenset())
    return kind == "tier" and rank is not None and rank <= by.rank < STAFF_RANK


def tier_word(name: str) -> str:
    """How a tier is written after an @: "Crew Pass" is crew-pass. "" for a name without letters and digits."""
    return _NO_WORD.sub("-", folded(name)).strip("-")[:60].strip("-")


def require_few(calls: Iterable[Call]) -> None:
    """Raises Invalid (text) for more than one post may name."""
    calls = list(calls)
    people = {call.account_id for call in calls if call.kind == "person"}
    if len(people) > MAX_PEOPLE:
        raise Invalid(text=f"A post names at most 50 people; this names {len(people)}. Take some @ off.")
    if sum(call.kind != "person" for call in calls) > MAX_GROUPS:
        raise Invalid(text="A post calls at most 5 groups. Take some @ off.")
