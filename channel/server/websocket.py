"""WebSockets for clients that are slow, endless or hostile, and for a hub that writes to many at once."""

import logging
import math
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from channel.server.limits import GuardedConfig

WIRE = "channel.wire"  # the scope extension under which a WebSocket offers `write_frame` and `abort`

# The frame parser logs a traceback for some frames that only a hostile client sends; the close code
# says it all.
_frames_logger = logging.getLogger("channel.server.frames")
_frames_logger.setLevel(logging.CRITICAL + 1)


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """WebSocket whose buffers have a bound and whose close always ends.

    In the scope it offers itself as `extensions["channel.wire"]["socket"]`, so that a hub can write one
    encoded frame to thousands of sockets without a task or an await for each.
    """

    config: GuardedConfig

    def __init__(self, config: GuardedConfig, *rest: Any, **more: Any) -> None:
        super().__init__(config, *rest, **more)
        self.limits = config.limits
        self.close_timeout = config.limits.close_s
        self.conn.logger = _frames_logger
        self._cut_at_s = math.inf
        self._control_frames = 0
        self._control_since_s = 0.0

    def write_frame(self, frame: bytes) -> int:
        """Write one encoded, unmasked frame at once. Returns the bytes that wait here, -1 once closed."""
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            return -1
        self.transport.write(frame)
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Free the socket now; what was not sent is lost."""
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.deadlines.set(self, math.inf)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            # The library refused the handshake and says why; uvicorn would leave the socket open and silent.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        if self.transport.get_write_buffer_size() > self.limits.ws_buffer_bytes:
            self.transport.abort()
        self._bound_close()

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][WIRE] = {"socket": self}

    def handle_ping(self) -> None:
        super().handle_ping()
        self._count_control_frame()

    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        self._count_control_frame()

    def handle_cont(self, event: Frame) -> None:
        # Empty fragments add nothing to the message's size, so only their number can end them.
        if len(self.frames) >= self.limits.ws_fragments:
            self._fail(1009, "too many fragments")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.queue.qsize() >= self.limits.ws_waiting_messages:
            self._fail(4029, "too many messages")
            return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:  # frames before the handshake was accepted cannot be answered
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006, "reason": None})
            self.transport.abort()
            return
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._bound_close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut_in(self.limits.write_stall_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not (self.close_sent or self.transport.is_closing()):
            self._cut_at_s = math.inf
            self.config.deadlines.set(self, math.inf)

    def shutdown(self) -> None:
        super().shutdown()
        self._cut_in(self.limits.stop_close_s)

    async def send(self, message: Any) -> None:
        await super().send(message)
        self._bound_close()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self._bound_close()

    def expired(self, now_s: float) -> None:
        self.transport.abort()

    def _count_control_frame(self) -> None:
        now_s = self.loop.time()
        if now_s - self._control_since_s > 1.0:
            self._control_since_s, self._control_frames = now_s, 0
        self._control_frames += 1
        if self._control_frames > self.limits.ws_control_frames_per_s:
            self._fail(4029, "too many control frames")

    def _fail(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.fail(code, reason)
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _bound_close(self) -> None:
        if self.close_sent or self.transport.is_closing():
            self._cut_in(self.limits.close_s)

    def _cut_in(self, within_s: float) -> None:
        """Abort then, unless an earlier moment is set. A lost connection must not enter the deadlines."""
        at_s = self.loop.time() + within_s
        if at_s < self._cut_at_s and not self.disconnected:
            self._cut_at_s = at_s
            self.config.deadlines.set(self, at_s)
