"""One worker as its supervisor sees it: a process, the line to it, and how it ends."""

import asyncio
import contextlib
import signal
import socket
import subprocess
from collections.abc import Sequence
from typing import Final

import msgspec

from channel.server.workers.line import END, MAX_LINE_BYTES, Orders, Ready, line, ready_of

REAP_S: Final = 5  # a process whose line is cut is as good as gone


class Worker:
    """A started process. `gone` is set when it has ended, `ready` is done when it serves or never will."""

    def __init__(self, process: subprocess.Popen[bytes], ours: socket.socket) -> None:
        self.process = process
        self.gone = asyncio.Event()
        self.ready: asyncio.Future[Ready | None] = asyncio.get_running_loop().create_future()
        self._ours = ours
        self._writer: asyncio.StreamWriter | None = None

    async def attend(self) -> None:
        """Hear what it says until it has ended. Runs beside everything else, once."""
        reader, self._writer = await asyncio.open_connection(sock=self._ours, limit=MAX_LINE_BYTES)
        try:
            with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
                async for said in reader:
                    if not self.ready.done():
                        self.ready.set_result(ready_of(said))
        finally:
            self._writer.close()
            if not self.ready.done():
                self.ready.set_result(None)
        await self._reap()
        self.gone.set()

    async def _reap(self) -> None:
        """Its line was cut. A process that lives without one could never be told to end."""
        try:
            await asyncio.to_thread(self.process.wait, REAP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    def ask_to_end(self) -> None:
        """In an orderly way, if it serves; one that does not yet has nothing to lose."""
        if self.ready.done() and self._writer is not None:
            self._writer.write(END)
        elif self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()

    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"


def start(command: Sequence[str], sock: socket.socket, orders: Orders) -> Worker:
    """Start `command` with the numbers of its listening socket and its line added.

    In a session of its own: a Ctrl-C in the terminal reaches the supervisor alone, which then takes leave in order.
    """
    ours, theirs = line(orders)
    with theirs:
        handed = (sock.fileno(), theirs.fileno())
        process = subprocess.Popen(
            [*command, *map(str, handed)],
            pass_fds=handed,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Worker(process, ours)
