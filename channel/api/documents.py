"""Where the API is found, and where it describes itself: for programs (JSON) and for people (a page)."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channel.api import asyncapi, emotes, hooks, looks, openapi, reference, uploads
from channel.api.codes import CODES
from channel.api.endpoint import built
from channel.api.v1 import ENDPOINTS
from channel.routing import ANYONE, route, services_of
from channel.settings import Settings

# Renders pages/{template} for the request's viewer; app.py hands it in, because pages are made next door.
Page = Callable[[Request, str, Mapping[str, Any]], Response]
PUBLIC = {"Cache-Control": "no-cache"}


def routes(page: Page) -> list[Route]:
    """All routes below /api."""

    async def reference_page(request: Request) -> Response:
        document = _openapi(services_of(request).settings)
        shown = {"groups": reference.groups(document), "info": document["info"], "codes": CODES}
        return page(request, "api.html", shown)

    return [
        *(built(endpoint) for endpoint in ENDPOINTS),
        *hooks.ROUTES,
        *uploads.ROUTES,
        *looks.ROUTES,
        *emotes.ROUTES,
        route("/api/openapi.json", openapi_json, ANYONE),
        route("/api/asyncapi.json", asyncapi_json, ANYONE),
        route("/api/docs", reference_page, ANYONE),
    ]


@lru_cache(maxsize=2)
def _openapi(settings: Settings) -> dict[str, Any]:
    return openapi.document(ENDPOINTS, settings)


async def openapi_json(request: Request) -> Response:
    """The HTTP API as OpenAPI 3.1."""
    return _json(_openapi(services_of(request).settings))


async def asyncapi_json(request: Request) -> Response:
    """The live protocol as AsyncAPI 3.0."""
    return _json(asyncapi.document(services_of(request).settings))


def _json(document: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(document), headers=PUBLIC, media_type="application/json")
