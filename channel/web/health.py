"""What machines ask: is it alive, does it take writes; and what robots may read."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from channel.errors import Unavailable
from channel.routing import ANYONE, route, services_of

READY_WITHIN_S = 3.0


async def health(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


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
    return JSONResponse({"status": status}, code, headers={"cache-control": "no-store"})


async def robots(request: Request) -> Response:
    """Public pages may be found; nothing else."""
    text = "User-agent: *\nDisallow: /api/\nDisallow: /studio/\nDisallow: /join/\nDisallow: /account\nDisallow: /admin\n"
    return PlainTextResponse(text, headers={"cache-control": "public, max-age=3600"})


ROUTES = [
    route("/health", health, ANYONE),
    route("/ready", ready, ANYONE),
    route("/robots.txt", robots, ANYONE),
]
