"""Handing out what posts carry: to whoever may read a post that carries them, asked at every request."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from channel import communities, media, members
from channel.accounts import sessions
from channel.communities import Community
from channel.errors import NotFound
from channel.media import queries
from channel.media.blobs import Shown
from channel.media.chapters import CHAPTERS_TYPE, JSON_NAME, VTT_NAME, as_json, as_vtt, inside
from channel.media.model import Media
from channel.posts import carrying
from channel.render.credentials import SIDECAR
from channel.render.media import media_view
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.viewing import MEDIA_PATH
from channel.web import addresses
from channel.web.responses import page
from channel.web.static import OPEN_TO_ALL

SHOWN: Final = ("picture", "sound", "video")
STREAMED: Final = ("m3u8", "m4s")
PUBLIC: Final = (
    "private, max-age=31536000, immutable"  # no shared cache: it cannot be told when a post is locked
)
PAID: Final = "private, no-store"
VTT_TYPE: Final = "text/vtt; charset=utf-8"
C2PA_TYPE: Final = "application/c2pa"
ASKED_AGAIN: Final = "private, no-cache"  # words to a video can change, and what is handed out
_VARIANT = re.compile(
    r"credentials\.c2pa|[1-9][0-9]{0,4}(-[1-9][0-9]{0,8})?\.(avif|webp)|[1-9][0-9]{0,4}\.(m3u8|m4s)|sound\.(m4a|weba)"
    r"|video\.mp4|stream\.m3u8|captions-[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}\.vtt|chapters\.(vtt|json)"
)
_RANGE = re.compile(r"([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Blob:
    """What is sent: `size` bytes of the store, under headers that do not depend on who asks."""

    key: str
    type: str
    size: int
    public: bool
    disposition: str
    content: bytes | None = None  # of what is in no store
    changes: bool = False  # whether it is handed out, as its people decide
    streamed: bool = False  # pieces of a video and their lists, which name each other by where they lie

    @property
    def etag(self) -> str:
        return f'"{self.key[:32]}"'

    @property
    def cache(self) -> str:
        if not self.public:
            return PAID
        return ASKED_AGAIN if self.changes or self.content is not None else PUBLIC

    @property
    def headers(self) -> dict[str, str]:
        return {
            "accept-ranges": "bytes",
            "cache-control": self.cache,
            "content-disposition": self.disposition,
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
            "etag": self.etag,
            "vary": "authorization, cookie",
            "x-content-type-options": "nosniff",
        }


async def serve(request: Request) -> Response:
    """GET or HEAD /media/{id}/{variant}"""
    media_id, name = request.path_params["id"], request.path_params["variant"]
    blob = await blob_of(request, media_id, name, viewer_of(request).account_id)
    response = await answer(request, blob, lambda: _address(request, media_id, name))
    if blob.public:
        response.headers.update(OPEN_TO_ALL)
    return response


def for_pages_elsewhere(response: Response) -> None:
    """A feed reader that is a web page shows it, too. Not for what depends on a cookie: a page could find out by it."""
    response.headers["cross-origin-resource-policy"] = "cross-origin"


async def serve_signed(request: Request) -> Response:
    """GET or HEAD /m/{token}: what one was sent to, without a cookie. Judged again, by what is theirs now."""
    services, viewer = services_of(request), viewer_of(request)
    told = addresses.read(services.secret, request.path_params["token"], services.db.clock())
    if viewer.account_id is not None and viewer.account_id != told.account_id:
        raise NotFound("There is no such file.")
    if told.account_id is not None:
        async with services.db.read(single=True) as tx:
            if not await sessions.is_open(tx, told.session_id, told.account_id):
                raise NotFound("There is no such file.")
    blob = await blob_of(request, told.media_id, told.name, told.account_id)
    response = await answer(request, blob, lambda: None)
    for_pages_elsewhere(response)  # those of our own host, which is another one
    # And for their scripts, where these fetch pieces of a video.
    response.headers["access-control-allow-origin"] = services.settings.origin
    return response


def _address(request: Request, media_id: str, name: str) -> str | None:
    """Of the same file on the host for media, where there is one; a token has no session that such an address ends with."""
    services, signed = services_of(request), viewer_of(request).signed
    if not services.settings.media_url or (signed and signed.session_id is None):
        return None
    account_id = signed.account.id if signed else None
    told = addresses.Told(media_id, name, account_id, (signed and signed.session_id) or "")
    return f"{services.settings.media_url}{MEDIA_PATH}{addresses.signed(services.secret, told, services.db.clock())}"


async def answer(request: Request, blob: Blob, address: Callable[[], str | None]) -> Response:
    """The bytes, or where they are; `address` is another place of ours, for whole files and parts of them."""
    if named(request.headers.get("if-none-match", ""), blob.etag):
        return Response(status_code=304, headers=blob.headers)
    part = _part(request, blob)
    if part is None:
        refused = blob.headers | {"content-range": f"bytes */{blob.size}"}
        return Response(status_code=416, headers=refused)
    if request.method == "GET" and blob.content is None:
        away = await _elsewhere(request, blob, address)
        if away is not None:
            return away
    start, length = part
    headers = blob.headers | {"content-length": str(length), "content-type": blob.type}
    whole = length == blob.size
    if not whole:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    status = 200 if whole else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_sent(request, blob, start, length), status, headers=headers)


async def _elsewhere(request: Request, blob: Blob, address: Callable[[], str | None]) -> Response | None:
    """On the host for media, by the proxy before us, or from the bucket; None: we send it ourselves.

    What is streamed stays here or goes by the proxy, which changes no address: a list that came from elsewhere would
    have its pieces looked for there.
    """
    to = None if blob.streamed else address()
    if to is not None:
        return _away(to)
    found = await services_of(request).media.blobs.shortcut(
        blob.key, Shown(blob.type, blob.disposition, blob.cache)
    )
    if found is not None and found.inside:
        return Response(headers=blob.headers | {"content-type": blob.type, "x-accel-redirect": found.address})
    return None if found is None or blob.streamed else _away(found.address)


def _away(address: str) -> Response:
    """Neither we nor anybody else may keep where somebody was sent: it is theirs, and good for minutes."""
    return Response(status_code=307, headers={"cache-control": PAID, "location": address})


async def _sent(request: Request, blob: Blob, start: int, length: int) -> AsyncIterator[bytes]:
    if blob.content is not None:
        yield blob.content[start : start + length]
        return
    async for piece in services_of(request).media.blobs.read(blob.key, start, length):
        yield piece


async def blob_of(request: Request, media_id: str, name: str, account_id: str | None) -> Blob:
    """What the address names, for who may have it. Raises NotFound for everything else, whatever the reason."""
    if not (name == "file" or _VARIANT.fullmatch(name)):
        raise NotFound("There is no such file.")
    async with services_of(request).db.read() as tx:
        one, community = await seen(tx, media_id, account_id)
        stranger = await members.entitlement(tx, community, None)
        public = await carrying.is_public(tx, stranger, one)
        caption = next((each for each in one.captions if each.name == name), None)
        if caption is not None:
            text = (await queries.words(tx, one.id, caption.language)).encode()
            return Blob(caption.digest, VTT_TYPE, len(text), public, _called(one, name), text)
    told = _chapters(one, name, public=public) if name in (VTT_NAME, JSON_NAME) else None
    return told or _chosen(one, name, public=public)


def _chapters(one: Media, name: str, *, public: bool) -> Blob | None:
    parts = inside(one.chapters, one.duration_ms)
    if not parts or one.state != "ready":
        return None
    type_, text = VTT_TYPE, as_vtt(parts, one.duration_ms)
    if name == JSON_NAME:
        type_, text = CHAPTERS_TYPE, as_json(parts)
    content = text.encode()
    key = hashlib.sha256(content).hexdigest()
    return Blob(key, type_, len(content), public, _called(one, name), content)


async def seen(tx: Tx, media_id: str, account_id: str | None) -> tuple[Media, Community]:
    """The medium, for who may have it. Raises NotFound."""
    one, by = await seen_by(tx, media_id, account_id)
    return one, await communities.one(tx, by.community_id)


async def seen_by(tx: Tx, media_id: str, account_id: str | None) -> tuple[Media, members.Entitlement]:
    """The medium and what they may do, for who may have it. Raises NotFound."""
    one = await media.one(tx, media_id)
    by = await members.entitlement(tx, await communities.one(tx, one.community_id), account_id)
    if not await carrying.sees(tx, by, one):
        raise NotFound("There is no such file.")
    return one, by


def original(one: Media) -> Blob:
    """What was sent, to be saved: for whom rights.require_original lets through."""
    return Blob(one.sha256, one.type, one.size, public=False, disposition=_saved(one.name))


def _credentials(one: Media, *, public: bool) -> Blob:
    """They themselves, beside what was made of the file: in it they would not fit its bytes any more."""
    if one.proof is None or not one.proof.sha256 or not one.keep_credentials or not one.credentials_fit:
        raise NotFound("There is no such file.")
    name = _saved(f"{_stem(one.name)}.c2pa")
    return Blob(one.proof.sha256, C2PA_TYPE, one.proof.size, public, name, changes=True)


def _saved(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _chosen(one: Media, name: str, *, public: bool) -> Blob:
    """Originals are kept, and not handed out where something was made of them: they may say where they were taken."""
    made = one.variant(name)
    if one.state != "ready":
        raise NotFound("There is no such file.")
    if made is not None:
        streamed = made.format in STREAMED
        return Blob(
            made.sha256, made.type, made.size, public, _called(one, f"x.{made.format}"), streamed=streamed
        )
    if name == SIDECAR:
        return _credentials(one, public=public)
    if name != "file" or not one.as_sent:
        raise NotFound("There is no such file.")
    way = f"inline; filename*=UTF-8''{quote(one.name, safe='')}" if one.kind in SHOWN else _saved(one.name)
    return Blob(one.sha256, one.type, one.size, public, way)


def _called(one: Media, name: str) -> str:
    """Shown, and saved under its sender's name with the suffix of `name`."""
    return f"inline; filename*=UTF-8''{quote(_stem(one.name), safe='')}.{name.rpartition('.')[2]}"


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def named(if_none_match: str, etag: str) -> bool:
    """Whether the browser has it already."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def _part(request: Request, blob: Blob) -> tuple[int, int] | None:
    """(start, length) of what is asked for; all of it for what cannot be understood or is too much; None beyond it.

    RFC 9110, section 14: a server may answer several ranges with the whole.
    """
    whole = (0, blob.size)
    asked = request.headers.get("range", "")
    unit, _, spec = asked.partition("=")
    if not asked or unit.strip().lower() != "bytes" or _changed(request, blob):
        return whole
    parts = spec.split(",")
    if len(parts) != 1:
        return whole
    found = _RANGE.fullmatch(parts[0].strip())
    if found is None or parts[0].strip() == "-":
        return whole
    return _bounds(found[1], found[2], blob.size)


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first:  # the last so many bytes
        length = min(int(last), size)
        return (size - length, length) if length else None
    start = int(first)
    if last and int(last) < start:
        return 0, size
    if start >= size:
        return None
    end = min(int(last), size - 1) if last else size - 1
    return start, end - start + 1


def _changed(request: Request, blob: Blob) -> bool:
    """If-Range: of another version a part is no use. A date says less than a hash, so it never holds."""
    condition = request.headers.get("if-range")
    return condition is not None and condition.strip() != blob.etag


async def credentials(request: Request) -> Response:
    """GET /media/{id}/credentials: what the file says of who made it and how, for who may have the file."""
    async with services_of(request).db.read() as tx:
        one, community = await seen(tx, request.path_params["id"], viewer_of(request).account_id)
    view = media_view(one)
    if not view.credentials.href:
        raise NotFound("There are no content credentials of this file.")
    return page(request, "credentials.html", {"one": view, "said": view.credentials, "community": community})


ROUTES = [
    route("/media/{id}/credentials", credentials, VIEWER),
    route("/media/{id}/{variant}", serve, VIEWER),
    route(MEDIA_PATH + "{token}", serve_signed, VIEWER),
]
