"""What the instance's admin does."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "accounts"): lambda: things.victim.id,
        ("id", "jobs"): lambda: world.own["job"],
    }


BODIES: dict[str, Filled] = {
    "POST /admin/mail-test": fixed(email="somebody@example.org"),
    "POST /admin/accounts/{id}": fixed(do="suspend"),
    "POST /admin/jobs/{id}": fixed(do="drop"),
    "POST /admin/pages": fixed(name="Renamed", about="", terms="", contact=""),
}  # fmt: skip
