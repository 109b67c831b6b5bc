"""HTTP clients that mean harm. They go on until the server cuts them, which it has to in their time."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable

HOST = "127.0.0.1"
DRIP_EVERY_S = 1.0
MEGABYTE = b"x" * 1_048_576
TINY_BUFFER_BYTES = 4096
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(200)


class Line:
    """One connection of theirs."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)

    async def read(self, size: int = 65_536) -> bytes:
        """Raises EOFError when the server has closed."""
        data = await self._loop.sock_recv(self._sock, size)
        if not data:
            raise EOFError
        return data

    async def read_to_end(self) -> bytes:
        """All that comes, at most; a reset is an end as well."""
        heard = bytearray()
        with contextlib.suppress(EOFError, OSError):
            while True:
                heard += await self.read()
        return bytes(heard)

    async def drip(self) -> None:
        """A byte now and then, until somebody minds."""
        while True:
            await self.send(b"x")
            await asyncio.sleep(DRIP_EVERY_S)


Attack = Callable[[Line], Awaitable[None]]


async def idle(line: Line) -> None:
    await line.read_to_end()


async def headers_that_drip(line: Line) -> None:
    await line.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    await line.drip()


async def a_body_that_drips(line: Line) -> None:
    await line.send(b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n")
    await line.drip()


async def endless_headers(line: Line) -> None:
    await line.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    for _ in range(64):
        await line.send(MEGABYTE)
    await line.read_to_end()


async def endless_lines(line: Line) -> None:
    await line.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
    for number in range(1000):
        await line.send(b"".join(b"X-%d: y\r\n" % (100 * number + n) for n in range(100)))
    await line.read_to_end()


async def garbage(line: Line) -> None:
    chance = random.Random(1)
    await line.send(chance.randbytes(chance.randrange(1, 5000)))
    await line.read_to_end()


async def encrypted(line: Line) -> None:
    await line.send(CLIENT_HELLO)
    await line.read_to_end()


def ten_thousand_at_once(path: str, host: str) -> Attack:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    async def attack(line: Line) -> None:
        await line.send(request * 10_000)
        answered = (await line.read_to_end()).count(b"HTTP/1.1 200")
        assert answered < 10_000, "all of them were answered"

    return attack


def a_slow_reader(path: str, host: str, over: asyncio.Event) -> Attack:
    """Reads a little now and then until it is `over`: enough for the kernel, which would give up on it else.

    It cannot see that it was cut: what the kernel had taken from the server before still comes.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    async def attack(line: Line) -> None:
        await line.send(request * 30)
        while not over.is_set():
            await line.read(TINY_BUFFER_BYTES)
            await asyncio.sleep(DRIP_EVERY_S)

    return attack


async def besiege(port: int, attack: Attack, within_s: float, gate: asyncio.Semaphore) -> bool:
    """One attacker. True when it was cut in time."""
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY_BUFFER_BYTES)
        sock.setblocking(False)
        async with gate:  # so that the queue of the listening socket does not overflow
            await loop.sock_connect(sock, (HOST, port))
        try:
            async with asyncio.timeout(within_s):
                await attack(Line(sock))
        except TimeoutError:
            return False
        except (EOFError, OSError):
            return True
    return True
