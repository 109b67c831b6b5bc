"""The two ways to listen: `/live` (WebSocket) and `/live/sse` (server-sent events). Same hub, same frames."""

import asyncio
import contextlib
import time
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from channel import outbox
from channel.accounts import Signed, tickets
from channel.errors import ChannelError, Invalid, TooMany, Unauthorized
from channel.events import account_stream
from channel.live import protocol, reading
from channel.live.connection import GONE, Outgoing
from channel.live.joining import Live, epoch, require_hearing, stream_name, subscribe
from channel.live.protocol import Cursor, Ping, Pong, Read, Subscribe, Typing, Unsubscribe
from channel.routing import VIEWER, Services, Viewer, enforce, route, services_of, socket_route, viewer_of

MESSAGES_PER_S = 10
FAREWELL_S = 5.0
MESSAGE_BURST = 20
SOCKETS_PER_ACCOUNT = 10
SOCKETS_PER_NETWORK = 200


class Pace:
    """A token bucket: MESSAGES_PER_S a second, MESSAGE_BURST at once."""

    def __init__(self, scale: float) -> None:
        self._rate = MESSAGES_PER_S * scale
        self._burst = MESSAGE_BURST * scale
        self._tokens = self._burst
        self._at = time.monotonic()

    def allows(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1
        return self._tokens >= 0


def live_of(connection: WebSocket | Request) -> Live:
    live: Live = connection.app.state.live
    return live


async def socket(websocket: WebSocket) -> None:
    """`GET /live`. Cookie (with our Origin), bearer token, one-time ticket, or nobody."""
    services, viewer = services_of(websocket), viewer_of(websocket)
    ticket = websocket.query_params.get("ticket")
    if not viewer.same_origin and not ticket and "authorization" not in websocket.headers:
        await websocket.close(protocol.NOT_ALLOWED)  # before accepting: the handshake is answered with 403
        return
    enforce(VIEWER, viewer)  # a token may lack the scope
    wants = websocket.scope.get("subprotocols", [])
    await websocket.accept(protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in wants else None)
    try:
        signed = await _by_ticket(services, ticket) or viewer.signed
        services.limiter.hit("connect", viewer.network)
    except TooMany as error:
        await websocket.close(protocol.TOO_MANY, error.detail[:100])
        return
    except ChannelError as error:
        await websocket.close(protocol.SIGNED_OUT, error.detail[:100])
        return
    await _Socket(websocket, signed, viewer).run()


async def _by_ticket(services: Services, ticket: str | None) -> Signed | None:
    if not ticket:
        return None
    async with services.db.write() as tx:
        signed = await tickets.redeem_ticket(tx, ticket)
    if signed is None:
        raise Unauthorized("This ticket is used or too old. Ask for a new one.")
    return signed


class _Socket:
    """A WebSocket follower."""

    def __init__(self, websocket: WebSocket, signed: Signed | None, viewer: Viewer) -> None:
        self._websocket = websocket
        self._services = services_of(websocket)
        self._live = live_of(websocket)
        self._pace = Pace(self._services.settings.limit_scale)
        self._signed = signed
        self._out = outgoing(signed, viewer)

    async def run(self) -> None:
        out = self._out
        if not await enter(self._services, self._live, out, self._signed):
            await self._websocket.close(out.closing[0] if out.closing else protocol.TOO_MANY)
            return
        try:
            out.push(protocol.welcome(out.account_id))
            code, reason = await out.converse(self._write, self._read)
        finally:
            self._live.hub.leave(out)
        if code != 1000:
            # Who reads no more cannot be told why either; the server cuts that socket.
            with contextlib.suppress(TimeoutError, *GONE):
                async with asyncio.timeout(FAREWELL_S):
                    await self._websocket.close(code, reason)

    async def _write(self, frame: str, seq: int | None) -> None:
        await self._websocket.send_text(frame)

    async def _read(self) -> None:
        while True:
            try:
                text = await self._websocket.receive_text()
            except KeyError:  # a binary frame: this protocol has none
                self._out.end(protocol.PROTOCOL_ERROR, "text frames only")
                return
            if not self._pace.allows():
                self._out.end(protocol.TOO_MANY, "too many messages")
                return
            try:
                await self._handle(protocol.parse(text))
            except Invalid as error:
                self._out.push(protocol.error("protocol", error.detail))
                self._out.end(protocol.PROTOCOL_ERROR, "not understood")
                return

    async def _handle(self, message: protocol.ClientMessage) -> None:
        match message:
            case Subscribe(streams=streams, format=form, id=message_id):
                await self._subscribe(streams, form, message_id)
            case Unsubscribe(streams=names):
                for name in names:
                    self._live.hub.drop(self._out, stream_name(name, self._out))
            case Read(stream=stream, seq=seq, id=message_id):
                await self._mark_read(stream, seq, message_id)
            case Ping(id=message_id):
                self._out.push(protocol.encode({"type": "pong", "id": message_id}))
            case Typing() | Pong():
                pass  # typing belongs to groups; a pong only proves that the client is there
            case other:
                assert_never(other)

    async def _subscribe(
        self, streams: list[Cursor], form: protocol.Format, message_id: protocol.MessageId
    ) -> None:
        followed = {subscription.stream for subscription in self._live.hub.of_follower(self._out)}
        if len(followed | {cursor.stream for cursor in streams}) > protocol.MAX_STREAMS:
            detail = f"One connection follows at most {protocol.MAX_STREAMS} streams. Open another one."
            self._out.push(protocol.error("too_many", detail, message_id=message_id))
            return
        await subscribe(self._live, self._out, streams, form, message_id)

    async def _mark_read(self, stream: str, seq: int, message_id: protocol.MessageId) -> None:
        account = self._signed.account if self._signed else None
        try:
            if account is None:
                raise Unauthorized
            await reading.mark(self._services, account, stream.removeprefix("room:"), seq)
        except ChannelError as error:
            self._out.push(protocol.error(error.code, error.detail, message_id=message_id, stream=stream))


def outgoing(signed: Signed | None, viewer: Viewer) -> Outgoing:
    return Outgoing(signed, language=viewer.language, network=viewer.network)


async def enter(services: Services, live: Live, out: Outgoing, signed: Signed | None) -> bool:
    """Register the connection and look once more whether it is still signed in. False: too many, or signed out.

    Registered first, looked at second: a sign-out between the request's own check and here is heard one way or the
    other.
    """
    scale = services.settings.limit_scale
    mine = live.hub.of_account(out.account_id) if out.account_id else ()
    neighbours = live.hub.of_network(out.network)
    if len(mine) >= SOCKETS_PER_ACCOUNT * scale or neighbours >= SOCKETS_PER_NETWORK * scale:
        out.end(protocol.TOO_MANY, "too many connections")
        return False
    live.hub.enter(out)
    if signed is None or out.account_id is None:
        return True
    async with services.db.read() as tx:
        head = await outbox.head(tx, account_stream(out.account_id))
        still = await tickets.still_signed(tx, signed)
    live.tail.watch_account(out.account_id, head)
    if not still:
        out.end(protocol.SIGNED_OUT, "signed out")
        live.hub.leave(out)
    return still


async def heartbeat(live: Live) -> None:
    """A ping to everybody every HEARTBEAT_S, so that a client knows within twice that time that it is cut off."""
    while True:
        await asyncio.sleep(protocol.HEARTBEAT_S)
        for count, follower in enumerate(tuple(live.hub.followers), 1):
            follower.push(protocol.PING)
            if count % 1000 == 0:
                await asyncio.sleep(0)


async def sse(request: Request) -> Response:
    """`GET /live/sse?stream=…&after=…`: one stream as server-sent events; `Last-Event-ID` wins over `after`."""
    services, viewer = services_of(request), viewer_of(request)
    services.limiter.hit("connect", viewer.network)
    cursor = sse_cursor(request)
    form: protocol.Format = "html" if request.query_params.get("format") == "html" else "json"
    return _EventStream(services, live_of(request), viewer, cursor, form)


def sse_cursor(request: Request) -> Cursor:
    """Read stream, after and epoch. Raises Invalid naming the parameter."""
    query = request.query_params
    stream = query.get("stream", "")
    if not stream:
        raise Invalid(stream="Name the stream: ?stream=room:ID.")
    epoch, _, after = request.headers.get("last-event-id", "").rpartition(":")
    after = after or query.get("after", "")
    if after and not (after.isascii() and after.isdigit() and len(after) <= 16):
        raise Invalid(after="Must be the seq of the last event seen, a whole number.")
    return Cursor(stream[:100], int(after) if after else None, (epoch or query.get("epoch", ""))[:64] or None)


class _EventStream(Response):
    """An SSE follower."""

    def __init__(
        self, services: Services, live: Live, viewer: Viewer, cursor: Cursor, form: protocol.Format
    ) -> None:
        super().__init__(media_type="text/event-stream")
        self._services = services
        self._live = live
        self._signed = viewer.signed
        self._out = outgoing(viewer.signed, viewer)
        self._cursor = cursor
        self._form = form
        self._epoch = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        out = self._out
        if not await enter(self._services, self._live, out, self._signed):
            raise TooMany("Too many connections are open. Close one.", retry_after_s=30)
        try:
            await require_hearing(self._live, out, self._cursor.stream)
            await self._talk(receive, send)
        finally:
            self._live.hub.leave(out)

    async def _talk(self, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store, private"),
                   (b"x-accel-buffering", b"no")]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})

        async def write(frame: str, seq: int | None) -> None:
            identity = "" if seq is None else f"id: {self._epoch}:{seq}\n"
            body = f"{identity}data: {frame}\n\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})

        async def read() -> None:
            await subscribe(self._live, self._out, [self._cursor], self._form, None)
            if not self._live.hub.of_follower(self._out):
                self._out.end(protocol.NOT_ALLOWED, "nothing to hear")
            while (await receive())["type"] != "http.disconnect":
                pass
            raise WebSocketDisconnect

        async with self._services.db.read() as tx:
            self._epoch = await epoch(tx)
        self._out.push(protocol.welcome(self._out.account_id))
        code, reason = await self._out.converse(write, read)
        # Who reads nothing does not hear the farewell either; the server lets go of the connection.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                if code != 1000:
                    await write(protocol.encode({"type": "close", "code": code, "reason": reason}), None)
                await send({"type": "http.response.body", "body": b"", "more_body": False})


ROUTES = [
    socket_route("/live", socket, VIEWER),
    route("/live/sse", sse, VIEWER),
]
