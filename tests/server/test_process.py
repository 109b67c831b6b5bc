"""The start that fails and the stop that always ends."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import websockets
from starlette.applications import Starlette

from channel.errors import Unavailable
from channel.server import listen, serve
from tests.server.site import get, handshake


def test_what_the_lifespan_raised_is_raised_by_serve() -> None:
    @asynccontextmanager
    async def broken(_: Starlette) -> AsyncIterator[None]:
        raise Unavailable("Another process owns the data folder.")
        yield

    with pytest.raises(Unavailable, match="owns the data folder"):
        asyncio.run(serve(Starlette(lifespan=broken), listen("127.0.0.1", 0)))


CHILD = """
import asyncio, sys
from contextlib import asynccontextmanager
from tests.server.site import application, doors
from channel.server import Limits, listen, run, serve

@asynccontextmanager
async def lifespan(app):
    yield
    print("lifespan ended", flush=True)
    await asyncio.sleep({lifespan_s})

async def before_drain():
    print("drain", flush=True)
    await asyncio.sleep({drain_s})

app = application()
app.router.lifespan_context = lifespan
sock = listen("127.0.0.1", 0)
ready = lambda: print("port", sock.getsockname()[1], flush=True)
run(serve(app, sock, limits=Limits(stop_close_s=0.5, tick_s=0.1), on_ready=ready, before_drain=before_drain,
          doors=doors()))
print("ended", flush=True)
"""


class Child:
    """A server process to send signals to."""

    def __init__(self, *, drain_s: float = 0.0, lifespan_s: float = 0.0) -> None:
        code = CHILD.format(drain_s=drain_s, lifespan_s=lifespan_s)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.process.stdout is not None
        self.out = self.process.stdout
        self.port = int(self.out.readline().removeprefix("port "))

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.out.close()

    def end(self, *signals: int) -> tuple[int, str]:
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.2)
        return self.process.wait(20), self.out.read()


def test_sigterm_ends_cleanly_and_in_order() -> None:
    with Child() as child:
        assert child.end(signal.SIGTERM) == (0, "drain\nlifespan ended\nended\n")


async def test_sigterm_tells_a_websocket_1012() -> None:
    with Child() as child:
        async with websockets.connect(f"ws://127.0.0.1:{child.port}/echo") as client:
            os.kill(child.process.pid, signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert child.process.wait(15) == 0


def test_sigterm_ends_although_clients_have_stopped() -> None:
    with Child() as child, contextlib.ExitStack() as clients:
        for request in (handshake("/flood"), get("/endless"), handshake("/echo"), b"POST /size HTTP/1.1\r\n"):
            for _ in range(5):
                client = clients.enter_context(socket.socket())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", child.port))
                client.sendall(request)
        time.sleep(0.5)
        code, said = child.end(signal.SIGTERM)
        assert code == 0, said
        assert "lifespan ended" in said


def test_sigterm_ends_although_the_application_hangs() -> None:
    with Child(drain_s=60, lifespan_s=60) as child:
        code, said = child.end(signal.SIGTERM)
        assert code == 0, said
        assert "left behind" in said


def test_a_second_sigterm_ends_at_once() -> None:
    with Child(drain_s=60) as child:
        code, said = child.end(signal.SIGTERM, signal.SIGTERM)
        assert (code, said) == (0, "drain\n"), "it waited for the rest, or left it behind"
