"""Faces, covers, icons and emoji, and what every page is drawn with."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("path", "static"): lambda: "app.css",
        ("name", "covers"): lambda: "0-210",
        ("hue", "card-"): lambda: "210",
        ("look", "looks"): lambda: things.look,
        ("name", "icons"): lambda: "210-AB-192",
        ("kind", "app-"): lambda: "192",
        ("name", "emoji"): lambda: things.emoji_name,
        ("key", "emoji"): lambda: things.emoji,
    }


BODIES: dict[str, Filled] = {
    "POST /studio/{handle}/icon": fixed(zoom="100"),
    "POST /studio/{handle}/cover": fixed(zoom="100"),
    "POST /studio/{handle}/emoji": fixed(name="fresh"),
    "POST /studio/{handle}/emoji/{name}": fixed(do="rename", new_name="renamed"),
    "PUT /api/v1/communities/{handle}/emoji/{name}": fixed(note="Hello"),
    "PATCH /api/v1/communities/{handle}/emoji/{name}": fixed(name="renamed"),
    "DELETE /api/v1/communities/{handle}/emoji/{name}": fixed(),
    "POST /account/face": fixed(zoom="100"),
    "PUT /api/v1/me/avatar": fixed(note="Hello"),
    "PUT /api/v1/communities/{handle}/avatar": fixed(note="Hello"),
    "PUT /api/v1/communities/{handle}/cover": fixed(note="Hello"),
    "DELETE /api/v1/me/avatar": fixed(),
    "DELETE /api/v1/communities/{handle}/avatar": fixed(),
    "DELETE /api/v1/communities/{handle}/cover": fixed(),
}  # fmt: skip
