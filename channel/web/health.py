"""What machines ask: is it alive, does it take writes, how is it; and what robots may read."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from channel.errors import Unauthorized, Unavailable
from channel.metrics import CONTENT_TYPE, text
from channel.routing import ADMIN, ANYONE, route, services_of, viewer_of
from channel.watch import Watch, families

READY_WITHIN_S = 3.0
REFUSED = (
    "channel.server.refused"  # our own server's, in the state of every request: what it refused by itself
)
NO_STORE = {"cache-control": "no-store"}


async def health(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


async def ready(request: Request) -> Response:
    """Writes can be acknowledged now: one is made."""
    status, code = "ok", 200
    if getattr(request.app.state, "draining", False):
        status, code = "draining", 503
    else:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await services_of(request).db.ping()
        except (Unavailable, TimeoutError):
            status, code = "cannot write", 503
    return JSONResponse({"status": status}, code, headers=NO_STORE)


async def metrics(request: Request) -> Response:
    """What this node counts, in the Prometheus text format, for a token that may run the instance.

    A session does not count here: the address is answered under any host name, see viewing.py.
    """
    if viewer_of(request).by_cookie:
        raise Unauthorized(
            "This address is for programs: it takes the token of an admin, with the scope admin."
        )
    watch: Watch = request.app.state.watch
    await watch.ask()
    refused = request.scope["state"].get(REFUSED, {})
    return Response(text(families(watch, refused)), media_type=CONTENT_TYPE, headers=NO_STORE)


async def robots(request: Request) -> Response:
    """Public pages may be found; nothing else."""
    text = "User-agent: *\nDisallow: /api/\nDisallow: /studio/\nDisallow: /join/\nDisallow: /account\nDisallow: /admin\n"
    return PlainTextResponse(text, headers={"cache-control": "public, max-age=3600"})


async def icon(request: Request) -> Response:
    """GET or HEAD /favicon.ico and /apple-touch-icon.png: by these names programs look for it that read no page.

    Feed readers, bookmarks, link cards of messengers.
    """
    content = request.app.state.assets.content("icons/app-192.png")
    return Response(content, media_type="image/png", headers={"cache-control": "public, max-age=86400"})


ROUTES = [
    route("/favicon.ico", icon, ANYONE),
    route("/apple-touch-icon.png", icon, ANYONE),
    route("/apple-touch-icon-precomposed.png", icon, ANYONE),
    route("/health", health, ANYONE),
    route("/ready", ready, ANYONE),
    route("/metrics", metrics, ADMIN),
    route("/robots.txt", robots, ANYONE),
]
