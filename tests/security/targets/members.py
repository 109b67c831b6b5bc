"""Members, invites, joining and leaving."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, _fixed, _named
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "invites"): lambda: things.invite.id,
        ("id", "members"): lambda: things.victim.id,
        ("account_id", "members"): lambda: things.victim.id,
        ("code", "join"): lambda: things.invite.code or "",
        ("code", "invites"): lambda: things.invite.code or "",
    }


BODIES: dict[str, Filled] = {
    "POST /api/v1/communities/{handle}/invites": _fixed(),
    "PATCH /api/v1/communities/{handle}/invites/{id}": _fixed(state="paused"),
    "DELETE /api/v1/communities/{handle}/invites/{id}": _fixed(),
    "POST /api/v1/invites/{code}/accept": _named,
    "PATCH /api/v1/communities/{handle}/members/{account_id}": _fixed(state="muted"),
    "DELETE /api/v1/communities/{handle}/membership": _fixed(),
    "POST /studio/{handle}/members/bulk": lambda sight, things: {"do": "approve", "ids": things.victim.id},
    "POST /studio/{handle}/members/{id}": _fixed(do="mute"),
    "POST /studio/{handle}/invites": _fixed(label="By hand"),
    "POST /studio/{handle}/invites/{id}/state": _fixed(state="paused"),
    "POST /join/{code}": _named,
    "POST /@{handle}/join": _named,
    "POST /@{handle}/leave": _fixed(),
    "POST /share/@{handle}": _fixed(label="By hand"),
}  # fmt: skip
