"""What every request passes before a route sees it: host, headers, origin, who it is.

Plain ASGI, so that WebSockets pass through the same gate.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channel.errors import ChannelError, UnknownHost
from channel.logs import facts
from channel.metrics import Answers
from channel.routing import Viewer
from channel.settings import Settings
from channel.viewing import FRAMED_PATH, SECRET_PATHS, STRANGER_TO_HOST, Doorman, scrub

log = logging.getLogger("channel.access")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DENIAL = "websocket.http.response"  # the extension that lets a refused handshake be answered like any request

OnError = Callable[[Request, Exception], Awaitable[Response]]


class Gate:
    """Outermost, around Starlette's own answers too: known host, one set of headers on every answer, refusals."""

    def __init__(self, app: ASGIApp, *, settings: Settings, on_error: OnError, answers: Answers) -> None:
        self._app = app
        self._doorman = Doorman(settings)
        self._headers = [(name.encode(), value.encode()) for name, value in self._doorman.headers.items()]
        self._on_error = on_error
        self._answers = answers

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
            self._note(scope, status, time.monotonic() - started)

    def _note(self, scope: Scope, status: int, took_s: float) -> None:
        if not scope["path"].startswith("/live"):  # that lasts for hours and is counted by the hub
            self._answers.note(status, took_s)
        line = {
            "method": scope.get("method", "WS"),
            "path": scrub(scope["path"]),
            "status": status,
            "took_ms": round(took_s * 1000, 1),
            "request_id": scope["state"]["request_id"],
        }
        log.info("%s %s %s %s ms %s", *line.values(), extra=facts("answer", **line))

    def _dress(self, scope: Scope, message: Message) -> None:
        raw = list(message.get("headers", ()))
        said = {name for name, _ in raw}
        raw += [header for header in self._headers if header[0] not in said]
        raw.append((b"x-request-id", scope["state"]["request_id"].encode()))
        message["headers"] = raw
        headers = MutableHeaders(raw=raw)
        if scope["path"].startswith(FRAMED_PATH) and b"content-security-policy" in said:
            del headers["x-frame-options"]  # the frames themselves; it cannot say that others may show them
        if scope["path"].startswith(SECRET_PATHS):
            # Not no-referrer: browsers then send "Origin: null" with the page's own form, which is refused as foreign.
            headers["referrer-policy"] = "strict-origin"
        if b"location" not in said:
            return
        place = urlsplit(headers.get("location", ""))
        if place.netloc and not self._doorman.sends_to(place.geturl()):
            # Starlette's own, for a slash too many, repeats the port and scheme it was asked by.
            headers["location"] = place._replace(scheme="", netloc="").geturl()

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._doorman.answers(scope):
            if scope["path"].startswith("/api/"):
                raise UnknownHost(STRANGER_TO_HOST.strip())
            await _refuse(scope, receive, send, Response(STRANGER_TO_HOST, 400, media_type="text/plain"))
            return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, error: ChannelError) -> None:
        if scope["type"] == "websocket":
            await _refuse(scope, receive, send, Response(error.detail, error.status))
            return
        await (await self._on_error(Request(scope, receive), error))(scope, receive, send)


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
        self._doorman = Doorman(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/static/"):
            scope["state"]["viewer"] = Viewer(
                None, "en", ""
            )  # files are the same for all: nobody is looked up
        elif scope["type"] in ("http", "websocket"):
            connection = HTTPConnection(scope)
            viewer = await self._doorman.viewer(connection.app.state.services, connection)
            scope["state"]["viewer"] = viewer
            if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
                self._doorman.refuse_foreign(scope["path"], Headers(scope=scope), viewer)
        await self._app(scope, receive, send)
