"""Asking clamd about what was sent, before anybody but the server has it: the protocol INSTREAM, one connection a file.

What clamd answers is a line that another program wrote: it is looked at, and never taken for more than it may be.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from channel.errors import Unavailable
from channel.settings import Clamd

CONNECT_S: Final = 10.0
STALL_S: Final = (
    120.0  # without a piece taken, or without the answer once all was sent: clamd unpacks meanwhile
)
PIECE_BYTES: Final = 256 * 1024
MAX_REPLY_BYTES: Final = 4_096
_FOUND: Final = re.compile(r"stream: ([\x21-\x7e]{1,200}) FOUND")
_AWAY: Final = "The virus scanner cannot be asked at the moment. Whoever runs the server is told."


@dataclass(frozen=True, slots=True)
class Verdict:
    """`found`: the name of what was found, "" for nothing. `too_large`: clamd takes no file of that size, and who runs
    the server wants none that it has not seen."""

    found: str = ""
    too_large: bool = False


class Scanner:
    """One clamd, at a socket of this machine or an address."""

    def __init__(self, clamd: Clamd, *, stall_s: float = STALL_S) -> None:
        self._clamd = clamd
        self._stall_s = stall_s

    async def ping(self) -> None:
        """Whether it is there. Raises Unavailable."""
        async with self._connected() as (reader, writer):
            writer.write(b"zPING\0")
            await writer.drain()
            async with asyncio.timeout(CONNECT_S):
                answer = await self._reply(reader)
        if answer != "PONG":
            raise Unavailable(_AWAY)

    async def look(self, pieces: AsyncIterator[bytes]) -> Verdict:
        """Have `pieces` looked through. Raises Unavailable for everything that is no answer; only a plain OK is one."""
        # It may answer and hang up before it has all: heard beside the sending, or its words are lost in the reset.
        async with self._connected() as (reader, writer), asyncio.TaskGroup() as both:
            hearing = both.create_task(self._reply(reader))
            with contextlib.suppress(ConnectionError):
                await self._send(writer, pieces, hearing)
        return self._understood(hearing.result())

    async def _send(
        self, writer: asyncio.StreamWriter, pieces: AsyncIterator[bytes], hearing: "asyncio.Task[str]"
    ) -> None:
        writer.write(b"zINSTREAM\0")
        async for piece in pieces:
            for at in range(0, len(piece), PIECE_BYTES):
                part = piece[at : at + PIECE_BYTES]
                writer.write(len(part).to_bytes(4) + part)
                async with asyncio.timeout(self._stall_s):
                    await writer.drain()
            if hearing.done():
                return
        writer.write(bytes(4))
        async with asyncio.timeout(self._stall_s):
            await writer.drain()
            await asyncio.wait([hearing])

    async def _reply(self, reader: asyncio.StreamReader) -> str:
        """Its line, "" for one without an end, or one that is too long."""
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return (await reader.readuntil(b"\0"))[:-1].decode("ascii", "replace").strip()
        return ""

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Raises Unavailable, also for whatever of time and network ends the talk; what the store raises as it is."""
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await self._open()
            try:
                yield reader, writer
            finally:
                writer.transport.abort()
        except ExceptionGroup as errors:
            if isinstance(errors.exceptions[0], OSError):  # TimeoutError is one, too
                raise Unavailable(_AWAY, retry_after_s=60) from errors
            raise errors.exceptions[0] from None
        except OSError as error:
            raise Unavailable(_AWAY, retry_after_s=60) from error

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._clamd.path:
            return await asyncio.open_unix_connection(self._clamd.path, limit=MAX_REPLY_BYTES)
        return await asyncio.open_connection(self._clamd.host, self._clamd.port, limit=MAX_REPLY_BYTES)

    def _understood(self, reply: str) -> Verdict:
        if reply == "stream: OK":
            return Verdict()
        found = _FOUND.fullmatch(reply)
        if found:
            return Verdict(found[1])
        if reply == "INSTREAM size limit exceeded. ERROR":
            return Verdict(too_large=not self._clamd.pass_large)
        raise Unavailable(_AWAY, retry_after_s=60)
