"""Comments and reports."""

from channel.members import Action
from channel.members.model import State
from tests.security.expecting.posts import past
from tests.security.expecting.rules import Rule
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _under(sight: Sight, case: Case) -> int | None:
    """Of a locked post nothing is said, and to those who may not know of it not even that."""
    return past(sight, case)


def _comments(sight: Sight, case: Case) -> int | None:
    """Members write who are not muted; nobody writes under what they may not read."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    writes = standing.role is not None and standing.state is not State.MUTED
    return past(sight, case) or (None if writes else 403)


def _reports(sight: Sight, case: Case) -> int | None:
    """Whoever belongs may, muted or not."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    return past(sight, case) or (403 if standing.role is None else None)


def _with(action: Action) -> Rule:
    """Signed in is not enough: the verb asks for a role."""

    def rule(sight: Sight, case: Case) -> int | None:
        standing = sight.at(case.handle)
        return None if not standing.visible or standing.may(action) else 403

    return rule


MORE: dict[str, Rule] = {
    "GET /api/v1/posts/{id}/comments": _under,
    "POST /api/v1/posts/{id}/comments": _comments,
    "PUT /api/v1/posts/{id}/comments": _with(Action.EDIT_ANY_POST),
    "POST /api/v1/posts/{id}/report": _reports,
    "POST /@{handle}/{slug}/{seq}/comments": _comments,
    "GET /@{handle}/{slug}/{seq}/comments/{id}": _under,
    "POST /@{handle}/{slug}/{seq}/comments/{id}": _with(Action.MODERATE),
    "POST /@{handle}/{slug}/{seq}/thread": _with(Action.EDIT_ANY_POST),
    "GET /@{handle}/{slug}/{seq}/report": _under,
    "POST /@{handle}/{slug}/{seq}/report": _reports,
}
