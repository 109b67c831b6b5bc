"""Sending files: in one request, or resumably by tus 1.0.0 (creation, expiration, termination, checksum).

POST   /api/v1/media?community=anna&name=a.jpg   the bytes as the body: 201 with the medium
POST   /api/v1/media          Tus-Resumable, Upload-Length, Upload-Metadata (community, filename, alt): 201, Location
HEAD   /api/v1/media/uploads/{id}                how far it is
PATCH  /api/v1/media/uploads/{id}                the next piece; the last one makes the medium, with the same id
DELETE /api/v1/media/uploads/{id}                given up
"""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import ClassVar, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from channel import media
from channel.api import idempotency
from channel.api.idempotency import Attempt, First
from channel.api.media_shapes import in_hand
from channel.api.responses import PRIVATE, allowed, answer, problem
from channel.errors import ChannelError, Conflict, Invalid, NotFound, Unauthorized
from channel.ids import is_id
from channel.media import queries
from channel.media.desk import CHECKSUMS, Begun, Checksum, Told, Within, spoken
from channel.media.model import Media, Upload
from channel.routing import ANYONE, WRITER, account_of, route, services_of, viewer_of
from channel.storage import Tx

VERSION: Final = "1.0.0"
RESUMABLE: Final = {"Tus-Resumable": VERSION}
EXTENSIONS: Final = "creation,expiration,termination,checksum"
PIECE: Final = "application/offset+octet-stream"
UPLOADS: Final = "/api/v1/media/uploads"
MAX_BODY_BYTES: Final = 2**40  # of these routes alone; what a file may have is told by the desk, as it comes
MAX_METADATA_CHARS: Final = 4_096
MAX_DIGITS: Final = 15

Handler = Callable[[Request], Awaitable[Response]]


class OtherVersion(ChannelError):
    """The protocol of another version."""

    status: ClassVar[int] = 412
    code: ClassVar[str] = "tus_version"


class NotAPiece(ChannelError):
    """A piece of another type than the protocol's."""

    status: ClassVar[int] = 415
    code: ClassVar[str] = "unsupported_media_type"


class LargerThanAny(ChannelError):
    """Announced with more bytes than a file of any kind may have: what the protocol answers by 413."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "too_large"


def _spoken(handler: Handler) -> Handler:
    """Refusals say which protocol is spoken, too."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except ChannelError as error:
            response = problem(request, error)
        response.headers.update(RESUMABLE)
        return response

    return handle


def _of_our_version(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        if request.headers.get("tus-resumable") != VERSION:
            raise OtherVersion("Send the header Tus-Resumable: 1.0.0.")
        return await handler(request)

    return _spoken(handle)


async def options(request: Request) -> Response:
    """OPTIONS /api/v1/media: what of the protocol is spoken here."""
    if viewer_of(request).signed is None and "authorization" in request.headers:
        raise Unauthorized("This token is unknown, revoked or expired.")
    told = {
        "Allow": allowed(request),
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(services_of(request).media.limits.most),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return Response(status_code=204, headers=RESUMABLE | told)


async def create(request: Request) -> Response:
    """POST /api/v1/media: begin a resumable upload, or send all of it in this request."""
    services_of(request).limiter.hit("upload", account_of(request).id)
    if "tus-resumable" in request.headers:
        return await _of_our_version(_begin)(request)
    return await _whole(request)


async def _begin(request: Request) -> Response:
    metadata, length = request.headers.get("upload-metadata", ""), request.headers.get("upload-length", "")
    told, size, account_id = _metadata(metadata), _number(length, "Upload-Length"), account_of(request).id
    if size > (most := services_of(request).media.limits.most):
        raise LargerThanAny(f"A file has at most {spoken(most)}. Send a smaller one.")
    attempt = _attempt(request, account_id, f"{length} {metadata}".encode())
    try:
        upload = await services_of(request).media.begin(
            _named(told.get("community", "")), account_id,
            size=size, name=told.get("filename", ""), alt=told.get("alt", ""),
            within=None if attempt is None else _begun_once(request, attempt),
        )  # fmt: skip
    except Again as again:
        upload = msgspec.json.decode(again.first.body, type=Upload)
    return Response(status_code=201, headers=_standing(upload) | {"Location": f"{UPLOADS}/{upload.id}"})


async def _whole(request: Request) -> Response:
    known = {"community", "name", "alt"}
    asked = request.query_params
    if unknown := sorted(asked.keys() - known):
        raise Invalid({unknown[0][:40]: "There is no such parameter here. Leave it out."})
    desk = services_of(request).media
    length = request.headers.get("content-length")
    size = desk.limits.most if length is None else _number(length, "Content-Length")
    told = Told(size, asked.get("name", ""), asked.get("alt", ""), exact=length is not None)
    community, account_id = _named(asked.get("community", "")), account_of(request).id
    try:
        made = await desk.take(community, account_id, request.stream(), told, _once(request, account_id))
        body = _encoded(made)
    except Again as again:
        body = again.first.body
    response = answer(body, 201)
    response.headers["Location"] = f"/api/v1/media/{msgspec.json.decode(body)['id']}"
    return response


def _named(community: str) -> str:
    if not community:
        raise Invalid(community="Name the community that the file is for, by its handle.")
    return community


class Again(Exception):
    """This was sent before under the same Idempotency-Key."""

    def __init__(self, first: First) -> None:
        super().__init__()
        self.first = first


def _attempt(request: Request, account_id: str, content: bytes) -> Attempt | None:
    """The Idempotency-Key, if there is one; `content` is what counts as the body. Raises Invalid."""
    key = request.headers.get(idempotency.HEADER)
    if key is None:
        return None
    asked = "&".join(f"{name}={value}" for name, value in sorted(request.query_params.items()))
    sent = (request.method, f"{request.url.path}?{asked}", content)
    return Attempt.parse(key, account_id=account_id, network=viewer_of(request).network, request=sent)


def _begun_once(request: Request, attempt: Attempt) -> Begun:
    """The key of a beginning, remembered with it. What is told again is the first answer: HEAD says how far it is by now."""
    secret = services_of(request).secret

    async def within(tx: Tx, begin: Callable[[], Awaitable[Upload]]) -> Upload:
        first = await idempotency.begin(tx, attempt, secret)
        if first is not None:
            raise Again(first)
        upload = await begin()
        await idempotency.finish(tx, attempt, secret, First(201, msgspec.json.encode(upload)))
        return upload

    return within


def _once(request: Request, account_id: str) -> Within | None:
    """The key of a file in one request, remembered with the medium: its body is the file's hash. Raises Invalid."""
    if _attempt(request, account_id, b"") is None:
        return None
    secret = services_of(request).secret

    async def within(tx: Tx, sha256: str, make: Callable[[], Awaitable[Media]]) -> Media:
        attempt = _attempt(request, account_id, sha256.encode())
        assert attempt is not None
        first = await idempotency.begin(tx, attempt, secret)
        if first is not None:
            raise Again(first)
        made = await make()
        await idempotency.finish(tx, attempt, secret, First(201, _encoded(made)))
        return made

    return within


def _encoded(made: Media) -> bytes:
    return msgspec.json.encode(in_hand(made, own=True))


async def head(request: Request) -> Response:
    """HEAD /api/v1/media/uploads/{id}: how far it is. One whose last answer was lost is finished now."""
    upload = await _upload(request)
    if isinstance(upload, Media):
        return Response(status_code=200, headers=_done(upload))
    if upload.complete:
        return Response(status_code=200, headers=_done(await services_of(request).media.finish(upload)))
    return Response(status_code=200, headers=_standing(upload))


async def patch(request: Request) -> Response:
    """PATCH /api/v1/media/uploads/{id}: take the next piece. The last one makes the medium, before it is answered."""
    services_of(request).limiter.hit("upload_piece", account_of(request).id)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PIECE:
        raise NotAPiece(f"Send a piece as {PIECE}.")
    offset = _number(request.headers.get("upload-offset", ""), "Upload-Offset")
    upload = await _upload(request)
    received = upload.size if isinstance(upload, Media) else upload.received
    if offset != received:
        raise Conflict(f"{received} bytes are here. Go on from there.", code="wrong_offset", offset=received)
    if isinstance(upload, Media):
        return Response(status_code=204, headers=_done(upload))
    desk = services_of(request).media
    if not upload.complete:
        upload = await desk.write(upload, request.stream(), _checksum(request.headers.get("upload-checksum")))
    if upload.complete:
        return Response(status_code=204, headers=_done(await desk.finish(upload)))
    return Response(status_code=204, headers=_standing(upload))


async def terminate(request: Request) -> Response:
    """DELETE /api/v1/media/uploads/{id}: give it up."""
    upload = await _upload(request)
    if isinstance(upload, Media):
        raise NotFound("This upload is finished. Delete what it became.")
    await services_of(request).media.drop(upload)
    return Response(status_code=204, headers=PRIVATE)


async def _upload(request: Request) -> Upload | Media:
    """The caller's upload, or what it has become. Raises NotFound, also for somebody else's."""
    upload_id, account_id = request.path_params["id"], account_of(request).id
    if not is_id(upload_id):
        raise NotFound
    async with services_of(request).db.read() as tx:
        made = (await media.many(tx, [upload_id])).get(upload_id)
        if made is not None and made.owner_id == account_id:
            return made
        return await queries.upload(tx, upload_id, account_id)


def _standing(upload: Upload) -> dict[str, str]:
    expires = formatdate(upload.expires_at / 1000, usegmt=True)
    return PRIVATE | {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": expires,
    }


def _done(made: Media) -> dict[str, str]:
    return PRIVATE | {"Upload-Offset": str(made.size), "Upload-Length": str(made.size)}


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Invalid({name: "Send the number of bytes in this header."})
    return int(text)


def _metadata(header: str) -> Mapping[str, str]:
    """Upload-Metadata: names, each with a value in base64. Raises Invalid."""
    if len(header) > MAX_METADATA_CHARS:
        raise Invalid({"Upload-Metadata": "This header is too long. Send less in it."})
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, header.split(","))):
        name, _, value = part.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise Invalid({"Upload-Metadata": "Each value in this header is UTF-8 in base64."}) from error
    return found


def _checksum(header: str | None) -> Checksum | None:
    """Upload-Checksum: an algorithm and a digest in base64. Raises Invalid."""
    if header is None:
        return None
    name, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid({"Upload-Checksum": "The digest is in base64."}) from error
    if name not in CHECKSUMS or len(digest) != hashlib.new(name, usedforsecurity=False).digest_size:
        raise Invalid({"Upload-Checksum": "Send sha256 or sha1, and the digest in base64."})
    return Checksum(name, digest)


_ONE = UPLOADS + "/{id}"
ROUTES = [
    route("/api/v1/media", options, ANYONE, methods=("OPTIONS",)),
    route("/api/v1/media", _spoken(create), WRITER, methods=("POST",), max_body_bytes=MAX_BODY_BYTES),
    route(_ONE, _of_our_version(head), WRITER, methods=("HEAD",)),
    route(_ONE, _of_our_version(patch), WRITER, methods=("PATCH",), max_body_bytes=MAX_BODY_BYTES),
    route(_ONE, _of_our_version(terminate), WRITER, methods=("DELETE",)),
]
