"""T14 on SQLite: another program holds the file locked; writing waits or is refused, everything else goes on."""

import asyncio
import contextlib
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded
from tests.faults.test_disk_full import heard, listening, post, say
from tests.faults.test_postgres_gone import polite

BACK_WITHIN_S = 5.0
WRITERS = 4
HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
conn.execute("BEGIN " + sys.argv[2])
print("held", flush=True)
sys.stdin.read()
conn.execute("ROLLBACK")
"""

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    """`held_s` is longer than the server waits for a lock: SQLite adds up how long it meant to sleep, not how long it did."""

    locks: int
    held_s: float


@contextlib.contextmanager
def _locked(data: Path, how: str) -> Iterator[None]:
    """Somebody with a database browser, a copying script, a second server."""
    command = [sys.executable, "-c", HOLD, str(data / "channel.db"), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


class Writing:
    """Writers that repeat with the same key what was refused."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.kept: dict[str, str] = {}
        self.sent: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.stop = asyncio.Event()

    async def run(self, number: int) -> None:
        count = 0
        while not self.stop.is_set():
            count += 1
            text, key = f"Writer {number}, post {count}", str(uuid.uuid4())
            self.sent.add(text)
            while not await self._posted(text, key):
                await asyncio.sleep(0.1)

    async def _posted(self, text: str, key: str) -> bool:
        answer = await post(self._site, text, key)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.kept[answer.json()["id"]] = text
            return True
        polite(answer)
        return False


async def _goes_on(site: Site, open_socket: object) -> None:
    """What needs no writing works while the file is locked."""
    for path in (f"/api/v1/rooms/{site.room_id}/posts", f"/@{HANDLE}/news", "/health"):
        assert (await site.client.get(path, headers={"accept": "*/*"})).status_code == 200, path
    await say(open_socket, {"type": "ping", "id": 2}, "pong")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(locks=1, held_s=9), id="short"),
        pytest.param(Size(locks=20, held_s=10), id="full", marks=pytest.mark.full),
    ],
)
async def test_a_file_that_another_program_holds_is_waited_for(tmp_path: Path, size: Size) -> None:
    with ServerProcess(tmp_path) as server:
        async with founded(server) as site, listening(site, await site.follow("Follower")) as socket:
            writing = Writing(site)
            async with asyncio.TaskGroup() as group:
                for number in range(WRITERS):
                    group.create_task(writing.run(number))
                for number in range(size.locks):
                    await asyncio.sleep(0.3)
                    with _locked(server.data, ("IMMEDIATE", "EXCLUSIVE")[number % 2]):
                        async with asyncio.timeout(size.held_s + BACK_WITHIN_S):
                            until_s = asyncio.get_running_loop().time() + size.held_s
                            while asyncio.get_running_loop().time() < until_s:
                                await _goes_on(site, socket)
                                await asyncio.sleep(0.2)
                        assert (await site.anybody.get("/ready")).status_code == 503
                        wanted = len(writing.kept) + WRITERS
                    async with asyncio.timeout(BACK_WITHIN_S):
                        while len(writing.kept) < wanted:
                            await asyncio.sleep(0.02)
                writing.stop.set()
            last = await post(site, "After", str(uuid.uuid4()))
            assert last.status_code == 201
            await heard(socket, last.json()["id"])
            there = await site.texts()
        assert await asyncio.to_thread(server.stop) == 0
    assert there == writing.kept | {last.json()["id"]: "After"}, "something was lost, or is there twice"
    assert set(writing.statuses) == {201, 503}, writing.statuses
    assert "Traceback" not in server.said(), server.said()[-4000:]
