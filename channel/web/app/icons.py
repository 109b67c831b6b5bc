"""`/app/icons/…` and `/looks/{look}/app-…`: the icon of a community as a home screen wants it."""

import asyncio
import hashlib
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from channel.communities.model import HUES
from channel.errors import NotFound
from channel.looks import queries
from channel.render import icons
from channel.routing import ANYONE, VIEWER, route, services_of, viewer_of
from channel.web.media import PUBLIC, named
from channel.web.static import FOREVER, OPEN_TO_ALL


async def drawn(request: Request) -> Response:
    """GET /app/icons/{hue}-{letters}-{kind}.png"""
    hue, letters, kind = _parts(request.path_params["name"])
    body = await asyncio.to_thread(icons.drawn, hue, letters, kind)
    return Response(body, media_type="image/png", headers={"cache-control": FOREVER, **OPEN_TO_ALL})


def _parts(name: str) -> tuple[int, str, str]:
    """Raises NotFound for what no page names."""
    hue, _, rest = name.partition("-")
    letters, _, kind = rest.rpartition("-")
    plain = len(hue) <= 3 and hue.isascii() and hue.isdigit() and hue == str(int(hue)) and int(hue) < HUES
    upper = letters == icons.NONE or (icons.is_drawable(letters) and letters == letters.upper())
    if not (plain and upper and kind in icons.KINDS):
        raise NotFound("There is no such picture.")
    return int(hue), letters, kind


async def worn(request: Request) -> Response:
    """GET or HEAD /looks/{look}/app-{kind}.png: whoever knows its address sees the picture (looks)."""
    look, kind = request.path_params["look"], request.path_params["kind"]
    if kind not in icons.KINDS:
        raise NotFound("There is no such picture.")
    services = services_of(request)
    async with services.db.read() as tx:
        found = await queries.file(tx, look, icons.face_width(), viewer_of(request).account_id)
    etag = f'"{hashlib.sha256(f"{found.sha256}{kind}".encode()).hexdigest()[:20]}"'
    headers = {"cache-control": PUBLIC, "etag": etag}
    if named(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    content = b"".join([piece async for piece in services.media.blobs.read(found.sha256, 0, found.size)])
    return Response(await asyncio.to_thread(_made, content, kind), media_type="image/png", headers=headers)


@lru_cache(maxsize=64)
def _made(content: bytes, kind: str) -> bytes:
    return icons.worn(content, kind)


ROUTES = [
    route("/app/icons/{name}.png", drawn, ANYONE),
    route("/looks/{look}/app-{kind}.png", worn, VIEWER),
]
