"""Following without an account."""

from tests.security.expecting.feeds import public_feed
from tests.security.expecting.members import invited
from tests.security.expecting.rules import Rule, Statuses
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _follow(sight: Sight, case: Case) -> Statuses | None:
    """What strangers see nothing of cannot be followed without an account, by its own people neither."""
    return public_feed(sight, case) if sight.at(case.handle).visible else None


MORE: dict[str, Rule] = {
    "POST /follow/@{handle}": _follow,
    "POST /follow/@{handle}/device": _follow,
    "POST /api/v1/communities/{handle}/follow": _follow,
    "POST /follow/pass/{secret}": invited,
    "POST /follow/on/{token}/pass": invited,
}
