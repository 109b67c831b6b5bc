"""Talking ASGI to the app in its own loop: every byte of a request is ours, nothing is tidied up on the way."""

import asyncio
import contextlib
import gzip
import json
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.types import Message, Scope

from channel.storage.postgres import POOL

HOST = "channel.test"
HERE = f"http://{HOST}"
NETWORK = "203.0.113.7"
WAIT_S = 20
Headers = Sequence[tuple[str, str]]
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back. `crash`: what escaped from the app instead of, or after, an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    crash: BaseException | None = None

    def header(self, name: str) -> str | None:
        """The header, None when it is not there; several of one name are joined."""
        found = [value for key, value in self.headers if key == name]
        return ", ".join(found) if found else None

    @property
    def text(self) -> str:
        packed = self.header("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.text)


def scope_of(kind: str, target: str, headers: Headers, *, client: str = NETWORK, **more: Any) -> Scope:
    """A scope as uvicorn makes it of a request line and its headers."""
    raw_path, _, query = target.partition("?")
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": (client, 40_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
        **more,
    }


def with_host(headers: Headers) -> list[tuple[str, str]]:
    """The headers, with our own host first unless they name one."""
    named = any(name.lower() == "host" for name, _ in headers)
    return [*([] if named else [("host", HOST)]), *headers]


async def ask(
    app: Starlette,
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
    *,
    client: str = NETWORK,
    told_length: bool = True,
) -> Answer:
    """One request, to its end. `told_length` False: the body comes in chunks, as with Transfer-Encoding."""
    length = [("content-length", str(len(body)))] if body and told_length else []
    scope = scope_of("http", target, [*with_host(headers), *length], client=client, method=method)
    parts = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]
    answered = asyncio.Event()
    start: dict[str, Any] = {}
    received: list[bytes] = []

    async def receive() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not start, "answered twice"
            start.update(message)
        elif message["type"] == "http.response.body":
            received.append(message.get("body", b""))
            if not message.get("more_body"):
                answered.set()

    crash: BaseException | None = None
    try:
        async with asyncio.timeout(WAIT_S):
            await app(scope, receive, send)
    except Exception as error:
        crash = error
    pairs = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ())
    )
    return Answer(start.get("status", 500), pairs, b"".join(received), crash)


async def at_once(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run requests side by side, as many as there are connections that the pool keeps for them and for the background.

    Each that came beyond that would open one of its own, with all of its statements prepared anew, and close it again:
    a fifth of what a walk on PostgreSQL costs.
    """
    slots = asyncio.Semaphore(POOL - 2)

    async def one(request: Coroutine[Any, Any, T]) -> T:
        async with slots:
            return await request

    return await asyncio.gather(*map(one, work))


@dataclass
class Line:
    """An open connection to the app: what it sends waits in `inbox`."""

    inbox: "asyncio.Queue[Message]"
    outbox: "asyncio.Queue[Message]"
    waiting: "deque[dict[str, Any]]" = field(default_factory=deque)  # several came in one piece

    async def next(self) -> Message:
        async with asyncio.timeout(WAIT_S):
            return await self.inbox.get()

    async def frame(self) -> dict[str, Any] | None:
        """The next frame that is no ping, as JSON; None once the connection is closed."""
        while True:
            if self.waiting:
                return self.waiting.popleft()
            message = await self.next()
            if message["type"] == "websocket.send":
                frame = json.loads(message["text"])
                if frame["type"] != "ping":
                    return dict(frame)
            elif message["type"] == "http.response.body":
                text = message.get("body", b"").decode()
                for line in text.splitlines():
                    if line.startswith("data: ") and '"ping"' not in line:
                        self.waiting.append(json.loads(line.removeprefix("data: ")))
                if not message.get("more_body") and not self.waiting:
                    return None
            elif message["type"] in ("websocket.close", "app.ended"):
                return None

    async def say(self, **message: Any) -> None:
        await self.outbox.put({"type": "websocket.receive", "text": json.dumps(message)})


@contextlib.asynccontextmanager
async def connected(app: Starlette, scope: Scope, first: Message) -> AsyncIterator[Line]:
    """Run the app on a scope that stays open; leaving hangs up."""
    line = Line(asyncio.Queue(), asyncio.Queue())
    await line.outbox.put(first)

    async def run() -> None:
        try:
            await app(scope, line.outbox.get, line.inbox.put)
        finally:
            await line.inbox.put({"type": "app.ended"})

    task = asyncio.create_task(run())
    try:
        yield line
    finally:
        kind = "websocket.disconnect" if scope["type"] == "websocket" else "http.disconnect"
        await line.outbox.put({"type": kind, "code": 1000})
        async with asyncio.timeout(WAIT_S):
            await task


@contextlib.asynccontextmanager
async def websocket(
    app: Starlette, headers: Headers = (), target: str = "/live", *, client: str = NETWORK
) -> AsyncIterator[Line]:
    """A WebSocket handshake and what follows it."""
    extensions = {"websocket.http.response": {}}
    more: dict[str, Any] = {"subprotocols": ["channel.v1"], "extensions": extensions}
    scope = scope_of("websocket", target, with_host(headers), client=client, **more)
    async with connected(app, scope, {"type": "websocket.connect"}) as line:
        yield line


@contextlib.asynccontextmanager
async def event_stream(app: Starlette, headers: Headers, target: str) -> AsyncIterator[Line]:
    """A request whose answer does not end."""
    scope = scope_of("http", target, with_host(headers), method="GET")
    async with connected(app, scope, {"type": "http.request", "body": b"", "more_body": False}) as line:
        yield line
