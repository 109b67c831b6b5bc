"""What a viewer must be answered, worked out from the policy of the door and the matrix of roles: never read off the app.

First the general rule, then MORE: the doors that decide by more than their policy says, each with its reason in the file
of its noun.
"""

from channel.routing import Who
from tests.security.expecting.rules import DONE, Rule, Statuses
from tests.security.parts import each, whole
from tests.security.sights import GOLD, Sight
from tests.security.table import Door
from tests.security.targets.case import Case

MORE: dict[str, Rule] = whole(each(__name__, __path__, "MORE"))


def expected(door: Door, sight: Sight, case: Case) -> Statuses:
    """The statuses that are right for this viewer."""
    refused = _by_credentials(door, sight)
    if refused is not None:
        return frozenset({refused})
    rule = MORE.get(door.name)
    more = rule(sight, case) if rule else None
    if more is not None:
        return frozenset({more}) if isinstance(more, int) else more
    found = _by_policy(door, sight, case)
    return DONE if found is None else frozenset({found})


def _by_credentials(door: Door, sight: Sight) -> int | None:
    """What is said before anything is looked up."""
    needs_account = door.policy.who in (Who.SIGNED_IN, Who.ROLE, Who.ADMIN)
    if door.path.startswith("/api/v1") and sight.broken:
        return 401
    if needs_account and not sight.signed:
        return 303 if door.method == "GET" and not door.api else 401
    if (
        door.policy.who is not Who.ANYONE
        and sight.scopes is not None
        and door.policy.scope not in sight.scopes
    ):
        return 403
    if door.policy.who is Who.ADMIN and not sight.admin:
        return 404
    return None


def _by_policy(door: Door, sight: Sight, case: Case) -> int | None:
    """None: let through."""
    standing = sight.at(case.handle)
    if not _about_a_community(door):
        return None
    if not standing.visible:
        known = standing.banned and door.path.startswith(("/@", "/share/@", "/follow/@"))
        return (
            403 if known else 404
        )  # a banned person is told so at the door, and finds nothing anywhere else
    if _enters_room(door) and not standing.reads(GOLD if case.paid and "{seq}" not in door.path else None):
        return 403
    if door.policy.who is Who.ROLE:
        assert door.policy.action is not None
        return None if standing.may(door.policy.action) else 403
    return None


def _about_a_community(door: Door) -> bool:
    places = ("{handle}", "/rooms/{id}", "/posts/{id}", "/topics/{id}", "/questions/{id}", "/streams/")
    return any(place in door.path for place in places)


def _enters_room(door: Door) -> bool:
    """Rooms above one's rank are listed; these doors go inside."""
    inside = ("/rooms/{id}", "/topics/{id}", "/streams/", "/@{handle}/{slug}")
    return any(place in door.path for place in inside)
