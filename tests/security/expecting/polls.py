"""Polls."""

from channel.members.model import State
from tests.security.expecting.posts import change_post, past
from tests.security.expecting.rules import Rule
from tests.security.sights import GOLD, Sight
from tests.security.targets.case import Case


def _vote(sight: Sight, case: Case) -> int | None:
    """Members who may write, below what they may read; Zoe's poll is over."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    if (case.paid and not standing.reads(GOLD)) or standing.role is None or standing.state is State.MUTED:
        return 403
    return 409 if case.handle == "zoe" else None


def _tally(sight: Sight, case: Case) -> int | None:
    """Anna's polls run, so nobody is told their codes; of Zoe's everybody who may read them."""
    standing = sight.at(case.handle)
    if not standing.visible or (case.paid and not standing.reads(GOLD)):
        return past(sight, case)
    return 409 if case.handle == "anna" else None


MORE: dict[str, Rule] = {
    "PUT /api/v1/posts/{id}/vote": _vote,
    "DELETE /api/v1/posts/{id}/vote": _vote,
    "POST /@{handle}/{slug}/{seq}/vote": _vote,
    "POST /api/v1/posts/{id}/poll/close": change_post,
    "POST /studio/{handle}/posts/{id}/poll/close": change_post,
    "GET /api/v1/posts/{id}/poll/receipts": _tally,
    "GET /@{handle}/{slug}/{seq}/poll": past,
}
