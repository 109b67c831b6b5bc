"""Communities and their rooms."""

from channel.rooms import Room
from tests.security.sights import Sight, Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Fields, Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    room = room_of(door, case, things)
    return {
        ("id", "rooms"): lambda: room.id,
        ("stream", "streams"): lambda: f"room:{room.id}",
    }


def room_of(door: Door, case: Case, things: Things) -> Room:
    """The room that the door is about."""
    room = things.paid_room if case.paid and _enters(door) else things.room
    if _of_groups(door):
        room = things.paid_group if case.paid else things.group
    return room


def _of_groups(door: Door) -> bool:
    """About a group, its topics and messages; what a channel is asked for is another thing."""
    return any(part in door.path for part in ("/{slug}/t", "/{slug}/m/", "/topics"))


def _enters(door: Door) -> bool:
    """Reads a room as a whole; a single post is tried in an open room."""
    return "{seq}" not in door.path


def _room(sight: Sight, things: Things) -> Fields:
    return {"slug": f"r{fresh()[:8]}", "name": "Room"}


BODIES: dict[str, Filled] = {
    "POST /api/v1/communities": lambda sight, things: {"handle": f"c{fresh()[:8]}", "name": "New"},
    "PATCH /api/v1/communities/{handle}": fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}": fixed(),
    "POST /api/v1/communities/{handle}/rooms": _room,
    "PATCH /api/v1/communities/{handle}/rooms/{slug}": fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/rooms/{slug}": fixed(),
    "POST /new": lambda sight, things: {"handle": f"c{fresh()[:8]}", "name": "New"},
    "POST /studio/{handle}/rooms": _room,
    "POST /studio/{handle}/rooms/{slug}": lambda sight, things: {"slug": things.room.slug, "name": "Changed"},
    "POST /studio/{handle}/rooms/{slug}/move": fixed(position="1"),
    "POST /studio/{handle}/rooms/{slug}/delete": lambda sight, things: {"typed_slug": things.room.slug},
    "POST /studio/{handle}/settings": fixed(
        name="Changed", about="", visibility="public", hue="10", cover="pattern:1", avatar="", language="en",
        embeddable="1", reach_shown="1",
    ),
    "POST /studio/{handle}/settings/close": fixed(),
    "POST /studio/{handle}/settings/reopen": fixed(),
    "POST /studio/{handle}/settings/delete": lambda sight, things: {"typed_handle": things.handle},
    "POST /studio/{handle}/settings/undo-delete": fixed(),
    "POST /studio/{handle}/settings/transfer": lambda sight, things: {
        "typed_handle": things.handle, "to": things.victim.id
    },
}  # fmt: skip
