"""Doors that hand connections to the real follower of live/socket.py, with somebody simple at the desk."""

import asyncio
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from channel.live.door import accepted
from channel.live.hub import Hub
from channel.live.protocol import TOO_MANY, TOO_SLOW
from channel.live.socket import SocketFollower
from channel.live.wire import frame
from channel.server import HANDOVER

MESSAGES_AT_ONCE = 1000
FLOOD = frame(0x1, b"y" * 4096)


class EchoDesk:
    """Says back what it hears, up to so many messages of one follower."""

    def __init__(self) -> None:
        self._heard: dict[Any, int] = {}

    def now_s(self) -> float:
        return time.monotonic()

    def hear(self, follower: SocketFollower, text: str) -> None:
        self._heard[follower] = self._heard.get(follower, 0) + 1
        if self._heard[follower] > MESSAGES_AT_ONCE:
            follower.end(TOO_MANY, "too many messages")
        else:
            follower.say(text.encode())


class Doors:
    """`/echo`, and `/flood`, which writes until the client takes no more."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._desk = EchoDesk()
        self._running: asyncio.Task[None] | None = None

    async def _take(self, scope: Scope) -> SocketFollower | None:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self.hub.run())
        handover = scope["extensions"][HANDOVER]
        headers = Headers(scope=scope)
        if headers.get("sec-websocket-version") != "13" or len(headers.get("sec-websocket-key", "")) != 24:
            handover.refuse(400, "no handshake", {})
            return None
        desk: Any = self._desk
        follower = SocketFollower(
            handover.transport, handover.registry, desk, self.hub, None, language="en", network="n"
        )
        follower.send(
            accepted(headers["sec-websocket-key"].encode(), next(iter(scope["subprotocols"]), ""), {})
        )
        self.hub.enter(follower)
        handover.done(follower)
        return follower

    async def echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._take(scope)
        else:
            scope["extensions"][HANDOVER].refuse(426, "only sockets", {})

    async def flood(self, scope: Scope, receive: Receive, send: Send) -> None:
        follower = await self._take(scope)
        while follower is not None and not follower.blocked:
            follower.send(FLOOD)
            await asyncio.sleep(0)
        if follower is not None:
            follower.end(TOO_SLOW, "reading too slowly")
