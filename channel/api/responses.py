"""What goes back: JSON, and problems by RFC 9457."""

import logging

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from channel.errors import ChannelError, Invalid, TooMany, Unauthorized, Unavailable
from channel.i18n import translate_error
from channel.routing import Viewer

log = logging.getLogger(__name__)

# Even a public answer may hold what only this caller may see, so no cache keeps any.
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
PROBLEM_TYPE = "application/problem+json"
# What stands in the HTTP specification and has no error class of ours.
TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    412: "Another version",
    460: "Changed on its way",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not acceptable as it is",
    426: "Upgrade required",
    429: "Too many",
    500: "Something broke",
    503: "Not now",
    507: "Disk full",
}
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
DETAILS = {404: "There is nothing here.", 405: "This address does not take that method."}


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the input and what to do about it."""

    field: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a call was refused. `code` is stable; `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []
    request_id: str = ""


def answer(body: bytes, status: int = 200) -> Response:
    """An answer of the API; without a body, 204."""
    if status == 204:
        return Response(status_code=204, headers=PRIVATE)
    return Response(body, status, headers=PRIVATE, media_type="application/json")


def problem(request: Request, error: Exception) -> Response:
    """Any failure below /api as problem+json. A bug is logged with its trace and told as 500, no more."""
    if isinstance(error, HTTPException):
        return _of_http(request, error)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody is there to read it
    if not isinstance(error, ChannelError):
        log.error("unexpected failure in %s %s", request.method, request.url.path, exc_info=error)
        return _print(
            request, 500, "broken", "Something broke; we know. Nothing is known about your call's effect."
        )
    headers: dict[str, str] = {}
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 426:
        headers["Upgrade"] = "websocket"
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    fields = (
        {name: _said(request, text) for name, text in error.fields.items()}
        if isinstance(error, Invalid)
        else {}
    )
    return _print(
        request, error.status, error.code, _said(request, error.detail), fields=fields, headers=headers
    )


def _said(request: Request, text: str) -> str:
    """In the language of whoever reads it on one of our own pages; programs get English."""
    viewer: Viewer | None = request.scope.get("state", {}).get("viewer")
    return translate_error(viewer.language, text) if viewer is not None and viewer.by_cookie else text


def _of_http(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = allowed(request, "OPTIONS")
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    code = CODES.get(status, "refused")
    return _print(request, status, code, DETAILS.get(status, str(error.detail)), headers=headers)


def allowed(request: Request, *more: str) -> str:
    """Every method that this address takes: the router knows only the first route that fits."""
    methods = set(more)
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods))


def _print(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    fields: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    shown = Problem(
        type=f"/api/docs#error-{code}",
        title=TITLES.get(status, "Refused"),
        status=status,
        code=code,
        detail=detail,
        errors=[FieldProblem(field=name, detail=text) for name, text in (fields or {}).items()],
        request_id=str(request.scope.get("state", {}).get("request_id", "")),
    )
    return Response(
        msgspec.json.encode(shown), status, headers={**PRIVATE, **(headers or {})}, media_type=PROBLEM_TYPE
    )
