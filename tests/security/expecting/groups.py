"""Groups: topics, and messages in them."""

from channel.members import Action
from channel.members.model import State
from tests.security.expecting.rules import Rule, Statuses, inside
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _talk(sight: Sight, case: Case) -> int | None:
    """In a group every member writes who is not muted."""
    standing = sight.at(case.handle)
    return inside(sight, case, standing.role is not None and standing.state is State.ACTIVE)


def _moderate(sight: Sight, case: Case) -> int | None:
    """Topics and messages of the owner, changed by those who moderate."""
    return inside(sight, case, sight.at(case.handle).may(Action.MODERATE))


def _move(sight: Sight, case: Case) -> int | Statuses | None:
    """The same; the message that is named is not in the paid topic, which is said to who may know."""
    found = _moderate(sight, case)
    return (
        frozenset({422})
        if found is None and case.paid and sight.at(case.handle).may(Action.MODERATE)
        else found
    )


def _merge(sight: Sight, case: Case) -> int | Statuses | None:
    """The same; of the paid group the open one's topic is no topic."""
    found = _moderate(sight, case)
    return (
        frozenset({404})
        if found is None and case.paid and sight.at(case.handle).may(Action.MODERATE)
        else found
    )


def _rewrite(sight: Sight, case: Case) -> int | None:
    """Messages of the owner: admins change them, too."""
    return inside(sight, case, sight.at(case.handle).may(Action.EDIT_ANY_POST))


MORE: dict[str, Rule] = {
    "POST /api/v1/rooms/{id}/topics": _talk,
    "PATCH /api/v1/topics/{id}": _moderate,
    "POST /api/v1/topics/{id}/move": _move,
    "POST /api/v1/topics/{id}/merge": _merge,
    "POST /@{handle}/{slug}/t": _talk,
    "POST /@{handle}/{slug}/t/{number}": _talk,
    "POST /@{handle}/{slug}/t/{number}/change": _moderate,
    "GET /@{handle}/{slug}/t/{number}/choose": _moderate,
    "POST /@{handle}/{slug}/t/{number}/choose": _move,
    "GET /@{handle}/{slug}/m/{id}": _rewrite,
    "POST /@{handle}/{slug}/m/{id}": _rewrite,
    "POST /@{handle}/{slug}/m/{id}/delete": _moderate,
}
