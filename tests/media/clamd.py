"""A pretend clamd on loopback: it speaks INSTREAM, knows one virus, and can be told to behave badly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal

from channel.settings import Clamd

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Mood = Literal["honest", "silent", "dies at once", "dies in the middle", "lies", "babbles", "full", "strange"]


@dataclass
class PretendClamd:
    """`most`: its StreamMaxLength, in bytes. `seen`: the whole of each file that was sent to its end."""

    mood: Mood = "honest"
    most: int = 10**9
    seen: list[bytes] = field(default_factory=list)
    asked: int = 0
    address: Clamd = field(default_factory=Clamd)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mood == "dies at once":
            return
        command = await reader.readuntil(b"\0")
        if command == b"zPING\0":
            writer.write(b"PONG\0" if self.mood == "honest" else b"no\0")
            return
        assert command == b"zINSTREAM\0", command
        content = bytearray()
        while size := int.from_bytes(await reader.readexactly(4)):
            content += await reader.readexactly(size)
            if self.mood == "dies in the middle":
                return
            if len(content) > self.most:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                await writer.drain()
                return
        self.seen.append(bytes(content))
        if self.mood == "silent":
            await reader.read()  # until the other one has had enough
            return
        writer.write(self._answer(bytes(content)))
        await writer.drain()

    def _answer(self, content: bytes) -> bytes:
        match self.mood:
            case "lies":
                return b"stream: OK, OK\0"
            case "babbles":
                return b"x" * 100_000
            case "full":
                return b"stream: Can't allocate memory ERROR\0"
            case "strange":
                return b"stream: <b>\n FOUND\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@contextlib.asynccontextmanager
async def running(clamd: PretendClamd, path: str = "") -> AsyncIterator[PretendClamd]:
    """At `path`, or at a port of its own."""
    if path:
        server: asyncio.Server = await asyncio.start_unix_server(clamd.talk, path)
        clamd.address = Clamd(path=path)
    else:
        server = await asyncio.start_server(clamd.talk, "127.0.0.1", 0)
        clamd.address = Clamd(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    try:
        yield clamd
    finally:
        server.close()
