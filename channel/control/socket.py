"""The control socket: how a command reaches the process that owns the database file.

A Unix socket in the data folder, mode 0600, so whoever may read the data may ask. One JSON object a line: the question
{"verb", "arguments"}; then any number of {"done", "total"}, then {"result"} or {"error"}.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from channel.control.verbs import VERBS, Ground
from channel.errors import ChannelError, Unavailable

MAX_LINE_BYTES = 1024 * 1024
Progress = Callable[[int, int], None]


def control_path(data: Path) -> Path:
    return data / "control.sock"


@contextlib.asynccontextmanager
async def listening(ground: Ground) -> AsyncIterator[None]:
    """Answer commands for as long as the context lasts."""
    path = control_path(ground.settings.data)
    path.unlink(missing_ok=True)  # left by a process that was killed; the folder's lock says it is gone
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(_answerer(ground), _short(path), limit=MAX_LINE_BYTES)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def _short(path: Path) -> str:
    """A Unix socket's path may have about 100 bytes; a long data folder is reached from where we stand."""
    return min(str(path), os.path.relpath(path), key=len)


def _answerer(ground: Ground) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def tell(line: dict[str, Any]) -> None:
            writer.write(json.dumps(line).encode() + b"\n")

        with contextlib.suppress(ConnectionError):
            question = json.loads(await reader.readline())
            try:
                verb = VERBS[question["verb"]]
                result = await verb(
                    ground, question["arguments"], lambda done, total: tell({"done": done, "total": total})
                )
                tell({"result": result})
            except ChannelError as error:
                tell({"error": error.detail})
            except KeyError as error:
                tell(
                    {
                        "error": f"The running server does not know {error}. It may be of another version: restart it."
                    }
                )
            await writer.drain()
            writer.close()

    return answer


async def ask(data: Path, verb: str, arguments: dict[str, Any], progress: Progress) -> Any:
    """Let the running server do it. Raises ConnectionError when none runs, Unavailable with what went wrong."""
    try:
        reader, writer = await asyncio.open_unix_connection(_short(control_path(data)), limit=MAX_LINE_BYTES)
    except FileNotFoundError as error:
        raise ConnectionError("no server runs on this data") from error
    writer.write(json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n")
    try:
        async for line in reader:
            told = json.loads(line)
            if "result" in told:
                return told["result"]
            if "error" in told:
                raise Unavailable(told["error"])
            progress(told["done"], told["total"])
    finally:
        writer.close()
    raise Unavailable("The server ended before it had answered. Try again.")
