"""Members, invites, joining and leaving."""

from channel.members import Role
from channel.members.model import State
from tests.security.expecting.rules import DONE, Rule, Statuses
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _leave(sight: Sight, case: Case) -> int | None:
    """Members and who asks may; the owner has to hand over first; all others are not in."""
    standing = sight.at(case.handle)
    if standing.role is Role.OWNER:
        return 409
    return None if standing.role or standing.state is State.REQUESTED else 404


def _join(sight: Sight, case: Case) -> int | None:
    """Nobody comes into a private community by its front door, not even twice."""
    return 404 if case.handle == "zoe" else None


def invited(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the link may look and join, unless they are banned."""
    return 403 if sight.at(case.handle).banned else DONE


MORE: dict[str, Rule] = {
    "POST /@{handle}/leave": _leave,
    "DELETE /api/v1/communities/{handle}/membership": _leave,
    "POST /@{handle}/join": _join,
    "GET /join/{code}": invited,
    "POST /join/{code}": invited,
    "POST /api/v1/invites/{code}/accept": invited,
}
