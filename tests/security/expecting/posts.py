"""Posts: writing, finding, reading and reacting."""

from channel.members import Action
from channel.members.model import State
from tests.security.expecting.rules import Rule, always, inside
from tests.security.sights import GOLD, Sight
from tests.security.targets.case import Case


def change_post(sight: Sight, case: Case) -> int | None:
    """Posts of the owner: who writes here without being an admin changes only their own."""
    return inside(sight, case, sight.at(case.handle).may(Action.EDIT_ANY_POST))


def _publish(sight: Sight, case: Case) -> int | None:
    """Into a channel: members write in groups, and this is none."""
    return inside(sight, case, sight.at(case.handle).may(Action.POST))


def past(sight: Sight, case: Case) -> int | None:
    """Of a locked post even the history is closed."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _react(sight: Sight, case: Case) -> int | None:
    """Members react to what they read, unless they are muted; nobody hears from the room through a form's answer."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return 404
    heard = standing.role is not None and standing.state is not State.MUTED
    return None if heard and (not case.paid or standing.reads(GOLD)) else 403


def _reactors(sight: Sight, case: Case) -> int | None:
    """Of a locked post nobody is told who reacted to it; a banned person is told at the door that they are."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _unreact(sight: Sight, case: Case) -> int | None:
    """What is one's own may go, whatever has become of the post and of the right to speak."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and standing.role is None else None


def _search(sight: Sight, case: Case) -> int | None:
    """It is asked for one community (see targets.ASKED), which stands in no path."""
    return None if sight.at(case.handle).visible else 404


def _names(sight: Sight, case: Case) -> int | None:
    """Whom one could name is told to members; a guest who may read the room is not told who is here."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and not standing.role else None


MORE: dict[str, Rule] = {
    "GET /api/v1/search": _search,
    "POST /api/v1/rooms/{id}/posts": _publish,
    "PATCH /api/v1/posts/{id}": change_post,
    "DELETE /api/v1/posts/{id}": change_post,
    "GET /studio/{handle}/posts/{id}": change_post,
    "POST /studio/{handle}/posts/{id}": change_post,
    "POST /studio/{handle}/posts/{id}/delete": change_post,
    "PATCH /api/v1/posts/{id}/preview": change_post,
    "DELETE /api/v1/posts/{id}/preview": change_post,
    "GET /api/v1/posts/{id}/revisions": past,
    "GET /api/v1/posts/{id}/reactions": past,
    "PUT /api/v1/posts/{id}/reactions/{emoji}": _react,
    "DELETE /api/v1/posts/{id}/reactions/{emoji}": _unreact,
    "POST /@{handle}/{slug}/{seq}/react": _react,
    "GET /@{handle}/{slug}/{seq}/reactions": _reactors,
    "GET /@{handle}/{slug}/{seq}/react": past,
    "GET /@{handle}/{slug}/{seq}/history": past,
    "GET /api/v1/rooms/{id}/mentionable": _names,
    "GET /live/sse": always(422),  # without a stream; what it tells is in test_live_leaks
}
