"""Media, the library, and pictures of links."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import NEVER, Objects
from tests.security.targets.posts import post_of


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    post = post_of(case, things)
    return {
        ("id", "media"): lambda: things.paid_medium if case.paid else things.medium,
        ("id", "library"): lambda: things.paid_medium if case.paid else things.medium,
        ("id", "uploads"): lambda: world.own["upload"],
        ("token", "m"): lambda: (
            "nobody-was-sent-here"
        ),  # what those who were sent get: tests/web/test_media_places.py
        ("id", "linked"): lambda: post.id,
    }


BODIES: dict[str, Filled] = {
    "POST /studio/{handle}/media": fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/posts/{id}/media": fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/library": fixed(files="a.jpg"),
    "POST /studio/{handle}/library/{id}": fixed(alt="Changed", x="10", y="90"),
    "POST /studio/{handle}/library/{id}/replace": fixed(file="a.jpg"),
    "POST /studio/{handle}/library/{id}/delete": fixed(),
    "POST /studio/{handle}/library/{id}/original": fixed(),
    "POST /studio/{handle}/library/{id}/credentials": fixed(keep="1"),
    "POST /studio/{handle}/library/{id}/crop": fixed(shape="1:1", turn="90"),
    "POST /studio/{handle}/library/{id}/chapters": fixed(chapters="0:00 Changed"),
    "PUT /api/v1/media/{id}/replacement": fixed(media_id=NEVER),
    "POST /api/v1/media": fixed(note="Hello"),
    "PATCH /api/v1/media/{id}": fixed(alt="Changed"),
    "DELETE /api/v1/media/{id}": fixed(),
    "PATCH /api/v1/media/uploads/{id}": fixed(),
    "DELETE /api/v1/media/uploads/{id}": fixed(),
}  # fmt: skip
