"""`/live` (WebSocket) and `/live/sse` (server-sent events) as ordinary routes: for servers that hand nothing over.

Our own server asks the same questions at its door (door.py) and never comes here, but to say why not.
"""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from channel.errors import ChannelError, TooMany
from channel.live import protocol
from channel.live.asgi import GONE, AsgiFollower
from channel.live.door import (
    SSE_HEADERS,
    admitted,
    enter,
    farewell,
    first_pause,
    sse_cursor,
    sse_format,
    still_welcome,
    who_enters,
)
from channel.live.entrance import Busy
from channel.live.joining import Live, require_hearing, subscribe
from channel.live.protocol import Cursor, Format
from channel.live.talk import Desk
from channel.live.wire import PLAIN, PLAIN_SSE
from channel.routing import VIEWER, Services, Viewer, route, services_of, socket_route, viewer_of

FAREWELL_S = 5.0


def live_of(connection: WebSocket | Request) -> Live:
    live: Live = connection.app.state.live
    return live


async def socket(websocket: WebSocket) -> None:
    """`GET /live`."""
    services, viewer, live = services_of(websocket), viewer_of(websocket), live_of(websocket)
    await who_enters(services, viewer, websocket)
    wants = websocket.scope.get("subprotocols", [])
    await websocket.accept(protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in wants else None)
    try:
        live.entrance.require_room()
        async with live.entrance:
            signed = await admitted(services, live, viewer, websocket)
    except Busy as busy:
        await websocket.close(protocol.TRY_LATER, farewell(busy))
        return
    except TooMany as error:
        await websocket.close(protocol.TOO_MANY, error.detail[:100])
        return
    except ChannelError as error:
        await websocket.close(protocol.SIGNED_OUT, error.detail[:100])
        return
    follower = AsgiFollower(live.hub, signed, language=viewer.language, network=viewer.network, wire=PLAIN)
    try:
        if enter(services, live, follower, signed, -1) or await still_welcome(services, follower, signed):
            follower.say(protocol.welcome(follower.account_id))
        desk: Desk = websocket.app.state.desk
        code, reason = await _talk(websocket, follower, desk)
    finally:
        live.hub.leave(follower)
    if code != 1000:
        # Who reads no more cannot be told why either; the server cuts that socket.
        with contextlib.suppress(TimeoutError, *GONE):
            async with asyncio.timeout(FAREWELL_S):
                await websocket.close(code, reason)


async def _talk(websocket: WebSocket, follower: AsgiFollower, desk: Desk) -> tuple[int, str]:
    async def write(data: bytes) -> None:
        await websocket.send_text(data.decode())

    async def read() -> None:
        while True:
            try:
                text = await websocket.receive_text()
            except KeyError:  # a binary frame: this protocol has none
                follower.end(protocol.PROTOCOL_ERROR, "text frames only")
                return
            follower.heard_s = follower.hub.now_s
            if follower.busy:
                follower.wait(text)
            else:
                desk.hear(follower, text)

    return await follower.converse(write, read)


async def sse(request: Request) -> Response:
    """`GET /live/sse?stream=…&after=…`: one stream as server-sent events; `Last-Event-ID` wins over `after`."""
    services, viewer = services_of(request), viewer_of(request)
    return _EventStream(services, live_of(request), viewer, request)


class _EventStream(Response):
    """An SSE follower."""

    def __init__(self, services: Services, live: Live, viewer: Viewer, request: Request) -> None:
        super().__init__(media_type="text/event-stream")
        self._services = services
        self._live = live
        self._viewer = viewer
        self._request = request
        self._cursor: Cursor = sse_cursor(request)
        self._form: Format = sse_format(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        live, viewer = self._live, self._viewer
        live.entrance.require_room()
        async with live.entrance:
            signed = await admitted(self._services, live, viewer, self._request)
            await require_hearing(live, signed.account.id if signed else None, self._cursor.stream)
        follower = AsgiFollower(
            live.hub, signed, language=viewer.language, network=viewer.network, wire=PLAIN_SSE
        )
        headers = [
            (name.encode(), value.encode())
            for name, value in SSE_HEADERS.items()
            if name != "transfer-encoding"
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": first_pause(), "more_body": True})
        try:
            known = enter(self._services, live, follower, signed, -1)
            if known or await still_welcome(self._services, follower, signed):
                follower.say(protocol.welcome(follower.account_id))
            await self._talk(follower, receive, send)
        finally:
            live.hub.leave(follower)

    async def _talk(self, follower: AsgiFollower, receive: Receive, send: Send) -> None:
        async def write(data: bytes) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": True})

        async def read() -> None:
            await subscribe(self._live, follower, [self._cursor], self._form, None)
            if not follower.subscriptions:
                follower.end(protocol.NOT_ALLOWED, "nothing to hear")
            while (await receive())["type"] != "http.disconnect":
                pass
            raise WebSocketDisconnect

        code, reason = await follower.converse(write, read)
        # Who reads nothing does not hear the farewell either; the server lets go of the connection.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                if code != 1000:
                    await write(PLAIN_SSE.farewell(code, reason))
                await send({"type": "http.response.body", "body": b"", "more_body": False})


ROUTES = [
    socket_route("/live", socket, VIEWER),
    route("/live/sse", sse, VIEWER),
]
