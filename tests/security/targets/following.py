"""Following without an account."""

from tests.security.sights import FOLLOWER, Things, World
from tests.security.table import Door
from tests.security.targets.bodies import BROWSER, Filled, fixed, named
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("token", "by"): lambda: world.own["follow"],
        ("token", "on"): lambda: world.own["follow_device"],
        ("token", "follow"): lambda: world.own["follow"],
        ("secret", "yes"): lambda: world.own["follow_yes"],
        ("secret", "pass"): lambda: world.own["follow_pass"],
    }


BODIES: dict[str, Filled] = {
    "POST /api/v1/communities/{handle}/follow": fixed(email="another@example.org", how="daily"),
    "PATCH /api/v1/follow/{token}": fixed(how="daily", hour=7),
    "DELETE /api/v1/follow/{token}": fixed(),
    "POST /follow/@{handle}": fixed(email="somebody@example.org", how="daily"),
    "POST /follow/@{handle}/device": fixed(**BROWSER.given, zone="Europe/Berlin"),
    "POST /follow/on/{token}": fixed(how="important", zone="Europe/Berlin"),
    "POST /follow/on/{token}/pass": lambda sight, things: named(sight, things) | FOLLOWER.given,
    "POST /follow/by/{token}": fixed(how="daily", zone="Europe/Berlin", hour="7"),
    "POST /follow/by/{token}/off": fixed(what="all"),
    "POST /follow/yes/{secret}": fixed(),
    "POST /follow/pass/{secret}": named,
}  # fmt: skip
