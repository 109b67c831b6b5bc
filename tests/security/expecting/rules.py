"""What a rule is, and those that hold for doors of several nouns."""

from collections.abc import Callable

from tests.security.sights import Sight
from tests.security.targets.case import Case

DONE = frozenset({200, 201, 202, 204, 303})
Statuses = frozenset[int]
Rule = Callable[[Sight, Case], int | Statuses | None]  # None: as the policy says


def inside(sight: Sight, case: Case, allowed: bool) -> int | None:
    """Who knows of the community is refused unless allowed; all others are answered as the policy says."""
    return 403 if sight.at(case.handle).visible and not allowed else None


def always(*statuses: int) -> Rule:
    return lambda sight, case: frozenset(statuses)
