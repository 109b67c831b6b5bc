"""Posts: writing, finding, reading and reacting."""

from channel.posts.model import Post
from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.comments import said_of
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    post = post_of(case, things)
    # To the API a comment is a post: these doors are about one.
    of_comment = door.path.endswith(("/posts/{id}/approve", "/posts/{id}/remove"))
    return {
        ("id", "posts"): lambda: said_of(case, things) if of_comment else post.id,
        ("id", "drafts"): lambda: things.draft,
        ("emoji", "reactions"): lambda: "%E2%9D%A4",
        ("tag", "tag"): lambda: "tour",
        ("tag", "tags"): lambda: "tour",
    }


def post_of(case: Case, things: Things) -> Post:
    """The post that a door is about."""
    return things.paid_post if case.paid else things.post


BODIES: dict[str, Filled] = {
    "PUT /api/v1/rooms/{id}/read": fixed(seq=1),
    "POST /api/v1/live/ticket": fixed(),
    "POST /api/v1/me/read-all": fixed(),
    "POST /catch-up/read": fixed(),
    "POST /api/v1/rooms/{id}/posts": fixed(text="Hello"),
    "PATCH /api/v1/posts/{id}": fixed(text="Changed"),
    "DELETE /api/v1/posts/{id}": fixed(),
    "PATCH /api/v1/posts/{id}/preview": fixed(title="Changed"),
    "DELETE /api/v1/posts/{id}/preview": fixed(),
    "PUT /api/v1/posts/{id}/pin": fixed(position=1),
    "DELETE /api/v1/posts/{id}/pin": fixed(),
    "PUT /api/v1/posts/{id}/reactions/{emoji}": fixed(),
    "DELETE /api/v1/posts/{id}/reactions/{emoji}": fixed(),
    "POST /@{handle}/{slug}/{seq}/react": fixed(emoji="❤️", on="1"),
    "POST /studio/{handle}/posts": lambda sight, things: {"room": things.room.id, "text": "Hello", "key": fresh()},
    "POST /studio/{handle}/preview": lambda sight, things: {"room": things.room.id, "text": "Hello"},
    "POST /studio/{handle}/posts/{id}": fixed(text="Changed"),
    "POST /studio/{handle}/posts/{id}/delete": fixed(),
    "POST /studio/{handle}/posts/{id}/pin": fixed(position="1"),
    "POST /studio/{handle}/drafts/by-mail": lambda sight, things: {"room": things.room.id, "do": "renew"},
    "POST /studio/{handle}/drafts": lambda sight, things: {"room": things.room.id, "text": "Half said"},
    "POST /studio/{handle}/drafts/{id}/delete": fixed(),
    "POST /app/share": fixed(text="From a phone"),
    "POST /rooms/{id}/read": fixed(seq="1"),
}  # fmt: skip
