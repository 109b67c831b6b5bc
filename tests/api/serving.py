"""A real server on a real port, in a thread of its own, for clients that bring their own event loop or none."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette

from channel.app import build
from channel.settings import Settings

T = TypeVar("T")
START_S = 20


class Served:
    """The whole app, listening at `url`. `run` executes a coroutine on its loop."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.url = settings.url
        self.app: Starlette = build(settings)
        config = uvicorn.Config(self.app, host="127.0.0.1", port=port, log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="served")

    def _serve(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve()

        asyncio.run(main())

    def start(self) -> None:
        self._thread.start()
        ready = threading.Event()
        for _ in range(START_S * 50):
            if self._server.started or not self._thread.is_alive():
                break
            ready.wait(0.02)
        assert self._server.started, "the server did not start"

    def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """`work` is given the services of the running app."""
        assert self._loop is not None

        async def working() -> T:
            return await work(self.app.state.services)

        return asyncio.run_coroutine_threadsafe(working(), self._loop).result(30)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(make: Callable[[str], Settings]) -> Iterator[Served]:
    """Serve the settings that `make` gives for a base URL."""
    port = free_port()
    server = Served(make(f"http://127.0.0.1:{port}"), port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
