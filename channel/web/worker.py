"""The service worker: one script for the whole site, made of the files in static/sw.

It lies at the root, since a worker rules no address above its own, and is asked again each time, so that nobody is kept
by an old one.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.routing import ANYONE, route
from channel.web.static import Asset, answer, static_folder

FIRST: Final = "main.js"
# What the worker itself may load: a worker is ruled by the policy of its own answer, not by that of a page.
WORKER_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


async def worker(request: Request) -> Response:
    """GET /sw.js"""
    response = answer(request, script(), "no-cache")
    response.headers["service-worker-allowed"] = "/"
    response.headers["content-security-policy"] = WORKER_POLICY
    return response


@cache
def script() -> Asset:
    """All parts in one; each in a block, so that no name of one is a name of another."""
    content = "\n".join(map(_part, _parts(static_folder() / "sw"))).encode()
    return Asset(content, None, "text/javascript", f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.js"), key=lambda part: (part.name != FIRST, part.name))


def _part(part: Path) -> str:
    return f"// {part.name}\n(() => {{\n{part.read_text('utf-8')}}})();\n"


ROUTES = [route("/sw.js", worker, ANYONE)]
