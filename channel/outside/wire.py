"""The connections of the guarded client: to an address that was looked up once and found public, and to no other."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from channel.errors import Invalid
from channel.outside.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[str, int, float | None], Awaitable[AsyncNetworkStream]]

TRIED: Final = 3  # of the addresses of one name
CONNECT_S: Final = 3.0
NOWHERE: Final = "This address leads to no place on the public internet."


async def look_up(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return [str(address[0]) for _, _, _, _, address in found]


async def connect(address: str, port: int, timeout: float | None) -> AsyncNetworkStream:
    """Connect to an IP address. Raises httpcore2.ConnectError, ConnectTimeout."""
    return await httpcore2.AnyIOBackend().connect_tcp(address, port, timeout=timeout)


class Wire(AsyncNetworkBackend):
    """Connects for one request to one host; at most `most_bytes` are read, headers and all."""

    def __init__(self, resolve: Resolve, connect: Connect, most_bytes: int) -> None:
        self._resolve = resolve
        self._connect = connect
        self._most_bytes = most_bytes

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Raises Invalid (url) when any address of the host is not public: one good one is no alibi."""
        try:
            addresses = [*dict.fromkeys(await self._resolve(host, port))]
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("no such name") from error
        if not addresses or not all(map(is_public, addresses)):
            raise Invalid(url=NOWHERE)
        failure: Exception = httpcore2.ConnectError("nobody answers")
        for address in addresses[:TRIED]:
            try:
                return Counted(await self._connect(address, port, CONNECT_S), [self._most_bytes])
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class Counted(AsyncNetworkStream):
    """Reads no more than what is `left`, one number that a connection and the TLS on it share."""

    def __init__(self, inner: AsyncNetworkStream, left: list[int]) -> None:
        self._inner = inner
        self._left = left

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises httpcore2.ReadError beyond that."""
        data = await self._inner.read(max_bytes, timeout)
        self._left[0] -= len(data)
        if self._left[0] < 0:
            raise httpcore2.ReadError("more than was wanted")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncNetworkStream:
        return Counted(await self._inner.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
