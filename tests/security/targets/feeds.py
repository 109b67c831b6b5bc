"""Feeds, the private ones too, and what other sites embed."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("secret", "feeds"): lambda: world.own["feed_secret"],
        ("id", "feeds"): lambda: things.feed if door.path.startswith("/studio/") else world.own["feed"],
        ("hue", "podcast-"): lambda: "210",
    }


BODIES: dict[str, Filled] = {
    "POST /account/feeds": fixed(of="anna"),
    "POST /account/feeds/{id}/renew": fixed(),
    "POST /account/feeds/{id}/revoke": fixed(),
    "POST /api/v1/me/feeds": fixed(community="anna"),
    "POST /api/v1/me/feeds/{id}/renew": fixed(),
    "DELETE /api/v1/me/feeds/{id}": fixed(),
    "POST /studio/{handle}/feeds/{id}": fixed(do="revoke"),
}  # fmt: skip
