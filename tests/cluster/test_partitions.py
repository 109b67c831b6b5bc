"""T13 on real networks: NATS and two nodes in a namespace each; their cables are pulled and cut one way while people write.

Between the nodes there is no cable: they speak to each other through NATS alone.
"""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import websockets

from channel.bus.private import nats_server
from channel.secret import KEY_FILE
from tests.cluster.namespaces import ROOT, Cable, Net, missing, networks, within
from tests.cluster.nats import TOKEN
from tests.conftest import _fresh_postgres
from tests.faults.followers import Follower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, beside, founded
from tests.faults.test_kill import _running
from tests.faults.writers import Book, Writer
from tests.metrics.reading import read

ROUNDS = int(os.environ.get("CHANNEL_PARTITIONS", "5"))
PORT = 4222
BURST = 7  # posts, an edit and a newcomer
EVERY_S = 0.4
SHORTEST_S, LONGEST_S = 1.0, 5.0
ELSEWHERE_S = 5.0  # P10 and P12: how late a node may be that no hint reaches
BUSY_S = 5.0  # so much later at the most where other work shares the machine; nearly nothing may be
SEEN_AWAY_S = 90.0
OF_A_HUNDRED = 99

pytestmark = pytest.mark.faults


@pytest.fixture
def net() -> Iterator[Net]:
    if (problem := missing()) and not os.environ.get("CHANNEL_NETNS"):
        pytest.skip(f"{problem} CHANNEL_NETNS=1 makes this a failure.")
    assert not problem, problem
    with networks() as made:
        yield made


@dataclass(frozen=True, slots=True)
class Cluster:
    """Two nodes of one community, and the cable of each to NATS."""

    a: Site
    b: Site
    to_a: Cable
    to_b: Cable
    nats: str  # the namespace

    @property
    def nodes(self) -> tuple[Site, Site]:
        return self.a, self.b

    def mend(self) -> None:
        for cable in (self.to_a, self.to_b):
            cable.mend()


@contextlib.contextmanager
def _nats(folder: Path, space: str) -> Iterator[None]:
    config = folder / "nats.conf"
    config.write_text(f'listen: "0.0.0.0:{PORT}"\nauthorization {{ token: "{TOKEN}" }}\n')
    process = subprocess.Popen(
        [*within(space), nats_server(), "-c", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _node(net: Net, name: str, folder: Path, nats: str, database: str) -> tuple[ServerProcess, Cable]:
    """A node that is yet to start, in a namespace with two cables: to NATS, and to us, who are its clients."""
    space = net.space(name)
    ours, cable = net.cable(ROOT, space), net.cable(space, nats)
    server = ServerProcess(folder)
    server.within, server.host = within(space), ours.second.address
    server.url = f"http://{server.host}:{server.port}"
    bus = f"nats://{TOKEN}@{cable.second.address}:{PORT}"
    server.environment |= {"CHANNEL_DATABASE": database, "CHANNEL_BUS": bus}
    return server, cable


@pytest.fixture
async def cluster(net: Net, postgres_url: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    """PostgreSQL is reached by its socket in the file system, which no namespace of networks hides."""
    database = (await _fresh_postgres(postgres_url)).replace("postgresql+asyncpg://", "postgresql://")
    nats = net.space("nats")
    one, to_a = _node(net, "a", tmp_path / "a", nats, database)
    other, to_b = _node(net, "b", tmp_path / "b", nats, database)
    with _nats(tmp_path, nats), one, other:
        async with founded(one) as a:
            shutil.copy(one.data / KEY_FILE, other.data / KEY_FILE)
            other.start()
            await asyncio.to_thread(other.wait_ready)
            async with beside(a, other) as b:
                made = Cluster(a, b, to_a, to_b, nats)
                await _heard(made)
                yield made


async def _metric(site: Site, name: str) -> float:
    answer = await site.client.get("/metrics")
    answer.raise_for_status()
    return read(answer.text)[name, ""]


async def _until(state: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline_s = time.monotonic() + SEEN_AWAY_S
    while not await state():
        assert time.monotonic() < deadline_s, f"{what} within {SEEN_AWAY_S} s"
        await asyncio.sleep(0.2)


async def _heard(cluster: Cluster) -> None:
    """Both nodes are in touch with NATS."""

    async def both() -> bool:
        return all([await _metric(site, "channel_bus_up") for site in cluster.nodes])

    await _until(both, "no node that is back in touch with NATS")


# --- what is done to the cables, and who notices


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    do: Callable[[Cluster], None]
    noticed: str  # by these nodes, when it lasts


def _pulled(cluster: Cluster, cable: Cable) -> None:
    cable.pull()


def _speechless(cluster: Cluster, cable: Cable) -> None:
    cable.gag(cable.first.space)


def _deaf(cluster: Cluster, cable: Cable) -> None:
    cable.gag(cluster.nats)


def _each(do: Callable[[Cluster, Cable], None], who: str) -> Callable[[Cluster], None]:
    def one_after_another(cluster: Cluster) -> None:
        for node in who:
            do(cluster, cluster.to_a if node == "a" else cluster.to_b)

    return one_after_another


def _crosswise(cluster: Cluster) -> None:
    _speechless(cluster, cluster.to_a)
    _deaf(cluster, cluster.to_b)


FAULTS = [
    Fault(f"{' and '.join(who)} {word}", _each(do, who), who)
    for word, do in (("pulled", _pulled), ("speechless", _speechless), ("deaf", _deaf))
    for who in ("a", "b", "ab")
] + [Fault("a speechless, b deaf", _crosswise, "ab")]
SHORT = [FAULTS[2], FAULTS[9]]


# --- who writes, who listens, and how late they hear


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class _Timed(Follower):
    """Notes when it heard what."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.at_ms: list[int] = []

    def _apply(self, event: dict[str, Any]) -> None:
        super()._apply(event)
        self.at_ms += [_now_ms()] * (self.seq - len(self.at_ms))


class _Socket(_Timed, SocketFollower):
    pass


class _Sse(_Timed, SseFollower):
    pass


@dataclass(slots=True)
class Delays:
    """How long after its acknowledgement each post was heard by each follower, in seconds."""

    all_s: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, book: Book, followers: list[_Timed]) -> "Delays":
        posts = [write for write in book.acknowledged("post") if write.seq]
        return cls(
            sorted(
                (one.at_ms[write.seq - 1] - write.mark) / 1000
                for one in followers
                for write in posts
                if write.seq <= one.seq
            )
        )

    def within(self, seconds: float) -> bool:
        """OF_A_HUNDRED are."""
        return self.all_s[len(self.all_s) * OF_A_HUNDRED // 100] <= seconds


async def _audience(cluster: Cluster) -> list[_Timed]:
    """One of each kind on each node."""
    return [
        kind(cluster.a, await cluster.a.follow(f"Follower {kind.__name__} {number}"), site.server.url)
        for kind in (_Socket, _Sse)
        for number, site in enumerate(cluster.nodes)
    ]


async def _write(cluster: Cluster, book: Book, stop: asyncio.Event) -> None:
    """A few at a time, here and there at once."""
    writers = [Writer(site, book, number) for number, site in enumerate(cluster.nodes)]
    while not stop.is_set():
        await asyncio.gather(*(writer.run(stop, most=BURST) for writer in writers))
        await asyncio.sleep(EVERY_S)


async def _banned(cluster: Cluster, name: str) -> float:
    """Somebody who listens to one node is banned on the other. Returns the seconds until the line was cut."""
    token = await cluster.a.follow(name)
    bearer = {"Authorization": f"Bearer {token}"}
    me = await cluster.a.anybody.get("/api/v1/me", headers=bearer)
    async with websockets.connect(
        cluster.b.server.url.replace("http", "ws") + "/live",
        additional_headers=bearer,
        subprotocols=[websockets.Subprotocol("channel.v1")],
        proxy=None,
    ) as socket:
        await socket.recv()
        path = f"/api/v1/communities/{HANDLE}/members/{me.json()['account']['id']}"
        await socket.send(f'{{"type":"subscribe","streams":[{{"stream":"{cluster.b.stream}"}}]}}')
        await socket.recv()
        (await cluster.a.client.patch(path, json={"state": "banned"})).raise_for_status()
        began_s = time.monotonic()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(ELSEWHERE_S + BUSY_S):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4004
        return time.monotonic() - began_s


async def _suffer(cluster: Cluster, fault: Fault, lasts_s: float | None) -> None:
    """`lasts_s` None: until each node that is cut off has noticed, and a while longer."""
    fault.do(cluster)
    try:
        if lasts_s is not None:
            await asyncio.sleep(lasts_s)
            return
        late_s = await _banned(cluster, f"Outcast {random.random()}")
        assert late_s <= ELSEWHERE_S + BUSY_S
        cut_off = [{"a": cluster.a, "b": cluster.b}[who] for who in fault.noticed]

        async def away() -> bool:
            return not any([await _metric(site, "channel_bus_up") for site in cut_off])

        await _until(away, f"not noticed that NATS is out of reach ({fault.name})")
        await asyncio.sleep(LONGEST_S)
    finally:
        cluster.mend()
    if lasts_s is None:
        await _heard(cluster)


async def _partitions(cluster: Cluster, plan: list[tuple[Fault, float | None]]) -> Delays:
    followers, book, stop = await _audience(cluster), Book(on_ack=_now_ms), asyncio.Event()
    async with _running(*(follower.run() for follower in followers)):
        async with asyncio.TaskGroup() as group:
            group.create_task(_write(cluster, book, stop))
            try:
                for fault, lasts_s in plan:
                    await _suffer(cluster, fault, lasts_s)
                    await asyncio.sleep(random.uniform(0, SHORTEST_S))
            finally:
                stop.set()
        await caught_up(cluster.a, followers)
    assert await judge(cluster.a, book, followers) == Verdict()
    assert book.repeated == 0, "publishing never fails, so nobody has to ask twice"
    assert all(follower.sessions == 1 for follower in followers), "nobody lost the line to its node"
    assert len(book.acknowledged("post")) > BURST * len(plan)
    late = sum([await _metric(site, "channel_hints_lost_total") for site in cluster.nodes])
    assert late >= len(plan) / 2, "the looks at the log had something to bring"
    return Delays.of(book, followers)


def _ended_well(cluster: Cluster) -> None:
    for site in cluster.nodes:
        assert site.server.stop() == 0
        assert "Traceback" not in site.server.said(), site.server.said()[-4000:]


async def test_nodes_that_lose_sight_of_nats_lose_and_double_nothing(cluster: Cluster) -> None:
    delays = await _partitions(cluster, [(fault, 2.5) for fault in SHORT])
    assert delays.all_s[-1] <= ELSEWHERE_S + BUSY_S
    _ended_well(cluster)


@pytest.mark.full
async def test_every_partition_again_and_again(cluster: Cluster) -> None:
    """Each ROUNDS times: once for as long as it takes to be noticed, else shorter than that."""
    chance = random.Random(13)
    plan: list[tuple[Fault, float | None]] = [(fault, None) for fault in FAULTS]
    plan += [(fault, chance.uniform(SHORTEST_S, LONGEST_S)) for fault in FAULTS for _ in range(ROUNDS - 1)]
    chance.shuffle(plan)
    delays = await _partitions(cluster, plan)
    assert delays.within(ELSEWHERE_S), delays.all_s[-20:]
    assert delays.all_s[-1] <= ELSEWHERE_S + BUSY_S, delays.all_s[-20:]
    _ended_well(cluster)
    for site in cluster.nodes:
        assert "NATS is away" in site.server.said()
        assert "NATS is back" in site.server.said()
