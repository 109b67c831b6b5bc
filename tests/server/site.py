"""A tiny application on the real server, and plain sockets to try it with."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from channel.server import Limits, listen, run, serve
from tests.server.doors import Doors

QUICK = Limits(
    header_s=0.5,
    body_window_s=0.5,
    linger_s=0.3,
    write_stall_s=0.5,
    close_s=0.5,
    stop_close_s=0.5,
    tick_s=0.05,
)
PATIENCE_S = 10.0
ESTABLISHED, CLOSE_WAIT = "01", "08"  # as /proc/net/tcp writes them


async def _echo_size(request: Request) -> Response:
    try:
        size_bytes = len(await request.body())
    except ClientDisconnect:
        return Response(status_code=400)
    return PlainTextResponse(str(size_bytes))


async def _headers(request: Request) -> Response:
    client = request.client.host if request.client else ""
    return JSONResponse({"lines": len(request.headers.raw), "client": client})


async def _endless(request: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    return StreamingResponse(chunks())


async def _early(request: Request) -> Response:
    return PlainTextResponse("no", status_code=403)


def application() -> Starlette:
    return Starlette(
        routes=[
            Route("/size", _echo_size, methods=["POST"]),
            Route("/headers", _headers),
            Route("/endless", _endless),
            Route("/early", _early, methods=["POST"]),
        ]
    )


def doors() -> dict[str, ASGIApp]:
    made = Doors()
    return {"/echo": made.echo, "/flood": made.flood}


class Site:
    """A server in a thread of its own, so that tests may block on plain sockets."""

    def __init__(self, limits: Limits) -> None:
        self.sock = listen("127.0.0.1", 0)
        self.port: int = self.sock.getsockname()[1]
        self._limits = limits
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Site":
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(
                serve(application(), self.sock, limits=self._limits, on_ready=self._ready.set, doors=doors())
            )
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

        run(main())

    def connect(self, receive_buffer_bytes: int | None = None) -> socket.socket:
        client = socket.socket()
        if receive_buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        client.settimeout(PATIENCE_S)
        client.connect(("127.0.0.1", self.port))
        return client

    def ask(self, request: bytes) -> bytes:
        """Send, and return all that comes until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            return read_to_end(client)

    def open_sockets(self) -> int:
        return open_sockets(self.port)


def open_sockets(port: int) -> int:
    """Connections that a server on `port` has not let go of: what it closed itself is the kernel's to finish."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] in (ESTABLISHED, CLOSE_WAIT) for row in rows)


def read_to_end(client: socket.socket) -> bytes:
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(65_536):
            received += chunk
    return bytes(received)


def cut_while_sending(client: socket.socket, piece: bytes, times: int, *, every_s: float = 0.0) -> bool:
    try:
        for _ in range(times):
            client.sendall(piece)
            time.sleep(every_s)
    except OSError:
        return True
    return False


def eventually(condition: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.02)
    return True


def get(path: str = "/headers", *, extra: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n" % (path.encode(), extra)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def handshake(path: str, extra: bytes = b"") -> bytes:
    return (
        b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n" % (path.encode(), extra)
    )


def frame(opcode: int, payload: bytes, *, last: bool = True) -> bytes:
    """One masked frame (the mask is zero, so the payload stays readable)."""
    head = bytes([(0x80 if last else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload
    if len(payload) < 65_536:
        return head + b"\xfe" + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload
    return head + b"\xff" + len(payload).to_bytes(8, "big") + b"\0\0\0\0" + payload


def close_code(answer: bytes) -> int:
    at = answer.rindex(b"\x88")
    return int.from_bytes(answer[at + 2 : at + 4], "big")


def rss_kb() -> int:
    status_text = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status_text.splitlines() if line.startswith("VmRSS")))
