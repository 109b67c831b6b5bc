"""The control socket: how a command reaches the process that owns the database file.

A Unix socket in the data folder, mode 0600, so whoever may read the data may ask. One JSON object a line: the question
{"verb", "arguments"}; then any number of {"done", "total"}, then {"result"} or {"error"}.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from channel.control.verbs import VERBS, Ground
from channel.errors import ChannelError, Invalid, Unavailable

MAX_LINE_BYTES = 1024 * 1024
LOOK_S = 1.0
MAX_ADDRESS_BYTES = 100  # 108 with the end mark on Linux, 104 elsewhere
Progress = Callable[[int, int], None]

log = logging.getLogger("channel.control")


class Question(msgspec.Struct, frozen=True):
    """What a command asks of the running server."""

    verb: str
    arguments: dict[str, Any]


def control_path(data: Path) -> Path:
    return data / "control.sock"


@contextlib.asynccontextmanager
async def listening(ground: Ground) -> AsyncIterator[None]:
    """Answer commands for as long as the context lasts, or from the moment when no other process of this folder does.

    Raises Unavailable when the folder allows no such socket.
    """
    async with contextlib.AsyncExitStack() as mine:
        if await _become_listener(ground, mine):
            yield
            return
        waiting = asyncio.get_running_loop().create_task(_take_over(ground, mine))
        try:
            yield
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})


async def _take_over(ground: Ground, mine: contextlib.AsyncExitStack) -> None:
    """Wait for the turn: several workers share a folder, and one of them answers."""
    taken = False
    while not taken:
        await asyncio.sleep(LOOK_S)
        try:
            taken = await _become_listener(ground, mine)
        except Unavailable as error:
            log.warning("%s", error.detail)


async def _become_listener(ground: Ground, mine: contextlib.AsyncExitStack) -> bool:
    """False when another process answers already. What has to be undone at the end goes on the stack."""
    path = control_path(ground.settings.data)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    async with contextlib.AsyncExitStack() as undo:
        undo.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a process that dies lets go of it
        except OSError:
            return False
        path.unlink(missing_ok=True)  # left by a process that was killed; the lock says it is gone
        server = await _start(ground, path)
        undo.callback(path.unlink, missing_ok=True)
        undo.callback(server.close)
        mine.push_async_callback(undo.pop_all().aclose)
    return True


async def _start(ground: Ground, path: Path) -> asyncio.Server:
    before = os.umask(0o177)
    try:
        with _short(path) as address:
            return await asyncio.start_unix_server(_answerer(ground), address, limit=MAX_LINE_BYTES)
    except OSError as error:
        raise Unavailable(
            f"The control socket {path} cannot be made ({error.strerror}). Set CHANNEL_DATA to a folder that allows one."
        ) from error
    finally:
        os.umask(before)


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A Unix socket's address may have about 100 bytes; a long data folder is reached by a short link to it."""
    if len(os.fsencode(path)) <= MAX_ADDRESS_BYTES:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="channel-") as folder:
        link = Path(folder) / "data"
        link.symlink_to(path.parent.absolute(), target_is_directory=True)
        yield str(link / path.name)


def _answerer(ground: Ground) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def tell(line: dict[str, Any]) -> None:
            writer.write(json.dumps(line).encode() + b"\n")

        with contextlib.suppress(ConnectionError):
            tell(await _answer(ground, await _question(reader), tell))
            await writer.drain()
        writer.close()

    return answer


async def _question(reader: asyncio.StreamReader) -> Question | None:
    with contextlib.suppress(ValueError):  # no JSON, none of ours, or endless
        return msgspec.json.decode(await reader.readline(), type=Question)
    return None


async def _answer(
    ground: Ground, asked: Question | None, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    verb = VERBS.get(asked.verb) if asked else None
    if asked is None or verb is None:
        return {
            "error": "The running server does not know this command. It may be of another version: restart it."
        }
    try:
        result = await verb(ground, asked.arguments, lambda done, total: tell({"done": done, "total": total}))
    except Invalid as error:
        return {"error": error.detail, "fields": error.fields}
    except ChannelError as error:
        return {"error": error.detail}
    except Exception:
        log.exception("a command could not be done")
        return {"error": "Something broke in the running server; its log says what."}
    return {"result": result}


async def ask(data: Path, verb: str, arguments: dict[str, Any], progress: Progress) -> Any:
    """Let the running server do it. Raises ConnectionError when none runs, else Invalid or Unavailable with what went wrong."""
    path = control_path(data)
    try:
        with _short(path) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=MAX_LINE_BYTES)
    except (FileNotFoundError, NotADirectoryError, ConnectionError) as error:
        raise ConnectionError("no server runs on this data") from error
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be opened ({error.strerror}). Run the command as the user that the server runs as."
        ) from error
    writer.write(json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n")
    try:
        return await _answered(reader, progress)
    finally:
        writer.close()


async def _answered(reader: asyncio.StreamReader, progress: Progress) -> Any:
    with contextlib.suppress(ConnectionError):
        async for line in reader:
            told = json.loads(line)
            if "result" in told:
                return told["result"]
            if "fields" in told:
                raise Invalid(told["fields"])
            if "error" in told:
                raise Unavailable(told["error"])
            progress(told["done"], told["total"])
    raise Unavailable("The server ended before it had answered. Try again.")
