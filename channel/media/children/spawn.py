"""In the server: start a child, hear what it answers, and leave none behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_ANSWERED_BYTES = 65_536
# Nothing of the server's own: its environment may hold passwords. One arena, because each takes 64 MiB of addresses.
ENVIRONMENT = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class _Flooded(Exception):
    """More was written than is heard."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`code`: as of subprocess, negative for a signal. `late`: it was ended because its time was over.

    `flooded`: because it wrote more than it may. `answer` is what it wrote before. It handled a stranger's bytes: believe nothing of it.
    """

    code: int
    answer: bytes
    late: bool = False
    flooded: bool = False

    @property
    def exhausted(self) -> bool:
        """It wanted more time or memory than it may have. Who answers too much is ended as well, but not for that."""
        return not self.flooded and (
            self.late or self.code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM)
        )


async def run(
    argv: Sequence[str],
    given: bytes,
    seconds: float,
    *,
    hear: Callable[[bytes], None] | None = None,
    most_heard: int = MOST_ANSWERED_BYTES,
) -> Ended:
    """Run `argv` (no shell) with `given` as its input, for `seconds` at most. When cancelled, the child is ended first.

    `hear` gets its answer piece by piece, `most_heard` bytes at most, and none of it is kept.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env=ENVIRONMENT,
        cwd="/",
    )
    answer, late, flooded = b"", False, False
    try:
        async with asyncio.timeout(seconds):
            answer = await _conversation(process, given, hear, most_heard)
            await process.wait()
    except TimeoutError:
        late = True
    except _Flooded:
        flooded = True
    finally:
        await _end(process)
    return Ended(process.returncode or 0, answer, late, flooded)


async def _conversation(
    process: asyncio.subprocess.Process, given: bytes, hear: Callable[[bytes], None] | None, most: int
) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):  # it has ended already: its code tells why
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()
    kept, count = bytearray(), 0
    while piece := await process.stdout.read(MOST_ANSWERED_BYTES):
        count += len(piece)
        if count > most:
            await _end(process)
            raise _Flooded
        if hear is None:
            kept += piece
        else:
            hear(piece)
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """The whole group: the child is the leader of its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
