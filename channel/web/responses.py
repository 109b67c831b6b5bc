"""How pages are answered: one context for all templates, redirects, error pages."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from channel.accounts import Account
from channel.errors import ChannelError, Invalid, NotFound, TooMany, Unauthorized, Unavailable
from channel.i18n import translate_error, translation
from channel.render import html
from channel.routing import Viewer, services_of, viewer_of
from channel.web import packing
from channel.web.words import words

PRIVATE = "private, no-store"
THEME_COOKIE = "theme"
FOR = "channel-for"
NOBODY = "-"


def page(
    request: Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HTMLResponse:
    """Render `pages/{template}` in the viewer's language with what every page needs."""
    viewer = viewer_of(request)
    environment = html.environment(viewer.language)
    body = environment.get_template(f"pages/{template}").render(_frame(request, viewer) | dict(context or {}))
    response = HTMLResponse(
        body,
        status,
        headers={"cache-control": PRIVATE, "vary": "cookie, accept-language", FOR: tag_of(viewer)},
    )
    packing.pack(request, response, own="place" not in request.scope["state"])
    return response


def tag_of(viewer: Viewer) -> str:
    """Which session looks: nothing that could be used as one. "-" for strangers, and for tokens, which keep nothing.

    The service worker (static/sw) keeps pages for when there is no network, and throws them away under another tag.
    """
    session = viewer.signed.session_id if viewer.signed else None
    return hashlib.blake2b(session.encode(), digest_size=12).hexdigest() if session else NOBODY


def fragment(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render a piece of a page for a script to put in place."""
    viewer = viewer_of(request)
    body = (
        html.environment(viewer.language)
        .get_template(template)
        .render(_frame(request, viewer) | dict(context))
    )
    return HTMLResponse(body, status, headers={"cache-control": PRIVATE})


def _frame(request: Request, viewer: Viewer) -> dict[str, Any]:
    account = viewer.account
    return {
        "lang": viewer.language,
        "dir": "ltr",
        "theme": theme_of(request, account),
        "hue": None,
        "viewer": account,
        "request_path": request.url.path,
        "words": _words(viewer.language),
        "instance_name": getattr(request.app.state, "instance_name", "Channel"),
        "base_url": services_of(request).settings.url,
        "mail": bool(services_of(request).settings.smtp),
    }


def theme_of(connection: HTTPConnection, account: Account | None) -> str:
    """light or dark, as the browser or the account was told; "" as the system has it."""
    theme = connection.cookies.get(THEME_COOKIE) or (account.theme if account else None) or ""
    return theme if theme in ("light", "dark") else ""


@cache
def _words(language: str) -> Markup:
    """The words for scripts, as JSON that may stand in a page."""
    return htmlsafe_json_dumps(words(translation(language).gettext))


def see_other(path: str) -> RedirectResponse:
    """After a form: go on with a GET."""
    return RedirectResponse(path, 303)


def wants_fragment(request: Request) -> bool:
    """Asked by our own scripts, which put the answer in place themselves."""
    return request.headers.get("channel-fragment") == "1"


def problem_text(request: Request, error: ChannelError) -> str:
    """What went wrong, in the viewer's language."""
    return translate_error(viewer_of(request).language, error.detail)


def translated(request: Request, error: Invalid) -> Invalid:
    """The same error with every sentence in the viewer's language."""
    language = viewer_of(request).language
    return Invalid({name: translate_error(language, text) for name, text in error.fields.items()})


def error_page(request: Request, error: ChannelError) -> Response:
    """What a person sees when something does not work out: what happened, what is safe, where to go."""
    if isinstance(error, Unauthorized) and request.method in ("GET", "HEAD"):
        return see_other(f"/sign-in?next={request.url.path}")
    headers = {"retry-after": str(error.retry_after_s)} if isinstance(error, TooMany | Unavailable) else {}
    context = {"status": error.status, "code": error.code, "detail": problem_text(request, error)}
    response = page(request, "error.html", context, status=error.status)
    response.headers.update(headers)
    return response


def as_ours(error: Exception) -> ChannelError:
    """What Starlette itself refuses (unknown paths, wrong methods, too large bodies), or a bug."""
    if not isinstance(error, HTTPException):
        return ChannelError(
            "Something broke on our side. It has been noted; try again in a moment.", code="bug"
        )
    if error.status_code == 404:
        return NotFound()
    words = {405: "This address does not take that method.", 413: "That was too large to be taken."}
    failure = ChannelError(words.get(error.status_code, error.detail), code="refused")
    failure.status = error.status_code  # type: ignore[misc]
    return failure
