"""Letters and pushes about what is new."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import BROWSER, Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import NEVER, Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("token", "off"): lambda: world.own["off"],
        ("token", "quiet"): lambda: world.own["quiet"],
        ("token", "picture"): lambda: world.own["picture"],
        ("id", "push"): lambda: world.own["push_device"],
        ("id", "devices"): lambda: world.own["push_device"],
    }


BODIES: dict[str, Filled] = {
    "PUT /api/v1/me/notices": fixed(zone="Europe/Berlin", hour=18, rules=[]),
    "POST /account/notices": fixed(zone="Europe/Berlin", hour="18"),
    "POST /account/notices/{handle}": lambda sight, things: {f"how-{things.room.community_id}": "daily"},
    "POST /notices/off/{token}": fixed(what="all"),
    "POST /notices/quiet/{token}": fixed(days="1"),
    "POST /account/push": fixed(**BROWSER.given),
    "POST /@{handle}/hello": fixed(do="told", **BROWSER.given),
    "POST /account/push/{id}/remove": fixed(),
    "POST /account/push/{id}/text": fixed(shows_text="1"),
    "POST /account/push/{id}/test": fixed(),
    "POST /@{handle}/tag/{tag}": fixed(how="none", push="none"),
    "POST /account/notices/{handle}/limit": lambda sight, things: {f"per_week-{things.room.community_id}": "3"},
    "POST /account/notices/{handle}/topics": lambda sight, things: {f"topic-mail-{things.topic.id}": "daily"},
    "POST /api/v1/me/push/told": lambda sight, things: {"id": NEVER},
    "POST /account/notices/{handle}/push": lambda sight, things: {f"push-{things.room.community_id}": "none"},
    "PUT /api/v1/me/push": fixed(rules=[]),
    "POST /api/v1/me/push/devices": fixed(
        endpoint=BROWSER.endpoint, keys={name: BROWSER.given[name] for name in ("p256dh", "auth")}
    ),
    "PATCH /api/v1/me/push/devices/{id}": fixed(shows_text=True),
    "DELETE /api/v1/me/push/devices/{id}": fixed(),
}  # fmt: skip
