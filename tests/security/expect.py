"""What a viewer must be answered, worked out from the policy of the door and the matrix of roles: never read off the app.

First the general rule, then MORE: the doors that decide by more than their policy says, each with its reason.
"""

from collections.abc import Callable

from channel.members import Action, Role
from channel.members.model import State
from channel.routing import Who
from tests.security.sights import GOLD, Sight
from tests.security.table import Door
from tests.security.targets import Case

DONE = frozenset({200, 201, 204, 303})
# What strangers are shown of these is kept for the next one (web/shelf.py).
STRANGERS_PAGES = ("/", "/@{handle}", "/@{handle}/{slug}", "/@{handle}/{slug}/{seq}")
Statuses = frozenset[int]
Rule = Callable[[Sight, Case], int | Statuses | None]  # None: as the policy says


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
        known = standing.banned and door.path.startswith("/@")
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
    places = ("{handle}", "/rooms/{id}", "/posts/{id}", "/streams/")
    return any(place in door.path for place in places)


def _enters_room(door: Door) -> bool:
    """Rooms above one's rank are listed; these doors go inside."""
    inside = ("/rooms/{id}", "/streams/", "/@{handle}/{slug}")
    return any(place in door.path for place in inside)


def _change_post(sight: Sight, case: Case) -> int | None:
    """Posts of the owner: who writes here without being an admin changes only their own."""
    standing = sight.at(case.handle)
    return 403 if standing.may(Action.POST) and not standing.may(Action.EDIT_ANY_POST) else None


def _past(sight: Sight, case: Case) -> int | None:
    """Of a locked post even the history is closed."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _own(sight: Sight, case: Case) -> int:
    """It belongs to the owner: nobody else finds it, and neither do programs, whose account it is."""
    return 303 if sight.name == "owner" else 404


def _leave(sight: Sight, case: Case) -> int | None:
    """Members and who asks may; the owner has to hand over first; all others are not in."""
    standing = sight.at(case.handle)
    if standing.role is Role.OWNER:
        return 409
    return None if standing.role or standing.state is State.REQUESTED else 404


def _join(sight: Sight, case: Case) -> int | None:
    """Nobody comes into a private community by its front door, not even twice."""
    return 404 if case.handle == "zoe" else None


def _invited(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the link may look and join, unless they are banned."""
    return 403 if sight.at(case.handle).banned else DONE


def _own_page(sight: Sight, case: Case) -> int:
    """The same for what is only looked at."""
    return 200 if sight.name == "owner" else 404


def _gift(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the code may look, and the first one has it; a banned person stays out."""
    return 403 if sight.at(case.handle).banned else frozenset({200, 303, 410})


def _give(sight: Sight, case: Case) -> int | None:
    """Nothing here has a price, so nothing can be chosen."""
    return 422 if sight.at(case.handle).visible else None


def _erase(sight: Sight, case: Case) -> int:
    """Owners hand over first, and the last admin stays."""
    owns = any(standing.role is Role.OWNER for standing in sight.standings.values())
    return 409 if owns or sight.admin else 303


def _undo(sight: Sight, case: Case) -> int | None:
    """There is nothing to undo."""
    return 409 if sight.at(case.handle).may(Action.CLOSE_COMMUNITY) else None


def _checkout(sight: Sight, case: Case) -> int | None:
    """Nothing is sold in this world, which is said to everybody who may know of the community."""
    return 409 if sight.at(case.handle).visible else None


def _no_such(action: Action) -> Rule:
    """Whoever may is told that there is no such thing: what is named does not exist."""
    return lambda sight, case: 404 if sight.at(case.handle).may(action) else None


def _alone(sight: Sight, case: Case) -> int | None:
    """No post here is sold alone; whoever reads it is led to it."""
    standing = sight.at(case.handle)
    return 404 if case.paid and standing.visible and not standing.reads(GOLD) else None


def _names(sight: Sight, case: Case) -> int | None:
    """Whom one could name is told to members; a guest who may read the room is not told who is here."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and not standing.role else None


def _tip(sight: Sight, case: Case) -> int | None:
    """Nothing is sold at Zoe's, and staff do not tip themselves; "a lot" is no amount."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    return 409 if case.handle == "zoe" or standing.role not in (None, Role.MEMBER) else 422


def _always(*statuses: int) -> Rule:
    return lambda sight, case: frozenset(statuses)


def _own_money(sight: Sight, case: Case) -> Statuses:
    """What somebody pays for is theirs alone; what the pretend provider cannot do, or nobody offers, is refused."""
    return DONE | {409} if sight.name == "owner" else frozenset({404})


OWN_MONEY = (
    "GET /pay/{order_id}", "GET /pay/{order_id}/on", "POST /pay/{order_id}/give-up", "GET /sandbox/{id}",
    "POST /sandbox/{id}", "GET /account/memberships/{id}", "GET /account/memberships/{id}/switch",
    "GET /account/memberships/{id}/cancel",
    *(f"POST /account/memberships/{{id}}/{act}" for act in ("switch", "cancel", "stay", "resume", "pause", "portal")),
)  # fmt: skip
MORE: dict[str, Rule] = {
    "PATCH /api/v1/posts/{id}": _change_post,
    "DELETE /api/v1/posts/{id}": _change_post,
    "GET /studio/{handle}/posts/{id}": _change_post,
    "POST /studio/{handle}/posts/{id}": _change_post,
    "POST /studio/{handle}/posts/{id}/delete": _change_post,
    "GET /api/v1/posts/{id}/revisions": _past,
    "GET /@{handle}/{slug}/{seq}/history": _past,
    "POST /account/sessions/{id}/end": _own,
    "POST /account/tokens/{id}/revoke": _own,
    "POST /account/passkeys/{id}/remove": _always(404),  # nobody here has one
    "POST /account/passkeys": _always(410, 422),  # a made-up proof, whoever sends it
    "POST /sign-in/passkey": _always(410, 422),
    "POST /sign-in/recovery": _always(422),  # a made-up code
    "GET /setup": _always(410, 303),  # over, since there is an admin; who is signed in is sent home
    "POST /setup": _always(410),
    "POST /account/delete": _erase,
    "POST /@{handle}/leave": _leave,
    "DELETE /api/v1/communities/{handle}/membership": _leave,
    "POST /@{handle}/join": _join,
    "GET /join/{code}": _invited,
    "POST /join/{code}": _invited,
    "POST /api/v1/invites/{code}/accept": _invited,
    "POST /api/hooks/{provider}/{id}": _always(404),  # there is no such connection
    "GET /api/v1/rooms/{id}/mentionable": _names,
    "GET /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/tip": _tip,
    "GET /gift/{code}": _gift,
    "POST /gift/{code}": _gift,
    "POST /gift": _always(422),  # a made-up code
    "POST /@{handle}/gift": _give,
    "GET /gift/card/{id}": _own_page,
    "GET /gift/card/{id}.svg": _own_page,
    "GET /pay/{order_id}/transfer": _own_page,
    "GET /pay/{order_id}/transfer.svg": _own_page,
    "POST /studio/{handle}/settings/undo-delete": _undo,
    "POST /@{handle}/tiers/{tier_id}": _checkout,
    **dict.fromkeys(OWN_MONEY, _own_money),
    "POST /studio/{handle}/tiers/{id}/prices/retire": _no_such(Action.EDIT_TIERS),
    "POST /studio/{handle}/members/{id}/money": _no_such(Action.HANDLE_MONEY),
    "POST /studio/{handle}/money/coupons/{id}": _no_such(Action.HANDLE_MONEY),
    "GET /live/sse": _always(422),  # without a stream; what it tells is in test_live_leaks
}
