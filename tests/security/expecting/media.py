"""Media, the library, and pictures of links."""

from channel.members import Action
from channel.members.model import State
from tests.security.expecting.rules import Rule, Statuses
from tests.security.sights import GOLD, Sight
from tests.security.targets.case import Case


def _medium(sight: Sight, case: Case) -> int | None:
    """Whoever may read the post that carries it; to all others there is nothing, whatever the reason."""
    standing = sight.at(case.handle)
    return None if standing.visible and standing.reads(GOLD if case.paid else None) else 404


def _own_medium(sight: Sight, case: Case) -> int | None:
    """Whoever sent it, who is the owner here, and the admins."""
    return None if sight.at(case.handle).may(Action.EDIT_ANY_POST) else 404


def _send(sight: Sight, case: Case) -> int | None:
    """Every member who is not muted: a group of the community takes files of all."""
    standing = sight.at("anna")
    if not standing.visible:
        return 404
    return None if standing.role is not None and standing.state is State.ACTIVE else 403


def _attach(sight: Sight, case: Case) -> int | Statuses | None:
    """Who posts here is told that this is no form with files."""
    standing = sight.at(case.handle)
    return 422 if standing.visible and standing.may(Action.POST) else None


def _change_medium(sight: Sight, case: Case) -> int | Statuses | None:
    """Editors find the owner's media, which stand in posts, and change them not."""
    standing = sight.at(case.handle)
    if not (standing.visible and standing.may(Action.POST)):
        return None
    return None if standing.may(Action.EDIT_ANY_POST) else 404


def _no_original(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that nothing was made of it, so that what was sent stays."""
    standing = sight.at(case.handle)
    found = _change_medium(sight, case)
    return 409 if found is None and standing.visible and standing.may(Action.EDIT_ANY_POST) else found


def _no_picture(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that a file has no frame and no chapters."""
    standing = sight.at(case.handle)
    found = _change_medium(sight, case)
    return 422 if found is None and standing.visible and standing.may(Action.EDIT_ANY_POST) else found


def _swap(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that nothing was sent to take its place."""
    return _own_medium(sight, case) or 422


def _attach_there(sight: Sight, case: Case) -> int | Statuses | None:
    """The same on the page of a post, for who may edit it."""
    standing = sight.at(case.handle)
    if not (standing.visible and standing.may(Action.POST)):
        return None
    return 422 if standing.may(Action.EDIT_ANY_POST) else 403


MORE: dict[str, Rule] = {
    "GET /media/{id}/{variant}": _medium,
    "GET /linked/{id}/{key}.webp": _medium,
    "GET /m/{token}": lambda sight, case: 404,
    "GET /api/v1/media/{id}": _medium,
    "PATCH /api/v1/media/{id}": _own_medium,
    "DELETE /api/v1/media/{id}": _own_medium,
    "POST /api/v1/media": _send,
    "PATCH /api/v1/media/uploads/{id}": lambda sight, case: 412,  # without the protocol's header
    "DELETE /api/v1/media/uploads/{id}": lambda sight, case: 412,
    "POST /studio/{handle}/media": _attach,
    "POST /studio/{handle}/posts/{id}/media": _attach_there,
    "POST /studio/{handle}/library": _attach,
    "POST /studio/{handle}/library/{id}/replace": _attach,
    "POST /studio/{handle}/library/{id}": _change_medium,
    "POST /studio/{handle}/library/{id}/delete": _change_medium,
    "GET /media/{id}/credentials": _medium,
    "GET /studio/{handle}/library/{id}/original": _change_medium,
    "POST /studio/{handle}/library/{id}/original": _no_original,
    "POST /studio/{handle}/library/{id}/credentials": _change_medium,
    "POST /studio/{handle}/library/{id}/crop": _no_picture,
    "POST /studio/{handle}/library/{id}/chapters": _no_picture,
    "GET /media/{id}/whole": lambda sight, case: (
        404
    ),  # no picture; those of pictures: tests/web/test_cropping.py
    "PUT /api/v1/media/{id}/replacement": _swap,
}
