"""One open connection: a bounded backlog of frames and the task that writes them out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocketDisconnect

from channel.accounts import Signed

LOW_WATER_BYTES = 128 * 1024
GONE = (WebSocketDisconnect, OSError, RuntimeError)  # what writing to a client that left raises, by transport
CUT_AFTER_S = 5.0  # how long a closing connection may take to swallow its last frames


class Outgoing:
    """The follower's side that WebSocket and SSE share. `write` sends one frame and may wait for the client."""

    def __init__(self, signed: Signed | None, *, language: str, network: str) -> None:
        self.account_id = signed.account.id if signed else None
        self.session_id = signed.session_id if signed else None
        self.token_id = signed.token_id if signed else None
        self.language = language
        self.network = network
        self.backlog_bytes = 0
        self.closing: tuple[int, str] | None = None
        self._frames: deque[tuple[str, int | None]] = deque()
        self._filled = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()
        self._ended = asyncio.Event()

    def push(self, frame: str, *, seq: int | None = None) -> None:
        """Queue a frame; the hub looks at `backlog_bytes` and ends a follower that lets it grow too far."""
        if self.closing is not None:
            return
        self._frames.append((frame, seq))
        self.backlog_bytes += len(frame)
        if self.backlog_bytes > LOW_WATER_BYTES:
            self._low.clear()
        self._filled.set()

    def end(self, code: int, reason: str) -> None:
        """Close after what is queued, or after CUT_AFTER_S."""
        if self.closing is None:
            self.closing = (code, reason)
            self._ended.set()
            self._low.set()
            self._filled.set()

    async def drained(self) -> None:
        """Wait until the client has taken most of what was pushed."""
        await self._low.wait()

    async def write_out(self, write: Callable[[str, int | None], Awaitable[None]]) -> None:
        """Send frames in order until the connection is to close and everything has gone out."""
        while True:
            while self._frames:
                frame, seq = self._frames.popleft()
                await write(frame, seq)
                self.backlog_bytes -= len(frame)
                if self.backlog_bytes <= LOW_WATER_BYTES:
                    self._low.set()
            if self.closing is not None:
                return
            self._filled.clear()
            await self._filled.wait()

    async def converse(
        self, write: Callable[[str, int | None], Awaitable[None]], read: Callable[[], Awaitable[None]]
    ) -> tuple[int, str]:
        """Run both directions until one side ends it; return the close code and reason to send.

        A client that does not swallow its last frames within CUT_AFTER_S is left behind: it comes back by seq.
        """
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._until_gone(read()))
            writer = group.create_task(self._until_gone(self.write_out(write)))
            await self._ended.wait()
            await asyncio.wait({writer}, timeout=CUT_AFTER_S)
            writer.cancel()
            reader.cancel()
        return self.closing or (1000, "")

    async def _until_gone(self, work: Awaitable[None]) -> None:
        try:
            await work
        except GONE:
            self.end(1000, "gone")
