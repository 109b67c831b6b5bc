"""Handing out pictures and files: to whoever may read a post that carries them, asked at every request."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from channel import communities, media, members
from channel.errors import NotFound
from channel.ids import is_id
from channel.media.model import Media
from channel.posts import carrying
from channel.routing import VIEWER, route, services_of, viewer_of

SHOWN: Final = ("picture", "sound", "video")
PUBLIC: Final = (
    "private, max-age=31536000, immutable"  # no shared cache: it cannot be told when a post is locked
)
PAID: Final = "private, no-store"
_VARIANT = re.compile(r"[1-9][0-9]{0,4}\.(avif|webp)")
_RANGE = re.compile(r"([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Blob:
    """What is sent: `size` bytes of the store, under headers that do not depend on who asks."""

    key: str
    type: str
    size: int
    public: bool
    disposition: str

    @property
    def etag(self) -> str:
        return f'"{self.key[:32]}"'

    @property
    def headers(self) -> dict[str, str]:
        return {
            "accept-ranges": "bytes",
            "cache-control": PUBLIC if self.public else PAID,
            "content-disposition": self.disposition,
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
            "etag": self.etag,
            "vary": "cookie",
            "x-content-type-options": "nosniff",
        }


async def serve(request: Request) -> Response:
    """GET or HEAD /media/{id}/{variant}"""
    blob = await _blob(request)
    if _named(request.headers.get("if-none-match", ""), blob.etag):
        return Response(status_code=304, headers=blob.headers)
    part = _part(request, blob)
    if part is None:
        refused = blob.headers | {"content-range": f"bytes */{blob.size}"}
        return Response(status_code=416, headers=refused)
    start, length = part
    headers = blob.headers | {"content-length": str(length), "content-type": blob.type}
    whole = length == blob.size
    if not whole:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    status = 200 if whole else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_sent(request, blob, start, length), status, headers=headers)


async def _sent(request: Request, blob: Blob, start: int, length: int) -> AsyncIterator[bytes]:
    async for piece in services_of(request).media.blobs.read(blob.key, start, length):
        yield piece


async def _blob(request: Request) -> Blob:
    """What the address names, for who may have it. Raises NotFound for everything else, whatever the reason."""
    media_id, name = request.path_params["id"], request.path_params["variant"]
    if not is_id(media_id) or not (name == "file" or _VARIANT.fullmatch(name)):
        raise NotFound("There is no such file.")
    async with services_of(request).db.read() as tx:
        one = await media.one(tx, media_id)
        community = await communities.one(tx, one.community_id)
        by = await members.entitlement(tx, community, viewer_of(request).account_id)
        if not await carrying.sees(tx, by, one):
            raise NotFound("There is no such file.")
        stranger = await members.entitlement(tx, community, None)
        public = await carrying.is_public(tx, stranger, one)
    return _chosen(one, name, public=public)


def _chosen(one: Media, name: str, *, public: bool) -> Blob:
    """Originals of pictures are kept, and never handed out: they may say where they were taken."""
    made = one.variant(name)
    if one.state != "ready":
        raise NotFound("There is no such file.")
    if made is not None:
        shown = f"inline; filename*=UTF-8''{quote(_stem(one.name), safe='')}.{made.format}"
        return Blob(made.sha256, f"image/{made.format}", made.size, public, shown)
    if name != "file" or one.kind == "picture":
        raise NotFound("There is no such file.")
    way = "inline" if one.kind in SHOWN else "attachment"
    return Blob(one.sha256, one.type, one.size, public, f"{way}; filename*=UTF-8''{quote(one.name, safe='')}")


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _named(if_none_match: str, etag: str) -> bool:
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


ROUTES = [route("/media/{id}/{variant}", serve, VIEWER)]
