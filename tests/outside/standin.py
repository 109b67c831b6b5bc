"""A world outside that lies on loopback: names, addresses and what answers there, as raw bytes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from channel.outside import Outside
from channel.outside.wire import connect

PUBLIC = "93.184.215.14"
Speak = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class World:
    """`names` is what the resolver says; each question takes the next of several answers, the last for ever."""

    def __init__(self, port: int, trust: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.names: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.heard: list[bytes] = []
        self.outside = Outside("channel.example.com", resolve=self.resolve, connect=self.connect, trust=trust)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def connect(self, address: str, port: int, timeout: float | None) -> object:
        self.connected.append((address, port))
        return await connect("127.0.0.1", self.port, timeout)


@contextlib.asynccontextmanager
async def world(
    speak: Speak, tls: ssl.SSLContext | None = None, trust: ssl.SSLContext | None = None, *, turns: int = 1
) -> AsyncIterator[World]:
    """A server that hands each request's head to `speak`, and hangs up after so many of a connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = asyncio.current_task()
        assert here is not None
        busy.add(here)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            for _ in range(turns):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                there.heard.append(head)
                await speak(head, writer)
                await writer.drain()
        writer.transport.abort() if here.cancelling() else writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()

    busy: set[asyncio.Task[None]] = set()
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    there = World(server.sockets[0].getsockname()[1], trust)
    try:
        yield there
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


def _length(head: bytes) -> int:
    """Of the body that follows. Only one that keeps connections has to read it."""
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


def says(body: bytes, *headers: str, status: str = "200 OK") -> Speak:
    """One answer to whatever is asked."""

    async def speak(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    return speak
