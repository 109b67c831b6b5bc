"""When a post opens to more people by itself: the steps of its waterfall, and the rules for them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.members.model import MAX_TIER_RANK, needed

MAX_STEPS = 5
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MAX_AHEAD_DAYS = 366

Unit = Literal["hours", "days"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
UNIT_MS: Final[dict[Unit, int]] = {"hours": HOUR_MS, "days": DAY_MS}


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` (epoch ms) on the post asks for `min_rank` only; None: everyone who may be in the room."""

    at: int
    min_rank: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """A step as it is planned before the post is sent: so many hours or days after it."""

    count: int
    unit: Unit
    min_rank: int | None

    def step(self, now: int) -> Step:
        """The step of a post that is sent at `now`."""
        return Step(now + self.count * UNIT_MS[self.unit], self.min_rank)


def rank_fits(min_rank: int | None) -> bool:
    return min_rank is None or 0 <= min_rank <= MAX_TIER_RANK


def problem(min_rank: int | None, steps: Sequence[Step]) -> str | None:
    """What is wrong with the steps of a post that asks for `min_rank` at first; whether they lie ahead is not looked at."""
    if not steps:
        return None
    if len(steps) > MAX_STEPS:
        return "A post opens in at most 5 steps. Leave some out."
    if min_rank is None:
        return "Everyone may read this post already. Choose a tier for it, or plan no opening."
    if not all(rank_fits(step.min_rank) for step in steps):
        return "Choose for whom it opens: members, a tier, or everyone."
    times = [step.at for step in steps]
    if any(after <= before for before, after in pairwise(times)):
        return "Each opening must come later than the one before it."
    ranks = [needed(min_rank), *(needed(step.min_rank) for step in steps)]
    if any(after >= before for before, after in pairwise(ranks)):
        return "Each opening must let more people in than the one before: lower tiers later, everyone last."
    return None


def require_ahead(steps: Sequence[Step], now: int) -> None:
    """Raises Invalid (opens) for a moment that is past, or more than 366 days away."""
    if any(step.at <= now for step in steps):
        raise Invalid(opens="An opening must lie ahead. To open the post now, change who may read it.")
    if any(step.at > now + MAX_AHEAD_DAYS * DAY_MS for step in steps):
        raise Invalid(opens="A post opens within 366 days. Choose an earlier moment.")


def remaining(steps: Sequence[Step], min_rank: int | None) -> tuple[Step, ...]:
    """Those that still let somebody in when the post asks for `min_rank`."""
    return tuple(step for step in steps if needed(step.min_rank) < needed(min_rank))


def opens_at(steps: Sequence[Step], rank: int, floor: int | None) -> int | None:
    """When the post opens for viewers of `rank` in a room that asks for `floor`; None: no step does that."""
    if rank < needed(floor):
        return None
    return next((step.at for step in steps if needed(step.min_rank) <= rank), None)
