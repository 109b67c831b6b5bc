"""Members, invites, joining and leaving."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, named
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
    "POST /api/v1/communities/{handle}/invites": fixed(),
    "PATCH /api/v1/communities/{handle}/invites/{id}": fixed(state="paused"),
    "DELETE /api/v1/communities/{handle}/invites/{id}": fixed(),
    "POST /api/v1/invites/{code}/accept": named,
    "PATCH /api/v1/communities/{handle}/members/{account_id}": fixed(state="muted"),
    "DELETE /api/v1/communities/{handle}/membership": fixed(),
    "POST /studio/{handle}/members/bulk": lambda sight, things: {"do": "approve", "ids": things.victim.id},
    "POST /studio/{handle}/members/{id}": fixed(do="mute"),
    "POST /studio/{handle}/invites": fixed(label="By hand"),
    "POST /studio/{handle}/invites/{id}/state": fixed(state="paused"),
    "POST /join/{code}": named,
    "POST /@{handle}/join": named,
    "POST /@{handle}/leave": fixed(),
    "POST /share/@{handle}": fixed(label="By hand"),
}  # fmt: skip
