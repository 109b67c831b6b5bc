"""Whole answers to strangers, kept ready. What is kept was made for nobody in particular, and is given to nobody else.

An answer is good while nothing at all has been committed since before it was made, and for LIFE_MS at most: so it is
never older than what was acknowledged here, and no more than LIFE_MS older than what another node acknowledged.
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channel.errors import Unavailable
from channel.render.kept import Kept
from channel.routing import viewer_of
from channel.settings import Settings
from channel.storage import Database
from channel.viewing import FRAMED_PATH, Doorman
from channel.web.packing import takes_gzip
from channel.web.responses import theme_of

MOST_BYTES = 16 * 1024 * 1024
LIFE_MS = 1_000
MAX_QUERY_BYTES = 64  # ours are shorter: what is longer was made to fill the shelf
SHEET_BYTES = 1_024  # what a sheet takes besides its body
TOLD = (
    "cache-control",
    "etag",
    "last-modified",
    "vary",
    "x-robots-tag",
    "content-security-policy",
    "cross-origin-resource-policy",
    "access-control-allow-origin",
    "link",
)  # with 304, too
KEPT_PATHS = ("/@", f"{FRAMED_PATH}@")
# A browser keeps it and asks each time whether it still holds. Nothing shared may: a signed-in reader of the same
# address is answered with another page.
ASK_AGAIN = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Moment:
    """What the data was when somebody began to look: a version, and the time."""

    version: int
    at: int

    def holds(self, db: Database) -> bool:
        return self.version == db.version() and 0 <= db.clock() - self.at < LIFE_MS


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer as it is sent."""

    moment: Moment
    response: Response
    unchanged: Response
    etag: str

    def answer(self, connection: HTTPConnection) -> Response:
        """The page, or 304 for who has it."""
        has = connection.headers.get("if-none-match")
        return self.unchanged if has and _names(has, self.etag) else self.response


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to a request may be laid."""

    kept: Kept[Sheet]
    key: Hashable
    moment: Moment


class Shelf:
    """ASGI, inside the Gate and before anybody is looked up: answers what it has, and has the rest made."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._doorman = Doorman(settings)
        self._kept: Kept[Sheet] = Kept(MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sheet = self._look(scope) if _may_be_kept(scope) else None
        if sheet is None:
            await self._app(scope, receive, send)
        else:
            # Each sending has its own message: the Gate dresses it.
            await sheet.answer(HTTPConnection(scope))(scope, receive, send)

    def _look(self, scope: Scope) -> Sheet | None:
        connection = HTTPConnection(scope)
        language = self._doorman.language_of_stranger(connection)
        if language is None:
            return None
        db = connection.app.state.services.db
        name = connection.app.state.instance_name  # is told to the app after it was committed
        packs = takes_gzip(connection.headers)
        key = (scope["path"], scope["query_string"], language, theme_of(connection, None), name, packs)
        try:
            sheet = self._kept.get(key)
            if sheet is not None and sheet.moment.holds(db) and not _asks_by_date(connection):
                return sheet
            scope["state"]["place"] = Place(self._kept, key, Moment(db.version(), db.clock()))
        except Unavailable:
            pass  # whoever answers without the shelf will find out and say so
        return None


def _may_be_kept(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    path = scope["path"]
    return (path == "/" or path.startswith(KEPT_PATHS)) and len(scope["query_string"]) <= MAX_QUERY_BYTES


def _asks_by_date(connection: HTTPConnection) -> bool:
    """Whoever made the answer knows since when it is so; a sheet knows its tag alone."""
    return "if-modified-since" in connection.headers and "if-none-match" not in connection.headers


def lay(request: Request, response: Response) -> Response:
    """Keep the page for the next stranger when it was made for one, and say so to browsers.

    Handlers call it for pages that hold nothing but what the address, the language, the theme and the data decide.
    """
    place: Place | None = request.scope["state"].get("place")
    viewer = viewer_of(request)
    if place is None or viewer.signed is not None or response.status_code != 200:
        return response
    if "set-cookie" in response.headers:
        return response
    etag = f'"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    response.headers["cache-control"] = ASK_AGAIN
    response.headers["etag"] = etag
    return _laid(place, response, etag).answer(request)


def lay_for_all(request: Request, response: Response) -> Response:
    """Keep an answer that is the same for everybody, and brings its own tag and its own word for caches."""
    place: Place | None = request.scope["state"].get("place")
    if place is not None and response.status_code == 200:
        _laid(place, response, response.headers["etag"])
    return response


def _laid(place: Place, response: Response, etag: str) -> Sheet:
    told = {name: response.headers[name] for name in TOLD if name in response.headers}
    sheet = Sheet(place.moment, response, Response(status_code=304, headers=told), etag)
    place.kept.put(place.key, sheet, len(response.body) + SHEET_BYTES)
    return sheet


def _names(if_none_match: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: compared weakly, for a proxy that compresses weakens the tag."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
