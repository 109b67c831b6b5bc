"""A real NATS that a test may kill, stop in its tracks and start again, on the same port."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

from nats.aio.client import Client

from channel.bus.private import nats_server
from tests.faults.process import free_port

TOKEN = "a-token-that-no-log-may-show"
STARTS_S = 10.0


class Nats:
    """Leaving the context kills it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / f"nats-{self.port}.conf"
        self._config.write_text(f'listen: "127.0.0.1:{self.port}"\nauthorization {{ token: "{TOKEN}" }}\n')
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://{TOKEN}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = subprocess.Popen(
            [nats_server(), "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        async with asyncio.timeout(STARTS_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def hold(self) -> None:
        """It is there, and does nothing: as a machine that swaps, or a network that swallows."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    async def client(self) -> Client:
        """Somebody else on it, who says what it wants."""
        client = Client()
        await client.connect(self.url)
        return client
