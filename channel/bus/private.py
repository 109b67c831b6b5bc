"""A NATS of one's own for the workers of one machine: on the loopback, behind a token, kept alive, gone with us."""

import asyncio
import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from channel.errors import Unavailable
from channel.settings import NO_CLUSTER

LISTENS_S: Final = 5.0
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 10.0
STEADY_S: Final = 60.0
ENDS_S: Final = 2.0
# nats-server cannot be told to go when we are gone, and after a `kill -9` nobody would end it. So a shell waits beside
# it for the end of its input, which comes however we end.
GUARD: Final = """
exec 3<&0
"$0" -c "$1" 3<&- & pid=$!
(read _ <&3; kill $pid 2>/dev/null) &
wait $pid
"""

log = logging.getLogger("channel.bus")


def nats_server() -> str:
    """The path of the program. Raises Unavailable, naming what to install, when it or our library for it is missing."""
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None or importlib.util.find_spec("nats") is None:
        raise Unavailable(NO_CLUSTER)
    return found


@contextlib.asynccontextmanager
async def private_nats() -> AsyncIterator[str]:
    """Run one for as long as the context lasts, and yield its address, token included. Raises Unavailable."""
    program = nats_server()
    with tempfile.TemporaryDirectory(prefix="channel-nats-") as folder:
        port, token = _free_port(), secrets.token_urlsafe(24)
        config = Path(folder) / "nats.conf"
        # In a file for us alone: everybody may read a command line.
        config.write_text(f'listen: "127.0.0.1:{port}"\nauthorization {{ token: "{token}" }}\n')
        config.chmod(0o600)
        server = _Server(program, config, port)
        try:
            if not await server.start():
                raise Unavailable("The private NATS did not start. Set CHANNEL_BUS to one that runs.")
            keeping = asyncio.get_running_loop().create_task(server.keep())
            try:
                yield f"nats://{token}@127.0.0.1:{port}"
            finally:
                keeping.cancel()
                await asyncio.wait({keeping})
        finally:
            await server.stop()


class _Server:
    def __init__(self, program: str, config: Path, port: int) -> None:
        self._command = ["/bin/sh", "-c", GUARD, program, str(config)]
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> bool:
        """True once it listens."""
        silent = subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=subprocess.PIPE, stdout=silent, stderr=silent, start_new_session=True
        )
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + LISTENS_S
        while loop.time() < deadline_s and self._process.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return True
            await asyncio.sleep(0.01)
        return False

    async def keep(self) -> None:
        """Start it again whenever it has ended. Until it listens, the workers poll."""
        loop, wait_s = asyncio.get_running_loop(), FIRST_WAIT_S
        while self._process is not None:
            began_s = loop.time()
            await self._process.wait()
            wait_s = FIRST_WAIT_S if loop.time() - began_s > STEADY_S else wait_s
            log.warning("The private NATS has ended; it starts again in %.1f s", wait_s)
            await self.stop()
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)
            await self.start()

    async def stop(self) -> None:
        """Harmless when it has ended."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(ENDS_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
