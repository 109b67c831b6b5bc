"""HTTP/1.1 for clients that are slow, endless or hostile."""

import asyncio
import json
import logging
import math
import random
import socket
import urllib.parse
from collections.abc import Mapping
from enum import Enum
from typing import Any, NoReturn

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import is_ssl

from channel.server.handover import HANDOVER, Handover
from channel.server.limits import GuardedConfig

FAR_BEYOND = 32  # connections more than there may be: these are not even told
FULL_AGAIN_S = 5

# What the API calls the refusals that are made here.
PROBLEMS = {
    400: ("malformed", "Bad request"),
    408: ("too_slow", "Too slow"),
    429: ("too_many", "Too many"),
    431: ("headers_too_long", "Headers too long"),
    503: ("unavailable", "Not now"),
}

logger = logging.getLogger("channel.server")


class _Refused(Exception):
    """Raised inside the parser to stop it. The answer is in `GuardedHttp._refusal`."""


class _Owes(Enum):
    """What we wait for from the client."""

    HEADERS = 1
    BODY = 2
    NOTHING = 3


class GuardedHttp(HttpToolsProtocol):
    """HTTP with a bound on size and time of headers, on the pace of a body, on a reader that has stopped."""

    config: GuardedConfig

    def __init__(self, config: GuardedConfig, *rest: Any, **more: Any) -> None:
        super().__init__(config, *rest, **more)
        self.limits = config.limits
        self.url = b""  # until a request has begun
        self._owes = _Owes.HEADERS
        self._header_bytes = 0
        self._header_lines = 0
        self._unfinished_bytes = 0
        self._window_bytes = 0
        self._receive_by_s = math.inf
        self._write_by_s = math.inf
        self._refusal = (400, "This is not a valid HTTP request.")
        self._leaving: Handover | None = None
        self._beyond = 0
        self._answered: RequestResponseCycle | None = None  # of pipelined requests, the one whose turn it is

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's own, but for the addresses: asked of the transport they stay with it, 300 bytes a connection."""
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.server, self.client = _addresses(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        self._beyond = len(self.connections) - self.config.most_connections
        if self._beyond > FAR_BEYOND:
            self.config.refused["503"] += 1
            transport.abort()
            return
        self._expect(_Owes.HEADERS, self.limits.full_s if self._beyond > 0 else self.limits.header_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.deadlines.set(self, math.inf)
        # uvicorn tells only the request that it has read last.
        self.pipeline.clear()
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._leaving is not None:
            self._leaving.keep(data)
            return
        if self._beyond > 0:
            self._refuse_beyond()
            return
        if self._owes is _Owes.NOTHING:
            self._expect(_Owes.HEADERS, self.limits.header_s)
        if self._owes is _Owes.HEADERS:
            self._unfinished_bytes += len(data)
        self._feed(data)
        # The parser keeps an unfinished line to itself, so the callbacks below never see an endless one.
        if self._owes is _Owes.HEADERS and self._unfinished_bytes > self.limits.header_bytes:
            self._refuse(431, "The headers of this request are too long.")

    def _refuse_beyond(self) -> None:
        """There are as many connections as this process may have; the files that are left are the database's."""
        again = b"retry-after: %d\r\n" % (FULL_AGAIN_S + random.randrange(FULL_AGAIN_S))
        self._refuse(
            503, "This server has as many open connections as it can hold. Come back later.", [again]
        )

    def _feed(self, data: bytes) -> None:
        """As uvicorn's own, but what follows the headers of an upgrade is kept for whoever takes the connection."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    def _should_upgrade(self) -> bool:
        """To a WebSocket, where somebody takes one. Other upgrades are not taken: the request is answered as it is."""
        return self._path() in self.config.doors and self._get_upgrade() == b"websocket"

    def _path(self) -> str:
        return self.url.partition(b"?")[0].decode("latin-1")

    def _upgrade(self, early: bytes) -> None:
        handover = self._offer()
        handover.keep(early)
        self._leaving = handover
        self._owes = _Owes.NOTHING
        self.config.deadlines.set(self, math.inf)
        path, _, query = self.url.partition(b"?")
        names = [value for name, value in self.headers if name == b"sec-websocket-protocol"]
        wanted = [name.strip() for name in b",".join(names).decode("latin-1").split(",") if name.strip()]
        scope = dict(self.scope) | {
            "type": "websocket",
            "path": urllib.parse.unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "subprotocols": wanted,
            "extensions": {HANDOVER: handover},
        }
        task = self.loop.create_task(_to_the_door(self.config.doors[self._path()], scope, handover))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _offer(self) -> Handover:
        return Handover(self.transport, self.connections, self._let_go, self._answer_instead)

    def _let_go(self) -> None:
        """Somebody else has the connection now."""
        self.connections.discard(self)
        self.config.deadlines.set(self, math.inf)
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.cycle is not None:
            self.cycle.response_started = self.cycle.response_complete = self.cycle.disconnected = True
        self.parser = self.flow = self._leaving = None  # type: ignore[assignment]

    def _answer_instead(self, status: int, sentence: str, headers: Mapping[str, str]) -> None:
        more = [f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items()]
        self._refuse(status, sentence, more)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = self._header_lines = self._unfinished_bytes = 0
        self._expect(_Owes.HEADERS, self.limits.header_s)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_lines += 1
        self._count_header_bytes(len(name) + len(value) + len(b": \r\n"))
        if self._header_lines > self.limits.header_lines:
            self._stop_parsing(431, "This request has too many headers.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._count_header_bytes(len(self.parser.get_method()) + len(self.url) + len(b"  HTTP/1.1\r\n\r\n"))
        if len(self.pipeline) >= self.limits.pipelined_requests:
            self._stop_parsing(429, "Too many requests were sent without waiting for an answer.")
        self.app = self.config.loaded_app
        if self._path() in self.config.doors:
            self.app = self.config.doors[self._path()]
            offered: Any = {HANDOVER: self._offer()}
            self.scope["extensions"] = offered
        super().on_headers_complete()
        self._window_bytes = 0
        self._expect(_Owes.BODY, self.limits.body_window_s)

    def on_body(self, body: bytes) -> None:
        self._window_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._expect(_Owes.NOTHING, math.inf)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._cut_writing_in(self.limits.write_stall_s)
        elif self._owes is _Owes.BODY:
            # Answered before the body ended: read on for a moment, so that the answer is not lost in a reset.
            self._expect(_Owes.BODY, self.limits.linger_s)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._cut_writing_in(self.limits.close_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut_writing_in(self.limits.write_stall_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._cut_writing_in(math.inf)

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing() or self.flow.write_paused:
            self._cut_writing_in(self.limits.stop_close_s)
        elif self._owes is _Owes.BODY:
            self._expect(_Owes.BODY, self.limits.stop_close_s)

    def send_400_response(self, msg: str) -> None:
        self._refuse(*self._refusal)

    def expired(self, now_s: float) -> None:
        if now_s >= self._write_by_s:
            self.transport.abort()
        elif self._owes is _Owes.HEADERS:
            self._refuse(408, "The headers of this request took too long to arrive.")
        elif self._owes is _Owes.BODY:
            self._judge_body()

    def _judge_body(self) -> None:
        if self.cycle.response_complete:
            self.transport.close()
            self._cut_writing_in(self.limits.close_s)
            return
        ours_to_move = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if ours_to_move or self._window_bytes >= self.limits.body_window_s * self.limits.body_bytes_per_s:
            self._window_bytes = 0
            self._expect(_Owes.BODY, self.limits.body_window_s)
            return
        self._refuse(408, "The body of this request arrived too slowly.")

    def _count_header_bytes(self, size_bytes: int) -> None:
        self._header_bytes += size_bytes
        if self._header_bytes > self.limits.header_bytes:
            self._stop_parsing(431, "The headers of this request are too long.")

    def _stop_parsing(self, status: int, sentence: str) -> NoReturn:
        self._refusal = (status, sentence)
        raise _Refused

    def _refuse(self, status: int, sentence: str, more: list[bytes] | None = None) -> None:
        cycles = [cycle for cycle in (self._answered, self.cycle) if cycle is not None]
        if any(cycle.response_started and not cycle.response_complete for cycle in cycles):
            self.transport.abort()  # another answer is half written: this one would become part of it
            return
        for cycle in cycles:
            cycle.disconnected = True
            cycle.message_event.set()
        self.config.refused[str(status)] += 1
        lines = [name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers]
        text = sentence.encode()
        if not any(line.startswith(b"content-type:") for line in more or ()):
            kind, text = self._worded(status, sentence)
            lines.append(b"content-type: " + kind + b"\r\n")
        lines += more or [b"x-content-type-options: nosniff\r\n"]
        lines.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(text))
        self.transport.write(STATUS_LINE[status] + b"".join(lines) + text)
        self.transport.close()
        self._cut_writing_in(self.limits.close_s)

    def _worded(self, status: int, sentence: str) -> tuple[bytes, bytes]:
        """A type and a body: a problem (RFC 9457) for who calls the API, which knows nothing of this request."""
        if not self.url.startswith(b"/api/"):
            return b"text/plain; charset=utf-8", sentence.encode()
        code, title = PROBLEMS[status]
        told = {"type": f"/api/docs#error-{code}", "title": title, "status": status, "code": code}
        return b"application/problem+json", json.dumps({**told, "detail": sentence}).encode()

    def _expect(self, owes: _Owes, within_s: float) -> None:
        self._owes = owes
        self._receive_by_s = self.loop.time() + within_s
        self._arm()

    def _cut_writing_in(self, within_s: float) -> None:
        self._write_by_s = self.loop.time() + within_s
        self._arm()

    def _arm(self) -> None:
        self.config.deadlines.set(self, min(self._receive_by_s, self._write_by_s))


def _addresses(transport: asyncio.Transport) -> tuple[Any, Any]:
    """(address, port) of this end and of the other one; None for what has none any more."""
    info = transport.get_extra_info("socket")
    sock = socket.socket(info.family, info.type, info.proto, fileno=info.fileno())
    try:
        return sock.getsockname()[:2], sock.getpeername()[:2]
    except OSError:
        return None, None
    finally:
        sock.detach()


async def _to_the_door(door: ASGI3Application, scope: Any, handover: Handover) -> None:
    """A door answers by the handover alone; one that breaks must not leave the client waiting."""

    async def nothing_comes() -> Any:
        return {"type": "websocket.disconnect", "code": 1006}

    async def nothing_goes(_: Any) -> None:
        return

    try:
        await door(scope, nothing_comes, nothing_goes)
    except Exception:
        logger.exception("The door of %s broke.", scope["path"])
        handover.transport.abort()
