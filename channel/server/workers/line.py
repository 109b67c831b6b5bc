"""The line between the supervisor and one of its workers: a socket pair, one JSON object or word a line.

First the supervisor says what the worker has to know; the worker says that it is ready; the supervisor asks for its end.
A line that is cut means that the other process is gone, however it went.
"""

import asyncio
import contextlib
import socket
from typing import Any, Final

import msgspec

END: Final = b"end\n"
MAX_LINE_BYTES: Final = 65_536


class Orders(msgspec.Struct, frozen=True):
    """What a worker is told at its start. It goes over the line and not over its command: `bus` may hold a password."""

    url: str
    bus: str
    first: bool  # asks for the set-up link, which only one of them may do


class Ready(msgspec.Struct, frozen=True):
    """What a worker answers once it accepts connections."""

    setup: (
        str | None
    )  # the secret of the set-up link, from the first one, while nobody has set the instance up


class Line:
    """The worker's end."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.set_inheritable(False)

    def orders(self) -> Orders:
        """Wait for what the supervisor says first. Raises ConnectionError when it is gone, OSError when there is no line."""
        said = bytearray()
        # A byte at a time, so that nothing of what follows is taken away from `ended`.
        while not said.endswith(b"\n"):
            byte = self._socket.recv(1)
            if not byte:
                raise ConnectionError("The supervisor is gone.")
            said += byte
        return msgspec.json.decode(bytes(said), type=Orders)

    def ready(self, told: Ready) -> None:
        with contextlib.suppress(OSError):  # then `ended` will say so
            self._socket.sendall(msgspec.json.encode(told) + b"\n")

    async def ended(self) -> None:
        """Return when the supervisor asks for an end or is gone."""
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_recv(self._socket, MAX_LINE_BYTES)


def line(orders: Orders) -> tuple[socket.socket, socket.socket]:
    """A new line with `orders` on it: the supervisor's end, and the end to hand to a worker."""
    ours, theirs = socket.socketpair()
    ours.sendall(msgspec.json.encode(orders) + b"\n")
    return ours, theirs


def ready_of(said: bytes) -> Any:
    """What a worker's line says. Raises msgspec.DecodeError."""
    return msgspec.json.decode(said, type=Ready)
