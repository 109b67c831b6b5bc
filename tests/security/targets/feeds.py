"""Feeds, the private ones too, and what other sites embed."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, _fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("secret", "feeds"): lambda: world.own["feed_secret"],
        ("id", "feeds"): lambda: things.feed if door.path.startswith("/studio/") else world.own["feed"],
        ("hue", "podcast-"): lambda: "210",
    }


BODIES: dict[str, Filled] = {
    "POST /account/feeds": _fixed(of="anna"),
    "POST /account/feeds/{id}/renew": _fixed(),
    "POST /account/feeds/{id}/revoke": _fixed(),
    "POST /api/v1/me/feeds": _fixed(community="anna"),
    "POST /api/v1/me/feeds/{id}/renew": _fixed(),
    "DELETE /api/v1/me/feeds/{id}": _fixed(),
    "POST /studio/{handle}/feeds/{id}": _fixed(do="revoke"),
}  # fmt: skip
