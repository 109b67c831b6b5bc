"""The service worker: one script for the whole site, made of the files in static/sw.

It lies at the root, since a worker rules no address above its own, and is asked again each time, so that nobody is kept
by an old one.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.routing import ANYONE, route
from channel.web.static import Asset, Assets, answer, static_folder

FIRST: Final = "main.js"
STYLES: Final = ("app.css", "css/hues.css", "css/topics.css", "icons/sprite.svg")
# What the worker itself may load: a worker is ruled by the policy of its own answer, not by that of a page.
WORKER_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


async def worker(request: Request) -> Response:
    """GET /sw.js"""
    response = answer(request, script(request.app.state.assets), "no-cache")
    response.headers["service-worker-allowed"] = "/"
    response.headers["content-security-policy"] = WORKER_POLICY
    return response


@lru_cache(8)  # one process may build more than one application
def script(assets: Assets) -> Asset:
    """All parts in one; each in a block, so that no name of one is a name of another.

    With the addresses of what rooms need to work without a network: another version of them is another worker.
    """
    needed = [assets.address(path) for path in assets.paths if path.startswith("js/") or path in STYLES]
    parts = [*map(_part, _parts(static_folder() / "sw")), f"self.channel.needed = {json.dumps(needed)};\n"]
    content = "\n".join(parts).encode()
    return Asset(content, None, "text/javascript", f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.js"), key=lambda part: (part.name != FIRST, part.name))


def _part(part: Path) -> str:
    return f"// {part.name}\n(() => {{\n{part.read_text('utf-8')}}})();\n"


ROUTES = [route("/sw.js", worker, ANYONE)]
