"""The team's inbox, and conversations with it."""

from channel.members import Action, Role
from channel.members.model import State
from tests.security.expecting.rules import Rule
from tests.security.sights import TALKERS, Sight
from tests.security.targets.case import Case


def _write_to_team(sight: Sight, case: Case) -> int | None:
    """Members write who are not muted; those who run the community have an inbox. A banned person is told so."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return 403 if standing.banned else 404
    if standing.role is None or standing.state is State.MUTED:
        return 403
    return None if standing.role is Role.MEMBER else 409


def _write_to_team_by_api(sight: Sight, case: Case) -> int | None:
    """The same; the API tells a banned person nothing."""
    return _write_to_team(sight, case) if sight.at(case.handle).visible else None


def _talks(sight: Sight, case: Case) -> bool:
    """The follower whose conversation it is."""
    return sight.name == TALKERS[case.handle]


def _own_talk(sight: Sight, case: Case) -> int | None:
    """There is one for who has written; a banned person is told that they are."""
    if _talks(sight, case):
        return None
    return 403 if sight.at(case.handle).banned else 404


def _own_talk_by_api(sight: Sight, case: Case) -> int | None:
    return None if _talks(sight, case) else 404


def _talk_page(sight: Sight, case: Case) -> int | None:
    """Whoever has no such page is led elsewhere; a banned person is told so."""
    return 403 if sight.at(case.handle).banned else None


def _of_team(sight: Sight, case: Case) -> int | None:
    """A conversation is known to its two sides, and nobody who looks is its follower."""
    return None if sight.at(case.handle).may(Action.ANSWER) else 404


def _letter(sight: Sight, case: Case) -> int | None:
    """The team knows of it, and only who wrote it deletes it."""
    if _talks(sight, case):
        return None
    return 403 if sight.at(case.handle).may(Action.ANSWER) else 404


MORE: dict[str, Rule] = {
    "POST /messages/{handle}": _write_to_team,
    "POST /api/v1/communities/{handle}/messages": _write_to_team_by_api,
    "GET /messages/{handle}": _talk_page,
    "GET /messages/{handle}/export": _own_talk,
    "POST /messages/{handle}/read": _own_talk,
    "POST /messages/{handle}/delete": _own_talk,
    "PUT /api/v1/communities/{handle}/messages/read": _own_talk_by_api,
    "GET /api/v1/conversations/{id}/messages": _of_team,
    "POST /api/v1/conversations/{id}/messages": _of_team,
    "DELETE /api/v1/messages/{id}": _letter,
}
