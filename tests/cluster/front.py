"""One address for several nodes, as a proxy in front of them gives it."""

import asyncio
from itertools import cycle
from types import TracebackType

from tests.faults.proxy import copy_until_end


class Front:
    """Each connection goes to the next node that takes it. It knows nothing of HTTP, and repeats nothing."""

    def __init__(self, ports: list[int]) -> None:
        self.address = ""
        self.refused = 0  # no node took it
        self._ports = ports
        self._turns = cycle(range(len(ports)))
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Front":
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
        ends = [writer]
        try:
            node_reader, node = await self._node()
            ends.append(node)
            async with asyncio.TaskGroup() as both:
                both.create_task(copy_until_end(reader, node))
                both.create_task(copy_until_end(node_reader, writer))
        except* OSError:
            pass  # an end went away, and the other one is told below
        finally:
            for end in ends:
                end.transport.abort()

    async def _node(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError when there is none."""
        first = next(self._turns)
        for port in self._ports[first:] + self._ports[:first]:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        self.refused += 1
        raise ConnectionRefusedError
