"""Serving until told to stop, and the stop itself."""

import asyncio
import contextlib
import gc
import inspect
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, TypeVar

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn
from uvicorn.loops.auto import auto_loop_factory
from uvicorn.server import HANDLED_SIGNALS

from channel.errors import Unavailable
from channel.files import raise_file_limit
from channel.server.http import GuardedHttp
from channel.server.limits import GuardedConfig, Limits

# The parts of a stop, with GRACEFUL_S for connections, add up to less than STOP_S.
DRAIN_S = 2.0
LIFESPAN_S = 2.5
STOP_S = 15
LEFT_S = 0.005  # between looks for what is left
# Python gives a thread that has to run so long to wait. A commit waits twice: 10 ms of a busy loop by default.
SWITCH_S = 0.0003
GARBAGE = (5_000, 10, 20)  # objects more, and looks at younger ones, before the garbage collector looks

REFUSED = "channel.server.refused"  # in the state of every scope: what was refused before the application, by status

T = TypeVar("T")

logger = logging.getLogger("channel.server")


async def _nothing_to_drain() -> None:
    return


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def serve(
    app: ASGIApp,
    sock: socket.socket,
    *,
    limits: Limits = Limits(),  # noqa: B008 frozen, so one for all is safe
    trusted_proxies: Sequence[str] = (),
    on_ready: Callable[[], object] = lambda: None,
    before_drain: Callable[[], Awaitable[None]] = _nothing_to_drain,
    doors: Mapping[str, ASGIApp] | None = None,
    until: Callable[[], Awaitable[None]] = _for_ever,
) -> None:
    """Serve `app` on `sock`, which it closes, until SIGTERM, SIGINT, a cancel, or `until` returns; then end within STOP_S.

    `on_ready` (plain or async) runs once connections are accepted. `before_drain` runs after the socket
    stopped listening and before any connection is shut: there the hub tells its clients 1012, within
    DRAIN_S. `doors`: applications of paths whose connections may be taken over, see handover.py. The app's lifespan ends last, when no connection is left. Raises what the lifespan raised if
    the app could not start.
    """
    guarded = _Application(app)
    raise_file_limit()
    with contextlib.closing(sock):
        config = GuardedConfig(
            guarded,
            limits,
            trusted_proxies=trusted_proxies,
            http=GuardedHttp,
            doors={path: _Application(door) for path, door in (doors or {}).items()},
        )
        config.load()
        config.lifespan_class = _Lifespan
        server = _Server(config, on_ready, before_drain)
        waiting = asyncio.get_running_loop().create_task(server.end_after(until))
        try:
            await server.serve(sockets=[sock])
        except SystemExit as failed:  # uvicorn's word for a lifespan that did not start
            raise guarded.failure or Unavailable("The server did not start.") from failed
        finally:
            waiting.cancel()
    if server.cancelled:
        raise asyncio.CancelledError


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run the process's main coroutine, one that calls `serve`, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(main)


def tune() -> None:
    """For a process that does nothing but serve, once everything is loaded: fewer and shorter pauses.

    What is loaded by now stays, so the garbage collector need not look at it again, and at what comes later it looks
    less often: a full look held the loop for 80 ms with 2,000 followers.
    """
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    sys.setswitchinterval(SWITCH_S)


class _Lifespan(LifespanOn):
    def __init__(self, config: GuardedConfig) -> None:
        super().__init__(config)
        self.state[REFUSED] = config.refused  # every request's scope carries the state

    async def shutdown(self) -> None:
        try:
            await asyncio.wait_for(super().shutdown(), LIFESPAN_S)
        except TimeoutError:
            logger.error("The application did not end in time and is left behind.")


class _Server(uvicorn.Server):
    """uvicorn's server with a hook before connections are shut, and a stop that ends whatever clients do."""

    def __init__(
        self,
        config: GuardedConfig,
        on_ready: Callable[[], object],
        before_drain: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._before_drain = before_drain
        self.cancelled = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        told = self._on_ready()
        if inspect.isawaitable(told):
            await told

    async def main_loop(self) -> None:
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            # uvicorn would leave its sockets open; end as on a signal, and let `serve` raise it afterwards.
            self.cancelled = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, let the hub take leave, wait for connections to close, then end the lifespan.

        As uvicorn does it, which would wait 100 ms for the first connection even where there is none. The farewell
        cannot live in the lifespan: that ends only when no connection is left.
        """
        for server in self.servers:
            server.close()
        try:
            await asyncio.wait_for(self._before_drain(), DRAIN_S)
        except Exception:
            logger.exception("The hub could not take leave of its connections; they are closed without it.")
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            await asyncio.wait_for(self._left(), self.config.timeout_graceful_shutdown)
        except TimeoutError:
            logger.error("Cut off %s requests that did not end in time.", len(self.server_state.tasks))
            for task in self.server_state.tasks:
                task.cancel()
        if not self.force_exit:
            await self.lifespan.shutdown()

    async def _left(self) -> None:
        """Return once no connection and no request is left."""
        # uvicorn's sets tell nobody when they are empty.
        while (self.server_state.connections or self.server_state.tasks) and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(LEFT_S)
        for server in self.servers:
            await server.wait_closed()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does it, but without raising the signal again: a stop one asked for exits with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def end_after(self, until: Callable[[], Awaitable[None]]) -> None:
        """As on a first signal. If there was one, the end has begun already."""
        await until()
        if not self.should_exit:
            self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: end gracefully, within STOP_S. Second: at once; what was acknowledged is safe."""
        if self.should_exit:
            os._exit(0)
        self.should_exit = True
        if hasattr(signal, "alarm"):
            # The kernel's own last word, for an application that blocks the loop or a thread without end.
            signal.alarm(STOP_S)


class _Application:
    """The app as uvicorn should see it: uvicorn would log expected endings as bugs, with a traceback each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            pass  # whoever leaves in the middle of a body waits for no answer
        except asyncio.CancelledError:
            logger.warning("Cut off because the server had to end: %s", scope["path"])

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_traceback(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                message = {"type": "lifespan.startup.failed"}
            await send(message)

        try:
            await self._app(scope, receive, without_traceback)
        except Exception as failure:
            self.failure = failure
            raise
