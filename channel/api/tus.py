"""How files are sent, in the words of OpenAPI: uploads.py answers by headers, which no Endpoint can say.

A client for tus 1.0.0 can be written from this alone.
"""

from typing import Any, Final

from channel.media.desk import CHECKSUMS
from channel.media.model import MAX_ALT_CHARS

Described = dict[str, Any]

MEDIA: Final = "/api/v1/media"
UPLOAD: Final = "/api/v1/media/uploads/{id}"
PIECE: Final = "application/offset+octet-stream"
MOST: Final = 2**53 - 1
KNOWN: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"cookie": []}]
SENDER: Final = {"who": "signed_in", "scope": "post"}
# Where no Idempotency-Key is taken there is a reason why a repeated call does no harm.
BY_OFFSET: Final = (
    "by offset: a piece counts only at the offset where the upload stands, so a piece that is sent twice is refused with "
    "409 the second time, and HEAD says where to go on"
)
BY_ABSENCE: Final = "by absence: what was given up is gone, and giving it up again is answered 404"
BY_READING: Final = "by reading: nothing changes"


def _bytes(about: str) -> Described:
    return {"description": about, "schema": {"type": "integer", "minimum": 0, "maximum": MOST}}


VERSION: Final[Described] = {
    "description": "The protocol's version, `1.0.0`.",
    "schema": {"type": "string", "const": "1.0.0"},
}
LENGTH: Final = _bytes("How many bytes the whole file has.")
OFFSET: Final = _bytes("How many bytes of it are safe here: where to go on.")
EXPIRES: Final[Described] = {
    "description": "An HTTP date (RFC 9110). An upload that nobody goes on with is thrown away then, 24 hours after its last "
    "piece; from then on it is answered 404.",
    "schema": {"type": "string"},
}
METADATA: Final[Described] = {
    "description": "Names, each with its value in base64 of UTF-8, with commas between: `community YW5uYQ==,filename YS5wZGY=`. "
    f"`community` is the handle it is for, and required; `filename`; `alt`, at most {MAX_ALT_CHARS:,} characters. "
    "Others are ignored.",
    "schema": {"type": "string", "maxLength": 4_096},
}
CHECKSUM: Final[Described] = {
    "description": f"Of this piece: {' or '.join(f'`{name}`' for name in CHECKSUMS)}, a space, and the digest in base64. A piece "
    "that arrives changed is thrown away whole, with 460.",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^(sha256|sha1) [A-Za-z0-9+/]+={0,2}$"},
}
LOCATION: Final[Described] = {
    "description": "Where it is: of an upload, where its pieces go; its last part is the id of the medium that it becomes. Of a "
    "file in one request, the medium.",
    "schema": {"type": "string"},
}


def _header(name: str, told: Described, *, required: bool) -> Described:
    about = {"description": told["description"], "schema": told["schema"]}
    return {"name": name, "in": "header", "required": required, **about}


def _query(name: str, about: str, most: int) -> Described:
    schema = {"type": "string", "maxLength": most}
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


SPOKEN: Final = _header("Tus-Resumable", VERSION, required=True)
ID: Final[Described] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}


def _answer(about: str, **headers: Described) -> Described:
    told = {"Tus-Resumable": VERSION} | {name.replace("_", "-"): told for name, told in headers.items()}
    return {"description": about, "headers": told}


def _refused(*statuses: int) -> Described:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _call(name: str, summary: str, about: str, **more: Any) -> Described:
    return {
        "operationId": name, "tags": ["media"], "summary": summary, "description": about, "security": KNOWN,
        "x-policy": SENDER, **more,
    }  # fmt: skip


ASK: Final = _call(
    "ask_how_to_send", "Ask how files are sent",
    "What of tus is spoken here, and how large one file may be. Nobody needs to be signed in.",
    **{"security": [*KNOWN, {}], "x-policy": {"who": "anyone", "scope": "read"}, "x-idempotent": BY_READING},
    parameters=[],
    responses={"204": _answer(
        "What is spoken",
        Tus_Version=VERSION,
        Tus_Extension={"description": "`creation,expiration,termination,checksum`", "schema": {"type": "string"}},
        Tus_Max_Size=_bytes("Bytes that one file may have, whatever its kind; pictures and sounds may have less."),
        Tus_Checksum_Algorithm={"description": f"`{','.join(CHECKSUMS)}`", "schema": {"type": "string"}},
    )} | _refused(401, 404, 422, 429, 503),
)  # fmt: skip

SEND: Final = _call(
    "send_media", "Send a file, or begin to",
    "With `Tus-Resumable` an upload begins: send `Upload-Length` and `Upload-Metadata` and no body, and then the pieces to "
    "`Location`, by `PATCH`. Without it the body is the whole file, told of by `community`, `name` and `alt` in the query, and the "
    "answer is the medium. Its bytes alone decide what it is; a body's `Content-Type` is not looked at. With an "
    "`Idempotency-Key`, what counts as the body is the file itself, or the two headers of an upload, and a repeated beginning "
    "is given the first answer: ask by `HEAD` how far it is by now. 413: `Upload-Length` is above `Tus-Max-Size`; 422: above what "
    "may be sent of its kind, or nothing; 409 `media_full`: the community's space is used up; 429: too many at once.",
    parameters=[
        _query("community", "the handle it is for, when all of it is sent in this request", 100),
        _query("name", "the file's name", 1_000),
        _query("alt", "for who does not see it", MAX_ALT_CHARS),
        _header("Tus-Resumable", VERSION, required=False),
        _header("Upload-Length", LENGTH, required=False),
        _header("Upload-Metadata", METADATA, required=False),
        {"$ref": "#/components/parameters/IdempotencyKey"},
    ],
    requestBody={
        "required": False, "description": "the whole file; nothing when an upload begins",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    responses={"201": _answer(
        "The upload has begun, or the file is safe",
        Location=LOCATION,
        Upload_Offset=_bytes("`0`, of an upload."),
        Upload_Length=LENGTH,
        Upload_Expires=EXPIRES,
    ) | {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Medium"}}}}}
    | _refused(400, 401, 403, 404, 409, 412, 413, 422, 429, 503, 507),
)  # fmt: skip

HOW_FAR: Final = _call(
    "get_upload", "Ask how far an upload is",
    "Where to go on after a connection broke. An upload that is complete is finished by this, too; what it became is answered "
    "as a complete upload.",
    **{"x-idempotent": BY_READING},
    parameters=[ID, SPOKEN],
    responses={"200": _answer(
        "How far it is", Upload_Offset=OFFSET, Upload_Length=LENGTH, Upload_Expires=EXPIRES,
        Cache_Control={"description": "`private, no-store`", "schema": {"type": "string"}},
    )} | _refused(400, 401, 403, 404, 409, 412, 422, 429, 503, 507),
)  # fmt: skip

NEXT: Final = _call(
    "send_piece", "Send the next piece of an upload",
    "Bytes from `Upload-Offset` on, as many as fit. What arrived before a connection broke stays (with `Upload-Checksum`: the "
    "piece counts whole or not at all). The last piece is answered when the file is safe and is a medium, whose id is the "
    "upload's. Refused: 409 `wrong_offset` when it is at another offset, 409 `upload_busy` while another connection sends, "
    "422 for more than was announced or a kind that may not be so large (the upload is gone then), 460 for a checksum "
    "that does not fit.",
    **{"x-idempotent": BY_OFFSET},
    parameters=[
        ID, SPOKEN,
        _header("Upload-Offset", OFFSET, required=True),
        _header("Upload-Checksum", CHECKSUM, required=False),
    ],
    requestBody={
        "required": True, "description": "the bytes",
        "content": {PIECE: {"schema": {"type": "string", "format": "binary"}}},
    },
    responses={"204": _answer(
        "The piece is safe", Upload_Offset=OFFSET, Upload_Length=LENGTH, Upload_Expires=EXPIRES,
    )} | _refused(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 460, 503, 507),
)  # fmt: skip

GIVE_UP: Final = _call(
    "give_up_upload", "Give an upload up",
    "What has arrived is thrown away. One that is finished is a medium by now, and answered 404 here.",
    **{"x-idempotent": BY_ABSENCE},
    parameters=[ID, SPOKEN],
    responses={"204": _answer("It is gone")} | _refused(400, 401, 403, 404, 412, 422, 429, 503, 507),
)  # fmt: skip

PATHS: Final[dict[str, dict[str, Described]]] = {
    MEDIA: {"options": ASK, "post": SEND},
    UPLOAD: {"head": HOW_FAR, "patch": NEXT, "delete": GIVE_UP},
}
