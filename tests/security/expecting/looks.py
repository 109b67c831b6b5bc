"""Faces, covers, icons and emoji."""

from channel.members import Action
from tests.security.expecting.rules import Rule, always
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _dress(sight: Sight, case: Case) -> int | None:
    """Who may is told that this is no picture."""
    return 422 if sight.at(case.handle).may(Action.EDIT_COMMUNITY) else None


MORE: dict[str, Rule] = {
    # The look of this world is a cover, and an icon is made of an icon: tests/web/test_app.py.
    "GET /looks/{look}/app-{kind}.png": lambda sight, case: 404,
    "POST /account/face": always(422),  # no form with a file
    "PUT /api/v1/me/avatar": always(422),  # no picture
    "POST /studio/{handle}/icon": _dress,
    "POST /studio/{handle}/cover": _dress,
    "PUT /api/v1/communities/{handle}/avatar": _dress,
    "PUT /api/v1/communities/{handle}/cover": _dress,
    "POST /studio/{handle}/emoji": _dress,
    "PUT /api/v1/communities/{handle}/emoji/{name}": _dress,
}
