"""Polls."""

from tests.security.targets.bodies import Filled, fixed

BODIES: dict[str, Filled] = {
    "PUT /api/v1/posts/{id}/vote": fixed(options=[1]),
    "DELETE /api/v1/posts/{id}/vote": fixed(),
    "POST /api/v1/posts/{id}/poll/close": fixed(),
    "POST /studio/{handle}/posts/{id}/poll/close": fixed(),
    "POST /@{handle}/{slug}/{seq}/vote": fixed(options="1"),
}  # fmt: skip
