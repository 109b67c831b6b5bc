"""HTTP/1.1 and WebSocket clients that cost next to nothing, so that the server is measured and not they."""

import asyncio
import json
import os
import struct
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"
TEXT_FRAME = 0x81
MASKED = 0x80
LENGTH_16, LENGTH_64 = 126, 127


def upgrade(port: int, token: str = "") -> bytes:
    """The request that turns a connection into a WebSocket."""
    signed = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"GET /live HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{signed}\r\n"
    ).encode()


def subscribe(stream: str) -> bytes:
    """The first message of a follower, masked with zeros: the protocol asks for a mask, not for a good one."""
    text = json.dumps({"type": "subscribe", "id": 1, "streams": [{"stream": stream}]}).encode()
    if len(text) < LENGTH_16:
        return struct.pack("!BB4x", TEXT_FRAME, MASKED | len(text)) + text
    return struct.pack("!BBH4x", TEXT_FRAME, MASKED | LENGTH_16, len(text)) + text


@dataclass(slots=True)
class Line:
    """One keep-alive connection."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> "Line":
        reader, writer = await asyncio.open_connection(HOST, port, limit=4 * 1024 * 1024)
        return cls(port, reader, writer)

    def close(self) -> None:
        self.writer.close()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; return status and body."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        return int(lines[0].split(" ")[1]), await self.reader.readexactly(length)

    async def follow(self, stream: str, token: str = "") -> None:
        """Become a WebSocket that hears `stream`."""
        self.writer.write(upgrade(self.port, token))
        await self.reader.readuntil(b"\r\n\r\n")
        await self.frame()  # the welcome
        self.writer.write(subscribe(stream))
        while json.loads(await self.frame())["type"] != "subscribed":
            pass

    async def frame(self) -> bytes:
        """The next text frame."""
        while True:
            kind, length = await self.reader.readexactly(2)
            if length == LENGTH_16:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == LENGTH_64:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(length)
            if kind == TEXT_FRAME:
                return payload

    async def event(self) -> bytes:
        """The next frame that tells of an event."""
        while b'"type":"event"' not in (frame := await self.frame()):
            pass
        return frame


def get(port: int, path: str) -> bytes:
    """A page, as somebody asks for it who is not signed in."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept-Language: en\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class Publisher:
    """Makes requests that publish in one room, each with a key of its own."""

    port: int
    token: str
    room_id: str

    def post(self, text: str) -> bytes:
        body = json.dumps({"text": text}).encode()
        head = (
            f"POST /api/v1/rooms/{self.room_id}/posts HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {os.urandom(16).hex()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def created(answer: tuple[int, bytes]) -> dict[str, Any]:
    """The body of a 201; anything else ends the measurement."""
    status, body = answer
    if status != 201:
        raise SystemExit(f"the server answered {status}: {body[:300].decode(errors='replace')}")
    made: dict[str, Any] = json.loads(body)
    return made
