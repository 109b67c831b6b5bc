"""Webhooks, and ways by which programs and letters come in."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "hooks"): lambda: things.hook,
        ("id", "incoming"): lambda: things.incoming,
        ("secret", "incoming"): lambda: world.own["incoming_secret"],
    }


BODIES: dict[str, Filled] = {
    "POST /mail/incoming": fixed(),
    "POST /studio/{handle}/hooks": fixed(
        kind="webhook", name="Shop", url="https://shop.friend.org/in", kinds="post.*"
    ),
    "POST /studio/{handle}/hooks/{id}": fixed(do="test"),
    "POST /studio/{handle}/incoming": lambda sight, things: {"name": "Bot", "room_id": things.room.id},
    "POST /studio/{handle}/incoming/{id}": fixed(),
    "POST /api/v1/communities/{handle}/hooks": fixed(name="Shop", url="https://shop.friend.org/in"),
    "PATCH /api/v1/communities/{handle}/hooks/{id}": fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/hooks/{id}": fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/secret": fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/test": fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/replay": fixed(),
    "POST /api/v1/communities/{handle}/incoming": lambda sight, things: {"name": "Bot", "room_id": things.room.id},
    "DELETE /api/v1/communities/{handle}/incoming/{id}": fixed(),
    "POST /api/v1/incoming/{secret}": fixed(text="Hello"),
}  # fmt: skip
