"""oEmbed 1.0 (oembed.com): how another site finds the frame about an address of ours."""

from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from channel.errors import Forbidden, NotFound
from channel.render import views
from channel.render.feeds.xml import add, document, root
from channel.routing import ANYONE, route, services_of
from channel.web import cards
from channel.web.embeds import links
from channel.web.embeds.finding import Address, Shown, shown

LASTS_S: Final = 3_600  # for so long a site need not ask again: the frame itself stays true
MOST_PIXELS: Final = 10_000
KINDS: Final = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
MISSING: Final = "Say which page in url: a whole address of this server, percent-encoded.\n"
SIZES: Final = (
    "maxwidth and maxheight are whole numbers of pixels from 1 to 10,000. Leave them out or mend them.\n"
)
NO_FORMAT: Final = "format is json or xml. Choose one of them, or leave it out for json.\n"
UNKNOWN: Final = "There is nothing at that url that may be shown on other sites.\n"
PRIVATE: Final = "What is at that url is not public.\n"


async def oembed(request: Request) -> Response:
    """GET or HEAD /oembed?url=&format=json|xml&maxwidth=&maxheight="""
    asked = request.query_params
    kind = asked.get("format") or "json"
    if kind not in KINDS:
        return _told(501, NO_FORMAT)
    if not asked.get("url"):
        return _told(400, MISSING)
    width, height = _pixels(asked.get("maxwidth")), _pixels(asked.get("maxheight"))
    if width == 0 or height == 0:
        return _told(400, SIZES)
    try:
        address = Address.parse(_path(services_of(request).settings.url, asked["url"]))
        async with services_of(request).db.read() as tx:
            found = await shown(tx, address, most=1)
    except NotFound:
        return _told(404, UNKNOWN)
    except Forbidden:  # only for a room that is listed for everybody: what is private is not found
        return _told(401, PRIVATE)
    told = _rich(request, found, width or MOST_PIXELS, height or MOST_PIXELS)
    headers = {"cache-control": f"public, max-age={LASTS_S // 60}", "access-control-allow-origin": "*"}
    return Response(_printed(kind, told), headers=headers | {"content-type": KINDS[kind]})


def _pixels(text: str | None) -> int | None:
    """None for nothing, 0 for what is no size."""
    if not text:
        return None
    fits = text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MOST_PIXELS
    return int(text) if fits else 0


def _path(base: str, url: str) -> str:
    """Of an address of ours; what is behind ? and # leads within the page. Raises NotFound."""
    try:
        ours, theirs = urlsplit(base), urlsplit(url)
        same = (ours.hostname, _port(ours)) == (theirs.hostname, _port(theirs))
    except ValueError as error:  # a port that is none, half an IPv6
        raise NotFound("There is no such page.") from error
    if not same or theirs.scheme not in ("http", "https"):
        raise NotFound("There is no such page.")
    return unquote(theirs.path).lower()  # some encode the @, and handles are written as one likes


def _port(parts: SplitResult) -> int | None:
    """None for the usual one of its scheme. Raises ValueError."""
    return None if parts.port == {"http": 80, "https": 443}.get(parts.scheme) else parts.port


def _rich(request: Request, found: Shown, most_width: int, most_height: int) -> dict[str, Any]:
    base, community = services_of(request).settings.url, found.community
    width, height = links.LIST if found.seq is None else links.CARD
    width, height = min(width, most_width), min(height, most_height)
    author = _author(found) or community.name
    made = {
        "version": "1.0",
        "type": "rich",
        "title": found.title,
        "author_name": author,
        "author_url": f"{base}/@{community.handle}",
        "provider_name": request.app.state.instance_name,
        "provider_url": f"{base}/",
        "cache_age": LASTS_S,
        "html": str(links.snippet(links.framed(base, found.page), found.title, width=width, height=height)),
        "width": width,
        "height": height,
    }
    picture, size = cards.picture(request, community)
    if size and size[0] <= most_width and size[1] <= most_height:  # the three go together, or not at all
        made |= {"thumbnail_url": picture, "thumbnail_width": size[0], "thumbnail_height": size[1]}
    return made


def _author(found: Shown) -> str:
    """Of a post; whoever left it under another name is not told by this one."""
    view: views.AnyView | None = found.views[0] if found.seq is not None and found.views else None
    return view.author.name if view and not view.author.gone else ""


def _printed(kind: str, told: dict[str, Any]) -> bytes:
    if kind == "json":
        return msgspec.json.encode(told)
    top = root("oembed", {})
    for name, value in told.items():
        add(top, name, str(value))
    return document(top)


def _told(status: int, words: str) -> Response:
    return Response(words, status, media_type="text/plain")


ROUTES = [route("/oembed", oembed, ANYONE)]
