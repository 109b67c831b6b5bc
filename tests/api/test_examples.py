"""The clients of docs/examples, run as a reader would run them, against a real server."""

import asyncio
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from channel import live, outbox
from channel.events import RoomUpdated
from channel.routing import Services
from channel.settings import Settings
from channel.storage.tables import instance
from tests.api.serving import Served, served
from tests.api.test_fuzz import make_account

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LONG_AGO = 1_005  # events: more than the live protocol sends again


def node() -> list[str]:
    """Node, with its WebSocket switched on where that is not yet so from the start (before 22)."""
    binary = shutil.which("node")
    if binary is None:
        pytest.skip("node is not installed")
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    major = int(re.findall(r"\d+", version)[0])
    return [binary] if major >= 22 else [binary, "--experimental-websocket", "--no-warnings"]


CLIENTS = {
    "python": lambda: [sys.executable, str(EXAMPLES / "follow.py")],
    "node": lambda: [*node(), str(EXAMPLES / "follow.mjs")],
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(lambda url: Settings(data=tmp_path, url=url, limit_scale=1000)) as running:
        yield running


class Reader:
    """What a client prints, line by line."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines: queue.Queue[str] = queue.Queue(10_000)
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def next(self) -> str:
        return self._lines.get(timeout=20)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_of_the_docs_reads_a_room_from_long_ago_on_through_a_restart_and_a_restore(
    server: Served, client: str
) -> None:
    token = server.run(make_account)
    http = httpx2.Client(base_url=f"{server.url}/api/v1", headers={"authorization": f"Bearer {token}"})
    http.post("/communities", json={"handle": "followed", "name": "F"})
    room = http.get("/communities/followed/rooms/news").json()["id"]

    async def pass_time(services: Services) -> None:
        async with services.db.write() as tx:
            for _ in range(LONG_AGO):
                await outbox.emit(tx, RoomUpdated(room_id=room))

    async def goodbye(services: Services) -> None:
        hub = server.app.state.live.hub
        async with asyncio.timeout(20):
            while not hub.streams:
                await asyncio.sleep(0.02)
        before = set(hub.followers)
        await live.say_goodbye(server.app.state.live)
        assert before
        assert before.isdisjoint(hub.followers)

    async def restore(services: Services) -> None:
        async with services.db.write() as tx:
            await tx.run(instance.update().values(epoch="another history"))
        await goodbye(services)

    server.run(pass_time)
    reader = Reader([*CLIENTS[client](), server.url, room, token])
    try:
        seen = [reader.next() for _ in range(LONG_AGO)]
        assert [int(line.split()[0]) for line in seen] == [*range(1, LONG_AGO + 1)]
        http.post(f"/rooms/{room}/posts", json={"text": "Hello"})
        assert reader.next() == f"{LONG_AGO + 1} post.published Hello"
        server.run(goodbye)
        http.post(f"/rooms/{room}/posts", json={"text": "Still there?"})
        assert reader.next() == f"{LONG_AGO + 2} post.published Still there?"
        server.run(restore)
        again = [int(reader.next().split()[0]) for _ in range(LONG_AGO + 2)]
        assert again == [*range(1, LONG_AGO + 3)]
    finally:
        reader.stop()
        http.close()
