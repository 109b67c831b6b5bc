"""What a tier is, the rules for its fields, and which tier opens what. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.communities.fields import Check, choice, line, number, prose
from channel.errors import Invalid
from channel.rooms.model import MAX_RANK

MAX_TIERS = 50  # in one community
MAX_NAME_CHARS = 60
MAX_ABOUT_CHARS = 500
MAX_BENEFITS = 20
MAX_BENEFIT_CHARS = 120
MAX_WELCOME_CHARS = 2_000
MAX_TRIAL_DAYS = 90
MAX_SEATS = 1_000_000

TierState = Literal["listed", "hidden", "archived"]
Interval = Literal["month", "quarter", "year", "once"]
INTERVALS: Final[tuple[Interval, ...]] = get_args(Interval)
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12, "once": 0}


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of membership. Rank 0 is free and every community has it. `colour` is a hue; None: the community's.

    `state`: a hidden one is sold to whoever knows its address, an archived one to nobody; who has it keeps it.
    `capacity`: seats, None without a limit. `welcome` is mailed to whoever comes to have it.
    """

    id: str
    community_id: str
    name: str
    rank: int
    about: str
    benefits: tuple[str, ...]
    colour: int | None
    state: TierState
    position: int
    welcome: str
    trial_days: int
    capacity: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a tier costs. `days` is what `once` buys, 0 for life. `open`: pay what you want, from `amount` on.

    `state`: a retired one is paid by those who have it, and offered to nobody.
    """

    id: str
    tier_id: str
    amount: int
    currency: str
    interval: Interval
    days: int
    open: bool
    state: Literal["offered", "retired"]
    created_at: int

    @property
    def recurs(self) -> bool:
        return self.interval != "once"


def listed(tiers: Iterable[Tier]) -> list[Tier]:
    """What the public page shows, in the creator's order."""
    shown = (tier for tier in tiers if tier.state == "listed")
    return sorted(shown, key=lambda tier: (tier.position, tier.rank))


def opening(tiers: Iterable[Tier], min_rank: int | None) -> Tier | None:
    """The lowest tier that opens what asks for `min_rank`; None when no tier does, or none is needed.

    One that everybody is offered comes before a hidden one, and that before one that is archived.
    """
    if min_rank is None:
        return None
    enough = (tier for tier in tiers if tier.rank >= min_rank)
    turn = {"listed": 0, "hidden": 1, "archived": 2}
    return min(enough, key=lambda tier: (turn[tier.state], tier.rank), default=None)


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
    "state": choice("state", "Choose listed, hidden or archived.", "listed", "hidden", "archived"),
    "position": number("position", "A place in the order is a number from 0 to 1,000.", least=0, most=1000),
    "welcome": prose("welcome", "At most 2,000 characters fit here. Write less.", at_most=MAX_WELCOME_CHARS),
    "trial_days": number("trial_days", "A trial has 0 to 90 days.", least=0, most=MAX_TRIAL_DAYS),
    "capacity": number(
        "capacity", "Seats are a number from 1 to 1,000,000, or no limit.", least=1, most=MAX_SEATS, null=True
    ),
}
