"""The frames: a card of one post, and the newest posts of a room or of a community."""

import hashlib
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from channel.errors import Forbidden, NotFound
from channel.i18n import LANGUAGES
from channel.render import html, titles, views
from channel.render.feeds.outward import outward
from channel.routing import ANYONE, route, services_of, viewer_of
from channel.viewing import media_places
from channel.web import shelf
from channel.web.embeds.finding import Address, Shown, shown
from channel.web.media import named
from channel.web.places import seq_of
from channel.web.static import OPEN_TO_ALL

# A shared cache may keep it for so long: a post that was taken back is gone from everywhere after a minute.
SHARED: Final = "public, max-age=60, s-maxage=60"
THEMES: Final = ("light", "dark")
TEXT_CHARS: Final = 6_000  # of HTML in a card; of a longer post it shows the beginning
LINE_CHARS: Final = 280


@dataclass(frozen=True, slots=True)
class Entry:
    """A post with its words, fit for a page of somebody else."""

    view: views.AnyView
    text: Markup
    short: bool


async def post(request: Request) -> Response:
    """GET or HEAD /embed/@{handle}/{slug}/{seq}?theme=&lang="""
    return await _answer(request, "post.html", seq_of(request.path_params["seq"]) or 0)


async def newest(request: Request) -> Response:
    """GET or HEAD /embed/@{handle} and /embed/@{handle}/{slug}"""
    return await _answer(request, "list.html", None)


async def _answer(request: Request, template: str, seq: int | None) -> Response:
    where = request.path_params
    try:
        async with services_of(request).db.read() as tx:
            found = await shown(tx, Address(where["handle"], where.get("slug"), seq))
    except (NotFound, Forbidden):
        # Another site's reader need not learn which of the two it is, and gets something fit for the frame.
        return _framed(request, "gone.html", status=NotFound.status)
    base = services_of(request).settings.url
    language = _language(request)
    entries = [entry(view, base, language, whole=seq is not None) for view in found.views]
    return _framed(request, template, found=found, entries=entries)


def entry(view: views.AnyView, base: str, language: str, *, whole: bool) -> Entry:
    """The words of an open post; those of a locked one are its teaser, which the template prints."""
    if not isinstance(view, views.PostView):
        return Entry(view, Markup(), short=False)
    if whole and len(view.html) <= TEXT_CHARS:
        # made and cleaned by channel.markdown, and cut to what means the same without our styles
        return Entry(view, Markup(outward(view.html, base)), short=False)
    line = titles.said(view, TEXT_CHARS // 8 if whole else LINE_CHARS) or titles.unsaid(view, language)
    return Entry(view, Markup("<p>{}</p>").format(line) if line else Markup(), short=whole)


def _language(request: Request) -> str:
    """As the page around it asks for, else as the browser does."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else viewer_of(request).language


def _framed(
    request: Request,
    template: str,
    *,
    status: int = 200,
    found: Shown | None = None,
    entries: list[Entry] | None = None,
) -> Response:
    asked, base = request.query_params, services_of(request).settings.url
    language = _language(request)
    context = {
        "lang": language,
        "theme": asked.get("theme") if asked.get("theme") in THEMES else "",
        "base": base,
        "found": found,
        "entries": entries or [],
        "hue": found.community.hue if found else 32,
    }
    printed = html.environment(language or "en").get_template(f"embed/{template}").render(context)
    return _sent(request, printed.encode(), status)


def _sent(request: Request, body: bytes, status: int) -> Response:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {
        "content-security-policy": policy(request),
        **OPEN_TO_ALL,  # the list in a frame without an origin asks for itself again
        "vary": "accept-language",
    }
    if status != 200:
        return Response(body, status, headers, "text/html")
    headers |= {"cache-control": SHARED, "etag": etag}
    if named(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return shelf.lay_for_all(request, Response(body, 200, headers, "text/html"))


def policy(request: Request) -> str:
    """Everything that a frame loads is ours. Any page of the web may show it; no form in it goes anywhere."""
    media = " ".join(media_places(services_of(request).settings))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {media}; "
        f"media-src 'self' {media}; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors http: https:"
    )


ROUTES = [
    route("/embed/@{handle}", newest, ANYONE),
    route("/embed/@{handle}/{slug}", newest, ANYONE),
    route("/embed/@{handle}/{slug}/{seq}", post, ANYONE),
]
