"""Polls."""

from tests.security.targets.bodies import Filled, _fixed

BODIES: dict[str, Filled] = {
    "PUT /api/v1/posts/{id}/vote": _fixed(options=[1]),
    "DELETE /api/v1/posts/{id}/vote": _fixed(),
    "POST /api/v1/posts/{id}/poll/close": _fixed(),
    "POST /studio/{handle}/posts/{id}/poll/close": _fixed(),
    "POST /@{handle}/{slug}/{seq}/vote": _fixed(options="1"),
}  # fmt: skip
