"""Servers that hooks send to, on loopback under names of the internet, which can be made to misbehave."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channel.outside import Outside
from channel.outside.wire import connect
from tests.outside.test_client import certificate

HOST = "hooks.friend.org"
PUBLIC = "93.184.215.14"


@dataclass
class Got:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """`answers`: the statuses it answers with, one after another and the last for ever; "hang": nothing.

    `speak` answers instead, with a status and JSON. `heard` is set for each request that arrived.
    """

    answers: list[str] = field(default_factory=lambda: ["200 OK"])
    got: list[Got] = field(default_factory=list)
    speak: Callable[[Got], tuple[str, Any]] | None = None
    port: int = 0
    trust: ssl.SSLContext | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    resolved: list[str] = field(default_factory=list)

    def outside(self) -> Outside:
        async def resolve(host: str, port: int) -> list[str]:
            self.resolved.append(host)
            return [PUBLIC]

        async def here(address: str, port: int, timeout: float | None) -> Any:
            return await connect("127.0.0.1", self.port, timeout)

        return Outside("channel.example.org", resolve=resolve, connect=here, trust=self.trust)

    def kinds(self) -> list[str]:
        """What was told since somebody asked last."""
        found = [one.said["type"] for one in self.got]
        self.got.clear()
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = head[0].split(" ")
            one = Got(method, path, headers, body)
            self.got.append(one)
            self.heard.set()
            await self._answer(one, writer)
        writer.close()

    async def _answer(self, one: Got, writer: asyncio.StreamWriter) -> None:
        content = b""
        if self.speak is not None:
            line, told = self.speak(one)
            content = json.dumps(told).encode()
        else:
            line = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if line == "hang":
            await asyncio.Event().wait()
        status, _, more = line.partition("|")
        head = f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()


@contextlib.asynccontextmanager
async def receiver(folder: Path, *hosts: str) -> AsyncIterator[Receiver]:
    """Over TLS, with a certificate for each of the names."""
    there = Receiver()
    contexts, pems = {}, []
    for number, host in enumerate(hosts or (HOST,)):
        place = folder / f"tls{number}"
        place.mkdir(parents=True)
        both, pem = certificate(place, host)
        contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[host].load_cert_chain(both)
        pems.append(pem.decode())
    first = next(iter(contexts.values()))

    def by_name(socket: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        socket.context = contexts.get(name or "", first)

    first.sni_callback = by_name  # type: ignore[assignment]
    there.trust = ssl.create_default_context(cadata="".join(pems))
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = asyncio.current_task()
        assert here is not None
        running.add(here)
        await there.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=first)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
