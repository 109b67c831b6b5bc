"""`/offline`, which stands in for pages that cannot be fetched, and `/app`, which says how this becomes an app."""

from starlette.requests import Request
from starlette.responses import Response

from channel.i18n import LANGUAGES
from channel.routing import ANYONE, Viewer, route, viewer_of
from channel.web.responses import page


async def offline(request: Request) -> Response:
    """GET /offline?lang=: a page of nobody, whoever asks, for a browser to keep. What it lists its scripts know."""
    asked = request.query_params.get("lang", "")
    language = asked if asked in LANGUAGES else viewer_of(request).language
    request.scope["state"]["viewer"] = Viewer(None, language, "")
    return page(request, "offline.html")


async def app(request: Request) -> Response:
    """GET /app"""
    return page(request, "app.html")


ROUTES = [route("/offline", offline, ANYONE), route("/app", app, ANYONE)]
