"""T14 on PostgreSQL: the one that takes over lacks the last moments. Everybody is told so, and nobody takes one post for another."""

import asyncio
import contextlib
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from channel.secret import KEY_FILE
from tests.cluster.nats import Nats
from tests.faults.afresh import KINDS, Afresh, Numbers
from tests.faults.failover import Address, Postgres
from tests.faults.followers import Told
from tests.faults.process import ServerProcess
from tests.faults.site import Site, beside, founded
from tests.faults.test_disk_full import post
from tests.faults.test_kill import _running

FULL = pytest.mark.full
TIMES = [pytest.param(1, id="short"), pytest.param(20, id="full", marks=FULL)]
AHEAD = 8  # posts that everybody has heard of and the next primary has not
STANDBY_S = 1.0
WAIT_S = 60.0

pytestmark = pytest.mark.faults


# --- who writes


@dataclass(slots=True)
class Ledger:
    """What was acknowledged, in this order, as (id, seq); and every answer that was neither that nor a polite refusal."""

    posts: list[tuple[str, int]] = field(default_factory=list)
    impolite: list[str] = field(default_factory=list)
    refused: int = 0


async def _keep_posting(site: Site, ledger: Ledger, stop: asyncio.Event) -> None:
    """One post after another, each until it is acknowledged, with the same key."""
    number = 0
    while not stop.is_set():
        number, key = number + 1, str(uuid.uuid4())
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = await post(site, f"Post {number} by way of {site.server.port}", key)
                if answer.status_code == 201:
                    ledger.posts.append((answer.json()["id"], answer.json()["seq"]))
                    break
                ledger.refused += 1
                if answer.status_code != 503 or int(answer.headers["retry-after"]) <= 0:
                    ledger.impolite.append(f"{answer.status_code} {answer.text}")
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.02)


# --- two nodes behind whose back PostgreSQL fails over


@dataclass(slots=True)
class Stage:
    a: Site
    b: Site
    address: Address
    primary: Postgres
    database: str
    numbers: Numbers = field(default_factory=Numbers)
    ledger: Ledger = field(default_factory=Ledger)
    followers: list[Afresh] = field(default_factory=list)
    servers: list[Postgres] = field(default_factory=list)  # but the first

    async def head(self, postgres: Postgres) -> int:
        """The seq of the room's newest event there."""
        conn = await postgres.connect(self.database)
        try:
            return int(await conn.fetchval("SELECT seq FROM streams WHERE stream = $1", self.a.stream))
        finally:
            await conn.close()

    async def heard_ahead_of(self, head: int) -> None:
        """Everybody has heard of AHEAD posts that come after `head`."""
        await until(lambda: all(one.seq >= head + AHEAD for one in self.followers), "posts")


async def until(state: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not state():
        assert time.monotonic() < deadline_s, f"no {what} within {WAIT_S} s"
        await asyncio.sleep(0.02)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        primary = await asyncio.to_thread(Postgres.first)
        stack.callback(primary.remove)
        conn = await primary.connect()
        await conn.execute("CREATE DATABASE channel")
        await conn.close()
        nats = Nats(tmp_path)
        stack.callback(nats.kill)
        await nats.start()
        address = stack.enter_context(Address())
        address.lead_to(primary)
        one, other = (stack.enter_context(ServerProcess(tmp_path / name)) for name in "ab")
        for server in (one, other):
            server.environment["CHANNEL_DATABASE"] = f"postgresql://postgres@127.0.0.1:{address.port}/channel"
            server.environment["CHANNEL_BUS"] = nats.url
        a = await stack.enter_async_context(founded(one))
        shutil.copy(one.data / KEY_FILE, other.data / KEY_FILE)
        other.start()
        await asyncio.to_thread(other.wait_ready)
        b = await stack.enter_async_context(beside(a, other))
        made = Stage(a, b, address, primary, "channel")
        try:
            yield made
        finally:
            for one in made.servers:
                one.remove()


async def _audience(stage: Stage) -> None:
    for site in (stage.a, stage.b):
        for kind in KINDS:
            token = await stage.a.follow(f"{kind.__name__} at {site.server.port}")
            stage.followers.append(kind(site, token, stage.numbers))


async def _to_a_replica(stage: Stage) -> None:
    """Asynchronous, and behind. The address leads to it before it is promoted, as a slow operator has it."""
    replica = await asyncio.to_thread(stage.primary.copy, following=True)
    stage.servers.append(replica)
    await replica.fall_behind()
    head = await stage.head(replica)
    await stage.heard_ahead_of(head)
    await asyncio.to_thread(stage.primary.crash)
    stage.address.lead_to(replica)
    await asyncio.sleep(STANDBY_S)
    await asyncio.to_thread(replica.promote)
    stage.primary = replica


async def _to_a_copy(stage: Stage) -> None:
    """Files as they were a moment ago, started: a disk that was rolled back. PostgreSQL itself does not notice."""
    copy = await asyncio.to_thread(stage.primary.copy, following=False)
    stage.servers.append(copy)
    await stage.heard_ahead_of(max(one.seq for one in stage.followers))
    await asyncio.to_thread(stage.primary.crash)
    await asyncio.to_thread(copy.start)
    stage.address.lead_to(copy)
    stage.primary = copy


async def _fail_over(stage: Stage, how: Callable[[Stage], Awaitable[None]]) -> None:
    resets, acknowledged = [one.resets for one in stage.followers], len(stage.ledger.posts)
    await until(lambda: len(stage.ledger.posts) > acknowledged + AHEAD, "posts")
    safe, old = len(stage.ledger.posts), stage.primary
    await how(stage)
    await asyncio.to_thread(old.remove)
    then = len(stage.ledger.posts)
    await until(lambda: len(stage.ledger.posts) > then + AHEAD, "posts after it")
    kept = {event["data"]["post"]["id"] for event in await stage.a.log() if "post" in event["data"]}
    lost = [post_id for post_id, _ in stage.ledger.posts if post_id not in kept]
    assert lost, "there was something to lose"
    assert not set(lost) & {post_id for post_id, _ in stage.ledger.posts[:safe]}
    stage.ledger.posts = [(post_id, seq) for post_id, seq in stage.ledger.posts if post_id in kept]
    await until(lambda: all(o.resets > n for o, n in zip(stage.followers, resets, strict=True)), "reset")


async def _fail_over_again_and_again(
    stage: Stage, how: Callable[[Stage], Awaitable[None]], times: int
) -> None:
    await _audience(stage)
    stop = asyncio.Event()
    async with _running(*(one.run() for one in stage.followers)):
        async with asyncio.TaskGroup() as writers:
            for site in (stage.a, stage.b):
                writers.create_task(_keep_posting(site, stage.ledger, stop))
            try:
                for _ in range(times):
                    await _fail_over(stage, how)
            finally:
                stop.set()
        log = await stage.a.log()
        await until(lambda: all(one.seq >= len(log) for one in stage.followers), "followers at the end")
    assert stage.numbers.taken_for_another == []
    told = [Told.by(event) for event in log]
    for one in stage.followers:
        assert one.seen == told, f"{type(one).__name__} holds another history than the log"
        assert not +one.faults, one.faults
        assert one.resets == times, "once for each time is enough"
    assert {(told[seq - 1].post_id, seq) for _, seq in stage.ledger.posts} == set(stage.ledger.posts)
    assert stage.ledger.impolite == []
    assert stage.ledger.refused > 0, "there was a while in which nothing could be acknowledged"
    for site in (stage.a, stage.b):
        assert site.server.stop() == 0
        assert "Traceback" not in site.server.said(), site.server.said()[-4000:]


@pytest.mark.parametrize("times", TIMES)
async def test_a_replica_that_takes_over_and_lacks_the_last_moments_is_a_new_beginning_for_all(
    stage: Stage, times: int
) -> None:
    await _fail_over_again_and_again(stage, _to_a_replica, times)


@pytest.mark.parametrize("times", TIMES)
async def test_files_that_were_put_back_by_a_moment_are_a_new_beginning_for_all(
    stage: Stage, times: int
) -> None:
    await _fail_over_again_and_again(stage, _to_a_copy, times)
