"""Listening through a server that is not ours: ASGI sends, a task for each direction. Slower, and the same promises."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.websockets import WebSocketDisconnect

from channel.live.follower import MAX_UNSENT_BYTES, Follower
from channel.live.protocol import TOO_MANY
from channel.live.tallies import LOST

LOW_WATER_BYTES: Final = 128 * 1024
GONE: Final = (
    WebSocketDisconnect,
    OSError,
    RuntimeError,
)  # what writing to a client that left raises, by transport
CUT_AFTER_S: Final = 5.0  # how long a closing connection may take to swallow its last frames
MAX_INBOX: Final = 64


class AsgiFollower(Follower):
    """What is to be sent waits here; beyond LOW_WATER_BYTES events wait in the log instead."""

    __slots__ = ("_ended", "_filled", "_frames", "_unsent_bytes", "busy", "farewell", "inbox", "pace_s")

    def __init__(self, *who: Any, **more: Any) -> None:
        super().__init__(*who, **more)
        self.farewell: tuple[int, str] | None = None
        self.busy = False
        self.pace_s = 0.0
        self.inbox: deque[str] = deque()
        self._unsent_bytes = 0
        self._frames: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._ended = asyncio.Event()

    def send(self, data: bytes) -> None:
        self.hub.tallies.sent_bytes += len(data)
        self._frames.append(data)
        self._unsent_bytes += len(data)
        self._filled.set()
        if self._unsent_bytes > MAX_UNSENT_BYTES:
            self.cut("unsent")
        elif self._unsent_bytes > LOW_WATER_BYTES and not self.blocked:
            self.blocked, self.blocked_s = True, self.hub.now_s
            self.hub.park(self)

    def end(self, code: int, reason: str) -> None:
        if self.closing:
            return
        self.hub.tallies.closes[LOST if code == 1000 else str(code)] += 1
        self.closing, self.farewell = True, (code, reason)
        self.hub.part(self)
        self._ended.set()
        self._filled.set()

    def abort(self) -> None:
        self.hub.leave(self)
        self._ended.set()

    def unsent_bytes(self) -> int:
        return self._unsent_bytes

    def wait(self, text: str) -> None:
        """A message came while another one is being answered."""
        self.inbox.append(text)
        if len(self.inbox) > MAX_INBOX:
            self.end(TOO_MANY, "too many messages")

    async def converse(
        self, write: Callable[[bytes], Awaitable[None]], read: Callable[[], Awaitable[None]]
    ) -> tuple[int, str]:
        """Run both directions until one side ends it; return the close code and reason to send.

        A client that does not swallow its last frames within CUT_AFTER_S is left behind: it comes back by seq.
        """
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._until_gone(read()))
            writer = group.create_task(self._until_gone(self._write_out(write)))
            await self._ended.wait()
            await asyncio.wait({writer}, timeout=CUT_AFTER_S)
            writer.cancel()
            reader.cancel()
        return self.farewell or (1000, "")

    async def _write_out(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Send in order until the connection is to close and everything has gone out."""
        while True:
            while self._frames:
                data = self._frames.popleft()
                await write(data)
                self._unsent_bytes -= len(data)
                if self.blocked and not self.closing and self._unsent_bytes <= LOW_WATER_BYTES // 2:
                    self.blocked = False
                    self.hub.unpark(self)
            if self.closing:
                return
            self._filled.clear()
            await self._filled.wait()

    async def _until_gone(self, work: Awaitable[None]) -> None:
        try:
            await work
        except GONE:
            self.end(1000, "gone")
