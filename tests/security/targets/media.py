"""Media, the library, and pictures of links."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, _fixed
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
    "POST /studio/{handle}/media": _fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/posts/{id}/media": _fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/library": _fixed(files="a.jpg"),
    "POST /studio/{handle}/library/{id}": _fixed(alt="Changed", x="10", y="90"),
    "POST /studio/{handle}/library/{id}/replace": _fixed(file="a.jpg"),
    "POST /studio/{handle}/library/{id}/delete": _fixed(),
    "POST /studio/{handle}/library/{id}/original": _fixed(),
    "POST /studio/{handle}/library/{id}/credentials": _fixed(keep="1"),
    "POST /studio/{handle}/library/{id}/crop": _fixed(shape="1:1", turn="90"),
    "POST /studio/{handle}/library/{id}/chapters": _fixed(chapters="0:00 Changed"),
    "PUT /api/v1/media/{id}/replacement": _fixed(media_id=NEVER),
    "POST /api/v1/media": _fixed(note="Hello"),
    "PATCH /api/v1/media/{id}": _fixed(alt="Changed"),
    "DELETE /api/v1/media/{id}": _fixed(),
    "PATCH /api/v1/media/uploads/{id}": _fixed(),
    "DELETE /api/v1/media/uploads/{id}": _fixed(),
}  # fmt: skip
