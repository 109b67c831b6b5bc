"""Web app manifests: one of the instance, and one of each community, in its colour and under its own icon."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.communities import Community
from channel.i18n import LANGUAGES, translation
from channel.members.queries import readable_rooms
from channel.render import icons
from channel.render.colours import hex_of
from channel.rooms import Room
from channel.routing import ANYONE, VIEWER, route, services_of, viewer_of
from channel.web.places import banned_page, community_of

TYPE: Final = "application/manifest+json"
GROUND: Final = "#f3f0ef"  # the page of a light browser: what is shown until it has painted
MOST_SHORTCUTS: Final = 4  # no launcher shows more
SHORT_CHARS: Final = 12
# What the composer takes: the server looks at the bytes, a phone goes by these.
TAKEN: Final = ("image/*", "video/*", "audio/*", "application/pdf")
SHARE: Final[dict[str, Any]] = {
    "action": "/app/share",
    "method": "POST",
    "enctype": "multipart/form-data",
    "params": {
        "title": "title",
        "text": "text",
        "url": "url",
        "files": [{"name": "files", "accept": list(TAKEN)}],
    },
}


async def of_instance(request: Request) -> Response:
    """GET /manifest.webmanifest?lang=: the same for everybody, so browsers ask for it without cookies."""
    asked = request.query_params.get("lang", "")
    language = asked if asked in LANGUAGES else "en"
    say = translation(language).gettext
    name = getattr(request.app.state, "instance_name", "Channel")
    shortcuts = [
        {"name": say("Rooms"), "url": "/"},
        {"name": say("Unread"), "url": "/?show=unread"},
        {"name": say("Catch me up"), "url": "/catch-up"},
        {"name": say("Search"), "url": "/search"},
    ]
    static = request.app.state.assets.address
    pictures = [
        _icon(static("icons/app-192.png"), 192, icons.PLAIN),
        _icon(static("icons/app-512.png"), 512, icons.PLAIN),
        _icon(static("icons/app-maskable-512.png"), 512, icons.MASKABLE),
    ]
    told = {"id": "/", "start_url": "/", "theme_color": GROUND, "icons": pictures, "shortcuts": shortcuts}
    return _answer(_common(name, language) | told, "public, max-age=3600")


async def of_community(request: Request) -> Response:
    """GET /@{handle}/app.webmanifest: for who may know of the community; a browser asks with its cookies."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        rooms = await readable_rooms(tx, place.by)
    community = place.community
    told = {
        "id": f"/@{community.handle}",
        "start_url": f"/@{community.handle}",
        "theme_color": hex_of(0.42, 0.13, community.hue),
        "icons": [
            _icon(icons.address(community, kind), *icons.KINDS[kind]) for kind in ("192", "512", "m512")
        ],
        "shortcuts": _ways(community, rooms),
    }
    return _answer(_common(community.name, viewer_of(request).language) | told, "private, no-store")


def _common(name: str, language: str) -> dict[str, Any]:
    """What all have. The scope is the whole site: one signs in, pays and looks at other rooms in the same window."""
    return {
        "name": name,
        "short_name": name if len(name) <= SHORT_CHARS else name[:SHORT_CHARS].rstrip(" &·–-,:/"),
        "lang": language,
        "dir": "ltr",
        "scope": "/",
        "display": "standalone",
        # On a computer the page may have the bar of its window: it keeps clear of the controls there (tokens.css).
        "display_override": ["window-controls-overlay", "standalone"],
        "background_color": GROUND,
        "categories": ["social", "news"],
        "prefer_related_applications": False,
        "share_target": SHARE,
    }


def _ways(community: Community, rooms: list[Room]) -> list[dict[str, str]]:
    root = f"/@{community.handle}"
    return [{"name": room.name, "url": f"{root}/{room.slug}"} for room in rooms[:MOST_SHORTCUTS]]


def _icon(address: str, pixels: int, purpose: str) -> dict[str, str]:
    return {"src": address, "sizes": f"{pixels}x{pixels}", "type": "image/png", "purpose": purpose}


def _answer(told: dict[str, Any], cache: str) -> Response:
    return JSONResponse(told, media_type=TYPE, headers={"cache-control": cache})


ROUTES = [
    route("/manifest.webmanifest", of_instance, ANYONE),
    route("/@{handle}/app.webmanifest", of_community, VIEWER),
]
