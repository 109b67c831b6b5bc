"""What the machine does when there is no product in between: the measure that ratios are taken of.

python -m tests.bench.bare broadcast    an event loop that writes what one connection sends to all others
python -m tests.bench.bare page BYTES   uvicorn with an application that answers so many bytes
python -m tests.bench.bare starlette    what one writes first: a loop that awaits a send to each WebSocket
"""

import asyncio
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.loops.auto import auto_loop_factory

from tests.bench.wire import HOST

ROW_BYTES = 2_000  # about what a post with its event and its remembered answer weighs


class Everybody(asyncio.Protocol):
    """A connection; what it sends goes to all others."""

    connections: ClassVar[set[asyncio.Transport]] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self.connections.add(transport)

    def data_received(self, data: bytes) -> None:
        for other in self.connections:
            if other is not self._transport:
                other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self._transport)


async def broadcast() -> None:
    server = await asyncio.get_running_loop().create_server(Everybody, HOST, 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def page(size_bytes: int) -> None:
    body = b"x" * size_bytes
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(size_bytes).encode())]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    listening = socket.create_server((HOST, 0), backlog=1000)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, lifespan="off", log_level="error", access_log=False)
    await uvicorn.Server(config).serve(sockets=[listening])


async def plain_starlette() -> None:
    """Whatever is posted goes to all WebSockets."""
    followers: set[WebSocket] = set()

    async def follow(websocket: WebSocket) -> None:
        await websocket.accept()
        followers.add(websocket)
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            followers.discard(websocket)

    async def tell(request: Request) -> PlainTextResponse:
        text = (await request.body()).decode()
        for follower in tuple(followers):
            await follower.send_text(text)
        return PlainTextResponse("told")

    app = Starlette(routes=[WebSocketRoute("/live", follow), Route("/tell", tell, methods=["POST"])])
    listening = socket.create_server((HOST, 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, lifespan="off", log_level="error", access_log=False, ws_ping_interval=None)
    await uvicorn.Server(config).serve(sockets=[listening])


class Commits:
    """One row a commit, synced, in the folder that the server's data lies beside."""

    def __init__(self, folder: Path) -> None:
        self._conn = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._conn.execute(f"PRAGMA {pragma}")
        self._conn.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, padding TEXT)")

    def one_s(self) -> float:
        """Seconds that one commit took."""
        started_s = time.perf_counter()
        self._conn.execute("INSERT INTO t (padding) VALUES (?)", ("x" * ROW_BYTES,))
        return time.perf_counter() - started_s

    def a_second(self, for_s: float) -> float:
        """How many a second."""
        count, started_s = 0, time.perf_counter()
        while time.perf_counter() - started_s < for_s:
            self.one_s()
            count += 1
        return count / (time.perf_counter() - started_s)


def main() -> None:
    works = {"broadcast": broadcast, "starlette": plain_starlette}
    work = page(int(sys.argv[2])) if sys.argv[1] == "page" else works[sys.argv[1]]()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
