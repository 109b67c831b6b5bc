"""The way in for everybody who listens: who they are, whether they may, and how many there may be.

On our own server a connection comes here straight from the HTTP parser and leaves as a slim follower, without a task.
On any other server the same questions are asked by the routes below (routes.py), and a follower is a pair of tasks.
"""

import base64
import binascii
import hashlib
import logging
import random
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from channel.accounts import Signed, tickets
from channel.errors import ChannelError, Forbidden, Invalid, TooMany, Unauthorized
from channel.live import protocol
from channel.live.entrance import Busy
from channel.live.follower import Follower, SseFollower
from channel.live.joining import Live, require_hearing, subscribe
from channel.live.protocol import SUBPROTOCOL, Cursor, Format
from channel.live.socket import SocketFollower
from channel.live.talk import Desk
from channel.live.wire import WEBSOCKET, chunk, pause
from channel.logs import facts
from channel.routing import VIEWER, Services, Viewer, enforce
from channel.viewing import STRANGER_TO_HOST, Doorman, scrub

SOCKETS_PER_ACCOUNT: Final = 10
SOCKETS_PER_NETWORK: Final = 200
HANDOVER: Final = "channel.handover"  # the scope extension under which our server hands a connection over
# A browser's own wait after a lost event stream is the same for all; each is given another one.
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 5_000
GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
SSE_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, private",
    "x-accel-buffering": "no",
    "transfer-encoding": "chunked",
}
log = logging.getLogger("channel.access")


class Handover(Protocol):
    """A connection that our server gives away."""

    @property
    def transport(self) -> Any: ...
    @property
    def registry(self) -> set[Any]: ...
    def refuse(self, status: int, sentence: str, headers: Mapping[str, str]) -> None: ...
    def done(self, follower: Any) -> None: ...


async def who_enters(services: Services, viewer: Viewer, connection: HTTPConnection) -> Signed | None:
    """Whoever may listen as what: cookie (with our Origin), bearer token, one-time ticket, or nobody.

    Raises Forbidden before a socket is accepted: another site's page, or a token without the scope.
    """
    ticket = connection.query_params.get("ticket")
    if not viewer.same_origin and not ticket and "authorization" not in connection.headers:
        raise Forbidden("This page may not listen here.", code="cross_site")
    enforce(VIEWER, viewer)
    return viewer.signed


async def admitted(
    services: Services, live: Live, viewer: Viewer, connection: HTTPConnection
) -> Signed | None:
    """The same once the socket is accepted and can be told why not. Raises Unauthorized, TooMany.

    Whoever brings a token that is not good any more is told so, as in the API: served as nobody it would wait for ever
    for what it used to hear.
    """
    signed = await _by_ticket(services, connection.query_params.get("ticket")) or viewer.signed
    if signed is None and connection.headers.get("authorization", "")[:7].lower() == "bearer ":
        raise Unauthorized("This token is unknown, revoked or expired.")
    try:
        services.limiter.hit("connect", viewer.network)
    except TooMany:
        live.hub.tallies.refused["rate"] += 1
        raise
    scale = services.settings.limit_scale
    mine = live.hub.of_account(signed.account.id) if signed else ()
    neighbours = live.hub.of_network(viewer.network)
    crowded = len(mine) >= SOCKETS_PER_ACCOUNT * scale
    if crowded or neighbours >= SOCKETS_PER_NETWORK * scale:
        live.hub.tallies.refused["account" if crowded else "network"] += 1
        raise TooMany("Too many connections are open. Close one.", retry_after_s=30)
    return signed


async def _by_ticket(services: Services, ticket: str | None) -> Signed | None:
    if not ticket:
        return None
    async with services.db.write() as tx:
        signed = await tickets.redeem_ticket(tx, ticket)
    if signed is None:
        raise Unauthorized("This ticket is used or too old. Ask for a new one.")
    return signed


def enter(services: Services, live: Live, follower: Follower, signed: Signed | None, before: int) -> bool:
    """Register the connection. False: its credentials have to be looked at again, see `still_welcome`.

    `before`: `tail.account_hints` before they were read. Where nothing can have happened since, they are not read
    again: SQLite is asked in place, without letting anything else have its turn.
    """
    live.hub.enter(follower)
    if signed is None:
        return True
    live.tail.watch_account(signed.account.id, signed.at_seq)
    return services.db.in_place and live.tail.account_hints == before


async def still_welcome(services: Services, follower: Follower, signed: Signed | None) -> bool:
    """Whether a registered connection is still signed in; if not, it is ended."""
    if signed is None:
        return True
    async with services.db.read(single=True) as tx:
        still = await tickets.still_signed(tx, signed)
    if not still:
        follower.end(protocol.SIGNED_OUT, "signed out")
    return still


class Door:
    """An ASGI application for `/live` and `/live/sse` on our own server. What it cannot do, `app` does."""

    def __init__(self, app: ASGIApp, services: Services, live: Live, desk: Desk) -> None:
        self._app = app
        self._services = services
        self._live = live
        self._desk = desk
        self._doorman = Doorman(services.settings)
        self._headers = dict(self._doorman.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handover: Handover | None = scope.get("extensions", {}).get(HANDOVER)
        if handover is None or scope.get("method", "GET") != "GET":
            await self._app(scope, receive, send)
            return
        started_s = time.monotonic()
        try:
            self._live.entrance.require_room()
        except Busy as busy:
            self._turn_away(scope, handover, busy)
            return
        try:
            async with self._live.entrance:
                socket = scope["type"] == "websocket"
                status = await (self._socket if socket else self._sse)(scope, handover)
        except ChannelError:  # the ordinary route says it in full
            await self._app(scope, receive, send)
            return
        # A restart brings everybody back at once; a line for each would cost as much as the look-up of who it is.
        level = logging.DEBUG if status in (101, 200) else logging.INFO
        if log.isEnabledFor(level):
            took_ms = (time.monotonic() - started_s) * 1000
            line = (scrub(scope["path"]), status, took_ms, secrets.token_hex(8))
            told = facts("live.enter", path=line[0], status=status, request_id=line[3])
            log.log(level, "GET %s %s %.1f ms %s", *line, extra=told)

    def _turn_away(self, scope: Scope, handover: Handover, busy: Busy) -> None:
        """Without asking who it is. A browser's script sees no status of a refused handshake, so that is accepted first.

        Not a line in the log for each: the tallies write one a second.
        """
        try:
            if not self._doorman.answers(scope):
                raise _BadHandshake(STRANGER_TO_HOST)
            if scope["type"] != "websocket":
                self._refuse_in_full(handover, busy)
                return
            answer = accepted(_handshake_key(HTTPConnection(scope)), _subprotocol(scope), self._headers)
        except ChannelError as error:
            self._refuse(handover, error.status, error.detail)
            return
        handover.transport.write(answer + WEBSOCKET.farewell(protocol.TRY_LATER, farewell(busy)))
        handover.transport.close()

    def _refuse_in_full(self, handover: Handover, busy: Busy) -> None:
        facts = {"type": f"/api/docs#error-{busy.code}", "title": "Not now", "status": busy.status}
        body = msgspec.json.encode({**facts, "code": busy.code, "detail": busy.detail}).decode()
        more = {"content-type": "application/problem+json", "retry-after": str(busy.retry_after_s)}
        handover.refuse(busy.status, body, self._headers | more)

    async def _socket(self, scope: Scope, handover: Handover) -> int:
        connection = HTTPConnection(scope)
        before = self._live.tail.account_hints
        if not self._doorman.answers(scope):
            return self._refuse(handover, 400, STRANGER_TO_HOST)
        try:
            key = _handshake_key(connection)
            viewer = await self._doorman.viewer(self._services, connection)
            await who_enters(self._services, viewer, connection)
        except ChannelError as error:
            return self._refuse(handover, error.status, error.detail)
        farewell: tuple[int, str] | None = None
        signed = None
        try:
            signed = await admitted(self._services, self._live, viewer, connection)
        except TooMany as error:
            farewell = protocol.TOO_MANY, error.detail
        except ChannelError as error:
            farewell = protocol.SIGNED_OUT, error.detail
        if handover.transport.is_closing():
            return 0
        follower = SocketFollower(
            handover.transport, handover.registry, self._desk, self._live.hub, signed,
            language=viewer.language, network=viewer.network,
        )  # fmt: skip
        handshake = accepted(key, _subprotocol(scope), self._headers)
        if farewell is not None:
            follower.send(handshake)
            self._live.hub.enter(follower)
            follower.end(*farewell)
        else:
            await self._welcome(follower, signed, before, handshake)
        handover.done(follower)
        return 101

    async def _welcome(self, follower: Follower, signed: Signed | None, before: int, head: bytes) -> None:
        """Register, answer and greet, in one write if nothing has to be looked up for it."""
        welcome = protocol.welcome(follower.account_id)
        self._live.hub.tallies.sent_frames += 1
        if enter(self._services, self._live, follower, signed, before):
            follower.send(head + follower.wire.note(welcome))
            return
        follower.send(head)
        if await still_welcome(self._services, follower, signed):
            follower.send(follower.wire.note(welcome))

    def _refuse(self, handover: Handover, status: int, sentence: str) -> int:
        more = {"sec-websocket-version": "13"} if status == 426 else {}
        handover.refuse(status, sentence, self._headers | more)
        return status

    async def _sse(self, scope: Scope, handover: Handover) -> int:
        """Raises ChannelError before anything was answered."""
        connection = HTTPConnection(scope)
        before = self._live.tail.account_hints
        if not self._doorman.answers(scope):
            raise Forbidden("not ours")
        viewer = await self._doorman.viewer(self._services, connection)
        enforce(VIEWER, viewer)
        cursor, form = sse_cursor(connection), sse_format(connection)
        signed = await admitted(self._services, self._live, viewer, connection)
        await require_hearing(self._live, signed.account.id if signed else None, cursor.stream)
        if handover.transport.is_closing():
            return 0
        follower = SseFollower(
            handover.transport, handover.registry, self._live.hub, signed,
            language=viewer.language, network=viewer.network,
        )  # fmt: skip
        handover.done(follower)
        head = _head(200, "OK", self._headers | SSE_HEADERS) + chunk(first_pause())
        await self._welcome(follower, signed, before, head)
        if not follower.closing:
            await subscribe(self._live, follower, [cursor], form, None)
            if not follower.subscriptions:
                follower.end(protocol.NOT_ALLOWED, "nothing to hear")
        return 200


def farewell(busy: Busy) -> str:
    """The closing reason of somebody who is to come back later, with the wait as drain.py writes it."""
    return f"busy, retry={busy.retry_ms}"


def first_pause() -> bytes:
    """How an event stream begins: with a wait of its own, should the line break."""
    return pause(random.randrange(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS + 1))


def _subprotocol(scope: Scope) -> str:
    return SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else ""


def accepted(key: bytes, subprotocol: str, headers: Mapping[str, str]) -> bytes:
    """The server's handshake (RFC 6455, section 4.2.2)."""
    proof = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest()).decode()
    chosen = {"sec-websocket-protocol": subprotocol} if subprotocol else {}
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": proof}
    return _head(101, "Switching Protocols", {**headers, **upgrade, **chosen})


def _head(status: int, phrase: str, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")


class SocketsOnly(ChannelError):
    """`/live` was asked for by plain HTTP. Mostly a proxy has taken the request to upgrade off."""

    status = 426
    code = "upgrade_required"

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            detail
            or "This address takes WebSockets only. If this was one, a proxy before the server drops its Upgrade header. Without WebSockets: /live/sse."
        )


def _handshake_key(connection: HTTPConnection) -> bytes:
    """RFC 6455, section 4.2.1. Raises Invalid and the like for what is no handshake."""
    headers = connection.headers
    if headers.get("sec-websocket-version", "") != "13":
        raise SocketsOnly("This server speaks version 13 of the WebSocket protocol.")
    key = headers.get("sec-websocket-key", "")
    try:
        sound = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        sound = False
    if not sound or len(headers.getlist("sec-websocket-key")) != 1:
        raise _BadHandshake("This is no WebSocket handshake: Sec-WebSocket-Key is missing or wrong.")
    return key.encode()


class _BadHandshake(ChannelError):
    status = 400
    code = "bad_handshake"


def sse_cursor(connection: HTTPConnection) -> Cursor:
    """Read stream, after and epoch. Raises Invalid naming the parameter."""
    query = connection.query_params
    stream = query.get("stream", "")
    if not stream:
        raise Invalid(stream="Name the stream: ?stream=room:ID.")
    epoch, _, after = connection.headers.get("last-event-id", "").rpartition(":")
    after = after or query.get("after", "")
    if after and not (after.isascii() and after.isdigit() and len(after) <= 16):
        raise Invalid(after="Must be the seq of the last event seen, a whole number.")
    return Cursor(stream[:100], int(after) if after else None, (epoch or query.get("epoch", ""))[:64] or None)


def sse_format(connection: HTTPConnection) -> Format:
    return "html" if connection.query_params.get("format") == "html" else "json"
