"""A WebSocket client's side of a connection: RFC 6455, sections 5 to 7.

Most of what clients send is one small, whole frame at a time, and is read in place. Only while a client's frame is in
pieces, or its message in fragments, is the websockets library's parser borrowed; it is given back when all is read.
"""

import asyncio
from collections import deque
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Close, Frame
from websockets.speedups import apply_mask
from websockets.streams import StreamReader

from channel.live.follower import TransportFollower
from channel.live.protocol import MAX_MESSAGE_BYTES, PROTOCOL_ERROR, TOO_MANY
from channel.live.tallies import LEFT
from channel.live.wire import WEBSOCKET, frame

if TYPE_CHECKING:
    from channel.live.talk import Desk

MAX_FRAGMENTS: Final = 1_024
MAX_INBOX: Final = 64  # messages that wait while one is being answered
CONTROL_FRAMES_PER_S: Final = 100
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
WHOLE: Final = frozenset({FIN | TEXT, FIN | CLOSE, FIN | PING, FIN | PONG})
EMPTY_PONG: Final = bytes((FIN | PONG, MASKED))  # what everybody sends, once in a heartbeat; its mask follows
EMPTY_PONG_BYTES: Final = 6
WRONG, NOT_UTF8, TOO_BIG = 1002, 1007, 1009


class SocketFollower(TransportFollower):
    """A client that listens over a WebSocket. What it says goes to the desk, one message after another."""

    __slots__ = ("_control_s", "_desk", "_reader", "busy", "inbox", "pace_s")

    def __init__(
        self, transport: asyncio.Transport, registry: set[Any], desk: "Desk", *who: Any, **more: Any
    ) -> None:
        self._desk = desk
        self._reader: _Reader | None = None
        self._control_s = 0.0
        self.pace_s = 0.0  # see Desk
        self.busy = False
        self.inbox: deque[str] | None = None
        super().__init__(transport, registry, *who, wire=WEBSOCKET, **more)

    speaks = True

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.hub.now_s
        if len(data) == EMPTY_PONG_BYTES and data.startswith(EMPTY_PONG) and self._reader is None:
            if not self._allows_control():
                self.end(TOO_MANY, "too many control frames")
            return
        if self.closing and len(data) > MAX_MESSAGE_BYTES:
            self.transport.abort()  # it was told goodbye, and goes on regardless
            return
        try:
            if self._reader is None:
                data = self._read_whole(data)
                if not data:
                    return
                self._reader = _Reader()
            for opcode, payload in self._reader.read(data):
                self._take(opcode, payload)
            if self._reader.at_rest:
                self._reader = None
        except PayloadTooBig:
            self._fail(TOO_BIG, "too large")
        except ProtocolError as error:
            self._fail(WRONG, str(error))
        except UnicodeDecodeError:
            self._fail(NOT_UTF8, "not UTF-8")

    def _read_whole(self, data: bytes) -> bytes:
        """Take whole, unfragmented frames off the front; return what needs a parser."""
        while len(data) >= 6 and data[0] in WHOLE and data[1] & MASKED:
            size, at = data[1] & 0x7F, 2
            if size == 126 and data[0] == FIN | TEXT and len(data) >= 8:
                size, at = int.from_bytes(data[2:4], "big"), 4
            if size > 125 and at == 2:
                break
            until = at + 4 + size
            if len(data) < until:
                break
            self._take(data[0] & 0x0F, apply_mask(data[at + 4 : until], data[at : at + 4]))
            data = data[until:]
        return data

    def _take(self, opcode: int, payload: bytes) -> None:
        """One message or control frame."""
        if opcode == CLOSE:
            self._client_closes(payload)
        elif self.closing:
            return
        elif opcode == TEXT:
            self._hear(payload)
        elif opcode == BINARY:
            self.end(PROTOCOL_ERROR, "text frames only")
        elif not self._allows_control():
            self.end(TOO_MANY, "too many control frames")
        elif opcode == PING:
            self.send(frame(PONG, payload))

    def _hear(self, payload: bytes) -> None:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._fail(NOT_UTF8, "not UTF-8")
            return
        if not self.busy:
            self._desk.hear(self, text)
            return
        if self.inbox is None:
            self.inbox = deque()
        self.inbox.append(text)
        if len(self.inbox) > MAX_INBOX:
            self.end(TOO_MANY, "too many messages")

    def _allows_control(self) -> bool:
        """CONTROL_FRAMES_PER_S, as many at once (a leaky bucket: the moment up to which the rate is used up)."""
        now_s = self._desk.now_s()
        self._control_s = max(self._control_s, now_s) + 1 / CONTROL_FRAMES_PER_S
        return self._control_s <= now_s + 1.0

    def _client_closes(self, payload: bytes) -> None:
        """Section 5.5.1: answered with the same code, then the connection ends."""
        close = Close.parse(payload)  # raises ProtocolError, UnicodeDecodeError
        if not self.closing:
            self.hub.tallies.closes[LEFT] += 1
            self.send(frame(CLOSE, payload[:2] if close.code != 1005 else b""))
            self.closing = True
            self.hub.part(self)
        self.transport.close()

    def _fail(self, code: int, reason: str) -> None:
        """Section 7.1.7: what the client sent cannot be understood, so nothing more of it is read."""
        self._reader = None
        if self.closing:
            self.transport.abort()
            return
        self.end(code, reason)
        self.transport.close()

    def after_farewell(self) -> None:
        """The client answers with its own close frame; the hub cuts it when it does not."""


class _Reader:
    """The borrowed parser, and the fragments of a message that is not whole yet."""

    __slots__ = ("_frame", "_parts", "_size", "_source")

    def __init__(self) -> None:
        self._source = StreamReader()
        self._frame: Generator[None, None, Frame] | None = None
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def at_rest(self) -> bool:
        """Nothing is half read."""
        return self._frame is None and not self._parts

    def read(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Whole messages and control frames, as (opcode, payload). Raises ProtocolError, PayloadTooBig."""
        self._source.feed_data(data)
        while self._frame is not None or self._source.buffer:
            if self._frame is None:
                self._frame = Frame.parse(self._source.read_exact, mask=True, max_size=MAX_MESSAGE_BYTES)
            try:
                next(self._frame)
            except StopIteration as done:
                self._frame = None
                message = self._joined(done.value)
                if message is not None:
                    yield message
            else:
                return

    def _joined(self, part: Frame) -> tuple[int, bytes] | None:
        """Section 5.4: fragments to messages; control frames may come between them."""
        if part.opcode >= CLOSE:
            return int(part.opcode), bytes(part.data)
        if (part.opcode == CONTINUATION) != bool(self._parts):
            raise ProtocolError("fragments out of order")
        if not self._parts and part.fin:
            return int(part.opcode), bytes(part.data)
        if not self._parts:
            self._parts.append(bytes((part.opcode,)))  # remembered in front, so an empty fragment counts too
        self._parts.append(bytes(part.data))
        self._size += len(part.data)
        if self._size > MAX_MESSAGE_BYTES or len(self._parts) > MAX_FRAGMENTS:
            raise PayloadTooBig(self._size, MAX_MESSAGE_BYTES)
        if not part.fin:
            return None
        opcode, *parts = self._parts
        self._parts, self._size = [], 0
        return opcode[0], b"".join(parts)
