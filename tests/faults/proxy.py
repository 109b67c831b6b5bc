"""A TCP proxy that cuts its connections: after a random number of bytes, with a reset, in the middle of anything."""

import asyncio
import random
import socket
import struct
from types import TracebackType

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing sends a reset


class CuttingProxy:
    """Forwards to `port`. Each connection is cut after between `least` and `most` bytes from the server."""

    def __init__(self, port: int, *, least: int, most: int) -> None:
        self.cuts = 0
        self.address = ""
        self._port = port
        self._least = least
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "CuttingProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_writer: asyncio.StreamWriter | None = None
        upstream: asyncio.Task[None] | None = None
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
            upstream = asyncio.create_task(copy_until_end(reader, server_writer))
            left_bytes = random.randint(self._least, self._most)
            while left_bytes > 0 and (data := await server_reader.read(left_bytes)):
                writer.write(data)
                await writer.drain()
                left_bytes -= len(data)
            self.cuts += left_bytes <= 0
        except OSError:
            pass  # either end went away first, which is a cut as well
        finally:
            if upstream is not None:
                upstream.cancel()
            for end in filter(None, (writer, server_writer)):
                _reset(end)


async def copy_until_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one end says goes to the other, its end too. Raises OSError when either breaks."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
