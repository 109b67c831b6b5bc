"""How pictures of one's own are sent, in the words of OpenAPI: looks.py and emotes.py take bytes, which no Endpoint can say."""

from typing import Any, Final

from channel.emotes.model import MAX_BYTES as MAX_EMOJI_BYTES
from channel.looks.model import MAX_BYTES, MAX_ZOOM
from channel.media.desk import spoken

Described = dict[str, Any]

KNOWN: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"cookie": []}]
BY_STATE: Final = "by state: the picture that is sent is the one that is there, however often it is sent"
PICTURE: Final = "application/octet-stream"
LOOK: Final = {"who": "role", "scope": "manage", "action": "edit_community"}
REFUSED: Final = (400, 401, 403, 404, 409, 413, 422, 429, 503, 507)
NAME: Final = "the name of the emoji, without colons; one that is there gets another picture"


def _path(name: str, about: str) -> Described:
    return {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string"}}


def _number(name: str, about: str, low: int, high: int) -> Described:
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


CUT: Final = (
    _number("x", "where the piece lies between the left edge (0) and the right one (100)", 0, 100),
    _number("y", "where it lies between the upper edge (0) and the lower one (100)", 0, 100),
    _number("zoom", "how much larger than it fits it is shown, in percent", 100, MAX_ZOOM),
)
HANDLE: Final = _path("handle", "the community's handle")


def _put(name: str, summary: str, about: str, answers: str, **more: Any) -> Described:
    refused = {str(status): {"$ref": f"#/components/responses/{status}"} for status in REFUSED}
    shown = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answers}"}}}
    bytes_ = {"schema": {"type": "string", "format": "binary"}}
    return {
        "operationId": name, "summary": summary, "description": about, "security": KNOWN, "x-policy": LOOK,
        "x-idempotent": BY_STATE, "tags": ["communities"],
        "requestBody": {
            "required": True, "content": {PICTURE: bytes_},
            "description": "the picture: JPEG, PNG, WebP, GIF or AVIF, known by its bytes whatever its Content-Type says",
        },
        "responses": {"200": {"description": summary, "content": shown}} | refused,
    } | more  # fmt: skip


MOST: Final = f"At most {spoken(MAX_BYTES)}. "
PATHS: Final[dict[str, dict[str, Described]]] = {
    "/api/v1/me/avatar": {
        "put": _put(
            "set_my_avatar", "Show a picture of me",
            MOST + "A square of it is kept, in 96 and 256 pixels; of an animation its first picture.", "MyAccount",
            parameters=[*CUT], tags=["account"], **{"x-policy": {"who": "signed_in", "scope": "post"}},
        )
    },
    "/api/v1/communities/{handle}/avatar": {
        "put": _put(
            "set_community_avatar", "Show a picture of a community",
            MOST + "A square of it is kept, in 96 and 256 pixels; of an animation its first picture.", "Community",
            parameters=[HANDLE, *CUT],
        )
    },
    "/api/v1/communities/{handle}/cover": {
        "put": _put(
            "set_community_cover", "Show a cover of a community",
            MOST + "A piece of it of the shape 16:9 is kept, 640 and 1280 pixels wide.", "Community",
            parameters=[HANDLE, *CUT],
        )
    },
    "/api/v1/communities/{handle}/emoji/{name}": {
        "put": _put(
            "put_emoji", "Add an emoji, or give it another picture",
            f"At most {spoken(MAX_EMOJI_BYTES)}. All of it is kept, in a square.", "Emoji",
            parameters=[HANDLE, _path("name", NAME)],
        )
    },
}  # fmt: skip
