"""T12: an older version and this one side by side, on one database and behind one address, while one replaces the other."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from channel.secret import KEY_FILE
from channel.storage.migrate import NEWEST
from tests.cluster.front import Front
from tests.cluster.nats import Nats
from tests.cluster.versions import NoHistory, last_of_the_schema_before, oldest_of_this_schema, unpack
from tests.conftest import _fresh_postgres, _on_server, _with_database
from tests.faults.afresh import KINDS, Afresh, Numbers
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ROOT, ServerProcess
from tests.faults.site import Site, beside, founded
from tests.faults.test_kill import _running, _some_acknowledged
from tests.faults.writers import Book, Write, Writer

ROLLS = [pytest.param(2, id="short"), pytest.param(20, id="full", marks=pytest.mark.full)]
WRITERS = 4
FOLLOWERS_OF_EACH_KIND = 2
AGAIN_S = 0.1

pytestmark = pytest.mark.faults


class OnceMore(Writer):
    """Asks once more when there was no answer or "not now", and then gives up."""

    gave_up: list[str]

    def __init__(self, site: Site, book: Book, number: int, gave_up: list[str]) -> None:
        super().__init__(site, book, number)
        self.gave_up = gave_up

    async def _until_answered(self, write: Write, stop: asyncio.Event) -> dict[str, Any] | None:
        client = self._site.anybody if write.kind == "join" else self._site.client
        request, said = self._request(client, write), ""
        for _ in range(2):
            try:
                answer = await client.send(request)
            except httpx2.TransportError as error:
                said += f" {error!r}"
            else:
                if answer.is_success:
                    return self._acknowledged(write, answer.json())
                said += f" {answer.status_code} {answer.text}"
            self._book.repeated += 1
            await asyncio.sleep(AGAIN_S)
        self.gave_up.append(f"{write.kind}:{said}")
        return None


def older(commit: str, folder: Path) -> Path:
    try:
        return unpack(commit, folder)
    except NoHistory as why:
        pytest.skip(f"There is no older version to run beside this one. {why}")


def runs(tree: Path, server: ServerProcess) -> None:
    """From its next start on."""
    server.environment["PYTHONPATH"] = str(tree)


def program_of(tree: Path) -> str:
    """Where Python finds Channel then."""
    ask = [sys.executable, "-c", "import channel; print(channel.__file__)"]
    path = {"PYTHONPATH": str(tree)}
    return subprocess.run(ask, env=path, cwd="/", capture_output=True, text=True, check=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class Nodes:
    servers: tuple[ServerProcess, ServerProcess]
    front: Front
    site: Site  # by the address of both


@pytest.fixture
def old(tmp_path: Path) -> Path:
    try:
        commit = oldest_of_this_schema()
    except NoHistory as why:
        pytest.skip(f"There is no older version to run beside this one. {why}")
    return older(commit, tmp_path / "old")


@pytest.fixture
async def nodes(old: Path, postgres_url: str, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Both on the old version."""
    database = (await _fresh_postgres(postgres_url)).replace("postgresql+asyncpg://", "postgresql://")
    nats = Nats(tmp_path)
    with (
        contextlib.ExitStack() as ended,
        ServerProcess(tmp_path / "a") as a,
        ServerProcess(tmp_path / "b") as b,
    ):
        ended.callback(nats.kill)
        await nats.start()
        for server in (a, b):
            server.environment |= {"CHANNEL_DATABASE": database, "CHANNEL_BUS": nats.url}
            runs(old, server)
        async with founded(a) as first, Front([a.port, b.port]) as front:
            shutil.copy(a.data / KEY_FILE, b.data / KEY_FILE)
            b.start()
            await asyncio.to_thread(b.wait_ready)
            async with beside(first, a, front.address) as site:
                yield Nodes((a, b), front, site)


async def _audience(nodes: Nodes, numbers: Numbers) -> list[Afresh]:
    return [
        kind(nodes.site, await nodes.site.follow(f"{kind.__name__} {number}"), numbers, nodes.front.address)
        for kind in KINDS
        for number in range(FOLLOWERS_OF_EACH_KIND)
    ]


async def _roll(nodes: Nodes, tree: Path, book: Book) -> None:
    """One node after another: ended in order, started with the other version, waited for, and used for a while."""
    for server in nodes.servers:
        assert await asyncio.to_thread(server.stop) == 0
        runs(tree, server)
        server.start()
        await asyncio.to_thread(server.wait_ready)
        await _some_acknowledged(book, 20)


@pytest.mark.parametrize("rolls", ROLLS)
async def test_nodes_that_are_replaced_by_another_version_lose_and_double_nothing(
    nodes: Nodes, old: Path, rolls: int
) -> None:
    assert Path(program_of(old)).is_relative_to(old)
    assert Path(program_of(ROOT)).is_relative_to(ROOT)
    numbers, book, stop, gave_up = Numbers(), Book(), asyncio.Event(), list[str]()
    followers = await _audience(nodes, numbers)
    async with _running(*(follower.run() for follower in followers)):
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(OnceMore(nodes.site, book, number, gave_up).run(stop))
            try:
                await _some_acknowledged(book, 20)
                for number in range(rolls):
                    await _roll(nodes, old if number % 2 else ROOT, book)
            finally:
                stop.set()
        await caught_up(nodes.site, followers)
    assert (gave_up, nodes.front.refused) == ([], 0)
    assert await judge(nodes.site, book, followers) == Verdict()
    assert numbers.taken_for_another == []
    # The first start of a version that notes the history begins an epoch, once.
    assert all(follower.resets <= 1 for follower in followers), [one.resets for one in followers]
    assert all(follower.sessions > rolls for follower in followers if not isinstance(follower, KINDS[2])), (
        "they were sent to the other node each time"
    )
    assert book.answers > 20 * rolls
    for server in nodes.servers:
        assert server.stop() == 0
        assert "Traceback" not in server.said(), server.said()[-4000:]


# --- a version that changes the schema


async def test_a_version_of_the_schema_before_goes_on_beside_this_one_and_is_refused_once_it_ends(
    postgres_url: str, tmp_path: Path
) -> None:
    """Such a deploy has one direction. What is there goes on; what is started after it is this version or none."""
    try:
        commit = last_of_the_schema_before()
    except NoHistory as why:
        pytest.skip(f"There is no older version to run beside this one. {why}")
    tree = older(commit, tmp_path / "old")
    name = f"roll{tmp_path.name[-8:]}".replace("_", "").lower()
    await _on_server(postgres_url, f"CREATE DATABASE {name}")
    database = _with_database(postgres_url, name).replace("postgresql+asyncpg://", "postgresql://")
    numbers, book, stop, gave_up = Numbers(), Book(), asyncio.Event(), list[str]()
    with ServerProcess(tmp_path / "a") as before, ServerProcess(tmp_path / "b") as after:
        for server in (before, after):
            server.environment["CHANNEL_DATABASE"] = database
        runs(tree, before)
        async with contextlib.AsyncExitStack() as stack:
            site = await stack.enter_async_context(founded(before))
            shutil.copy(before.data / KEY_FILE, after.data / KEY_FILE)
            followers = [kind(site, await site.follow(kind.__name__), numbers) for kind in KINDS]
            async with _running(*(follower.run() for follower in followers)):
                async with asyncio.TaskGroup() as writers:
                    writers.create_task(OnceMore(site, book, 0, gave_up).run(stop))
                    await _some_acknowledged(book, 20)
                    after.start()
                    await asyncio.to_thread(after.wait_ready)
                    other = await stack.enter_async_context(beside(site, after))
                    writers.create_task(OnceMore(other, book, 1, gave_up).run(stop))
                    await _some_acknowledged(book, 40)
                    stop.set()
                await caught_up(other, followers)
            assert gave_up == []
            assert await judge(other, book, followers) == Verdict()
            assert before.stop() == 0
            before.start()
            assert before.ended(within_s=30) == 1
            assert f"newer version (schema {NEWEST})" in before.said()
            assert (await other.anybody.get("/health")).status_code == 200
            assert after.stop() == 0
