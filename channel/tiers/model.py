"""What a tier is, the rules for its fields, and which tier opens what. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from channel.communities.fields import Check, line, number, prose
from channel.errors import Invalid
from channel.rooms.model import MAX_RANK

MAX_TIERS = 50  # in one community
MAX_NAME_CHARS = 60
MAX_ABOUT_CHARS = 500
MAX_BENEFITS = 20
MAX_BENEFIT_CHARS = 120


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of membership. Rank 0 is free and every community has it. `colour` is a hue; None: the community's."""

    id: str
    community_id: str
    name: str
    rank: int
    about: str
    benefits: tuple[str, ...]
    colour: int | None
    created_at: int


def opening(tiers: Iterable[Tier], min_rank: int | None) -> Tier | None:
    """The lowest tier that opens what asks for `min_rank`; None when no tier does, or none is needed."""
    if min_rank is None:
        return None
    return min((tier for tier in tiers if tier.rank >= min_rank), key=lambda tier: tier.rank, default=None)


_benefit = line("benefits", "A benefit has at most 120 characters. Write less.", at_most=MAX_BENEFIT_CHARS)


def _benefits(value: Iterable[str]) -> tuple[str, ...]:
    benefits = tuple(text for text in map(_benefit, value) if text)
    if len(benefits) > MAX_BENEFITS:
        raise Invalid(benefits="A tier has at most 20 benefits. Leave some out.")
    return benefits


CHECKS: Final[dict[str, Check]] = {
    "name": line(
        "name", "A name has 1 to 60 characters. Write one that fits.", at_least=1, at_most=MAX_NAME_CHARS
    ),
    # 0 is taken from the first day by the free tier.
    "rank": number("rank", "A rank is a number from 1 to 1,000,000.", least=1, most=MAX_RANK),
    "about": prose("about", "At most 500 characters fit here. Write less.", at_most=MAX_ABOUT_CHARS),
    "benefits": _benefits,
    "colour": number("colour", "A colour is a hue from 0 to 359, or none.", least=0, most=359, null=True),
}
