"""What every request and socket passes before a route sees it: host, headers, origin, who it is.

Plain ASGI, so that WebSockets pass through the same gate.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channel.accounts import Signed, guesses, sessions, tokens
from channel.errors import ChannelError, Forbidden, Unavailable
from channel.i18n import LANGUAGES, choose
from channel.routing import Viewer
from channel.settings import Settings
from channel.storage import Database

log = logging.getLogger("channel.access")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "language"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-store",  # for what does not say otherwise: redirects, refusals
}
# Paths that end in a secret: it is neither logged nor sent on as a Referer.
SECRET_PATHS = ("/join/", "/sign-in/link/", "/account/email/", "/api/v1/invites/")

# Asked by supervisors and proxies under whatever name they know; they answer the same to all.
ANY_HOST = frozenset({"/health", "/ready"})
DENIAL = "websocket.http.response"  # the extension that lets a refused handshake be answered like any request

OnError = Callable[[Request, Exception], Awaitable[Response]]


def session_cookie(settings: Settings) -> str:
    """The cookie's name; over https the browser itself guards it against other hosts and paths."""
    return "__Host-channel" if settings.secure else "channel"


def scrub(path: str) -> str:
    """The path as it may stand in a log."""
    for prefix in SECRET_PATHS:
        if path.startswith(prefix):
            return prefix + "…"
    return "".join(char if char.isprintable() else "?" for char in path[:200])


class Gate:
    """Outermost, around Starlette's own answers too: known host, one set of headers on every answer, refusals."""

    def __init__(self, app: ASGIApp, *, settings: Settings, on_error: OnError) -> None:
        self._app = app
        self._hosts = (
            {settings.host, "127.0.0.1", "localhost", "[::1]"} if _is_loopback(settings) else {settings.host}
        )
        self._headers = HEADERS | (
            {"strict-transport-security": "max-age=31536000; includeSubDomains"} if settings.secure else {}
        )
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        scope["state"]["viewer"] = Viewer(None, "en", "")  # until somebody is found
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "websocket.accept":
                status = 101
            elif (
                message["type"] == "websocket.close" and not status and DENIAL in scope.get("extensions", {})
            ):
                await _refuse(scope, receive, sending, Response(status_code=403))
                return
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                self._dress(scope, message)
            await send(message)

        try:
            await self._enter(scope, receive, sending)
        except ChannelError as error:
            if not status:
                await self._answer(scope, receive, sending, error)
        finally:
            took_ms = (time.monotonic() - started) * 1000
            line = (
                scope.get("method", "WS"),
                scrub(scope["path"]),
                status,
                took_ms,
                scope["state"]["request_id"],
            )
            log.info("%s %s %s %.1f ms %s", *line)

    def _dress(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        if scope["path"].startswith(SECRET_PATHS):
            # Not no-referrer: browsers then send "Origin: null" with the page's own form, which is refused as foreign.
            headers["referrer-policy"] = "strict-origin"
        headers["x-request-id"] = scope["state"]["request_id"]
        place = urlsplit(headers.get("location", ""))
        if place.netloc:  # Starlette's own, for a slash too many, repeats the port and scheme it was asked by
            headers["location"] = place._replace(scheme="", netloc="").geturl()

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _host_of(scope) not in self._hosts and scope["path"] not in ANY_HOST:
            text = "This server does not answer for that host name. The operator sets it as CHANNEL_URL.\n"
            await _refuse(scope, receive, send, Response(text, 400, media_type="text/plain"))
            return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, error: ChannelError) -> None:
        if scope["type"] == "websocket":
            await _refuse(scope, receive, send, Response(error.detail, error.status))
            return
        await (await self._on_error(Request(scope, receive), error))(scope, receive, send)


def _is_loopback(settings: Settings) -> bool:
    if settings.host == "localhost":
        return True
    try:
        return ip_address(settings.host).is_loopback
    except ValueError:
        return False


def _host_of(scope: Scope) -> str:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return ""
    host: str = hosts[0].decode("latin-1").lower()
    if any(char in host for char in "/?#@\\ ,"):
        return ""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    if DENIAL in scope.get("extensions", {}):
        start = {
            "type": "websocket.http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
        await send(start)
        await send({"type": "websocket.http.response.body", "body": bytes(response.body)})
    else:
        await send({"type": "websocket.close", "code": 1008})


class Identify:
    """Finds the viewer, and refuses what a foreign page sent in the name of one."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._cookie = session_cookie(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/static/"):
            scope["state"]["viewer"] = Viewer(
                None, "en", ""
            )  # files are the same for all: nobody is looked up
        elif scope["type"] in ("http", "websocket"):
            viewer = await self._viewer(HTTPConnection(scope))
            scope["state"]["viewer"] = viewer
            if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
                self._refuse_foreign(Headers(scope=scope), viewer)
        await self._app(scope, receive, send)

    async def _viewer(self, connection: HTTPConnection) -> Viewer:
        signed, by_cookie = await self._signed(connection)
        origin = connection.headers.get("origin")
        same = origin is None or self._is_ours(origin, connection)
        if connection.scope["type"] == "websocket" and by_cookie and (origin is None or not same):
            signed, by_cookie = None, False
        network = guesses.network_of(connection.client.host if connection.client else "")
        return Viewer(signed, self._language(connection, signed), network, same, by_cookie)

    async def _signed(self, connection: HTTPConnection) -> tuple[Signed | None, bool]:
        kind, _, bearer = connection.headers.get("authorization", "").partition(" ")
        cookie = connection.cookies.get(self._cookie)
        db = connection.app.state.services.db
        # Pages are for people: with a token that may only read, a program could make itself a better one there.
        program = connection.scope["path"].startswith(("/api/", "/live"))
        if program and kind.lower() == "bearer" and bearer:
            async with db.read() as tx:
                signed = await tokens.signed_by_token(tx, bearer.strip())
        elif cookie:
            async with db.read() as tx:
                signed = await sessions.signed_by_session(tx, cookie)
        else:
            signed = None
        if signed is not None and signed.touch_due:
            await self._touch(db, signed)
        return signed, signed is not None and signed.session_id is not None

    async def _touch(self, db: Database, signed: Signed) -> None:
        """Note the use. Not worth refusing a request over: reading goes on while writing cannot."""
        try:
            async with db.write() as tx:
                if signed.session_id:
                    await sessions.touch(tx, signed.session_id)
                elif signed.token_id:
                    await tokens.touch(tx, signed.token_id)
        except Unavailable as error:
            log.warning("a last use was not noted: %s", error.detail)

    def _is_ours(self, origin: str, connection: HTTPConnection) -> bool:
        if origin.lower() == self._settings.origin:
            return True
        # On loopback the server answers under several names; the host has passed the gate already.
        return _is_loopback(self._settings) and urlsplit(origin).netloc == connection.headers.get("host")

    def _language(self, connection: HTTPConnection, signed: Signed | None) -> str:
        chosen = connection.cookies.get(LANGUAGE_COOKIE)
        if chosen in LANGUAGES:
            return chosen
        if signed and signed.account.language:
            return signed.account.language
        return choose(connection.headers.get("accept-language", ""))

    def _refuse_foreign(self, headers: Headers, viewer: Viewer) -> None:
        """RFC 6454 Origin and Fetch Metadata: a browser tells where a form was; ours come from here only."""
        if viewer.signed is not None and not viewer.by_cookie:
            return  # by a token, which no foreign page has
        site = headers.get("sec-fetch-site")
        told = "origin" in headers or site is not None
        foreign = not viewer.same_origin or site in ("cross-site", "same-site")
        if foreign or (viewer.by_cookie and not told):
            raise Forbidden(
                "This form came from another site. Open the page here and try again.", code="cross_site"
            )
