"""How a frame looks on the wire, for each way to listen. Encoded once, the same bytes go to everybody who listens so.

WebSocket: RFC 6455, section 5.2. Server-sent events: HTML Living Standard, 9.2.6, in chunks of RFC 9112, section 7.1.
"""

import re
from typing import Final, Protocol

from channel.live.protocol import PING

_PAUSE: Final = re.compile(r"\bretry=(\d{1,7})\b")  # in a closing reason: come back after so many ms


class Wire(Protocol):
    """One way to listen. `joins`: several frames may be written as one piece. `kind`: how it is counted.

    `heartbeat`: what is sent in silence.
    """

    kind: str
    joins: bool
    heartbeat: bytes

    def event(self, payload: bytes, epoch: str, seq: int) -> bytes:
        """A frame that stands in a stream's log, with the place it has there."""

    def note(self, payload: bytes) -> bytes:
        """A frame without a place: an answer, a ping, counts."""

    def farewell(self, code: int, reason: str) -> bytes:
        """The last frame of a connection."""


class WebSocketWire:
    """Unmasked text frames."""

    kind = "ws"
    joins = True

    def __init__(self) -> None:
        # For the page's script, and for the browser itself, which answers without one (section 5.5.2).
        self.heartbeat = self.note(PING) + frame(0x9, b"")

    def event(self, payload: bytes, epoch: str, seq: int) -> bytes:
        return frame(0x1, payload)

    def note(self, payload: bytes) -> bytes:
        return frame(0x1, payload)

    def farewell(self, code: int, reason: str) -> bytes:
        return frame(0x8, code.to_bytes(2, "big") + reason.encode()[:123])


class SseWire:
    """Events with an id that says epoch and seq, so that a browser's own reconnect can resume."""

    kind = "sse"
    joins = True

    def __init__(self) -> None:
        self.heartbeat = self.note(PING)

    def event(self, payload: bytes, epoch: str, seq: int) -> bytes:
        return chunk(b"id: %s:%d\ndata: %s\n\n" % (epoch.encode(), seq, payload))

    def note(self, payload: bytes) -> bytes:
        return chunk(b"data: %s\n\n" % payload)

    def farewell(self, code: int, reason: str) -> bytes:
        return chunk(_goodbye(code, reason)) + b"0\r\n\r\n"


class PlainWire:
    """The bare payload, for servers that frame it themselves."""

    kind = "ws"
    joins = False

    def __init__(self) -> None:
        self.heartbeat = self.note(PING)

    def event(self, payload: bytes, epoch: str, seq: int) -> bytes:
        return payload

    def note(self, payload: bytes) -> bytes:
        return payload

    def farewell(self, code: int, reason: str) -> bytes:
        return b""


class PlainSseWire(PlainWire):
    """Server-sent events without chunks, for servers that cut them themselves."""

    kind = "sse"
    joins = True

    def event(self, payload: bytes, epoch: str, seq: int) -> bytes:
        return b"id: %s:%d\ndata: %s\n\n" % (epoch.encode(), seq, payload)

    def note(self, payload: bytes) -> bytes:
        return b"data: %s\n\n" % payload

    def farewell(self, code: int, reason: str) -> bytes:
        return _goodbye(code, reason)


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole frame as a server sends it: FIN set, no mask."""
    size = len(payload)
    first = 0x80 | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def pause(wait_ms: int) -> bytes:
    """Tell a browser how long to wait before it comes back by itself."""
    return b"retry: %d\n\n" % wait_ms


def _goodbye(code: int, reason: str) -> bytes:
    """The last event of a stream. The wait that its reason asks for is said to the browser too."""
    asked = _PAUSE.search(reason)
    wait = b"retry: %d\n" % int(asked[1]) if asked else b""
    return b'%sdata: {"type":"close","code":%d,"reason":"%s"}\n\n' % (wait, code, reason.encode())


def chunk(body: bytes) -> bytes:
    """A piece of an answer that says its length as it goes."""
    return b"%x\r\n%s\r\n" % (len(body), body)


WEBSOCKET, SSE, PLAIN, PLAIN_SSE = WebSocketWire(), SseWire(), PlainWire(), PlainSseWire()
