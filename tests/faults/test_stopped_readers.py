"""T9: followers that stop reading, some of which go on pinging, are cut and freed, delay nobody, and resume."""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded

FREED_WITHIN_S = 60.0
HEARD_WITHIN_S = 60.0
RESUMED_WITHIN_S = 120.0
STOPPED_OVER_SSE = 4
AT_ONCE = 10  # posts on their way; the test's own clients keep as many connections
PINGS_PER_S = 50  # half of what is allowed, and no answer is ever read
FLOOD_PER_S = 5_000
BESIDES_KB = 64 * 1024
PER_STOPPED_KB = 1024  # the promise

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    """`posts` of `chars` each, at most `per_s`."""

    followers: int
    stopped: int
    pinging: int
    posts: int
    chars: int
    per_s: float


SHORT = Size(followers=80, stopped=16, pinging=16, posts=300, chars=9_900, per_s=1000)
FULL = Size(followers=1000, stopped=200, pinging=200, posts=6000, chars=2_000, per_s=50)


def _stopped_over_sse(site: Site, token: str) -> socket.socket:
    """Follow the room over server-sent events and never read a byte of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", site.server.port))
    request = (
        f"GET /live/sse?stream={site.stream} HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    client.sendall(request.encode())
    return client


async def _post_much(site: Site, size: Size) -> int:
    """Returns the most memory that the server held meanwhile, in KB."""
    most_kb = 0

    async def post(number: int) -> None:
        body = {"text": f"{number} " + "x" * size.chars}
        answer = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json=body)
        assert answer.status_code == 201, answer.text

    for first in range(0, size.posts, AT_ONCE):
        turn = asyncio.create_task(asyncio.sleep(AT_ONCE / size.per_s))
        await asyncio.gather(*(post(number) for number in range(first, first + AT_ONCE)), turn)
        most_kb = max(most_kb, site.server.memory_kb())
    return most_kb


async def _freed(server: ServerProcess, most: int) -> int:
    """Wait until the server has at most so many descriptors open. Returns how many there are more."""
    deadline_s = time.monotonic() + FREED_WITHIN_S
    while server.files() > most and time.monotonic() < deadline_s:
        await asyncio.sleep(0.2)
    return max(0, server.files() - most)


async def _stop(site: Site, crowd: Crowd, size: Size, seed: int, clients: contextlib.ExitStack) -> None:
    """Everybody comes; then some read no more, or next to nothing; of them some ping, half as fast as they can."""
    gone, pinging = (0, size.stopped + size.pinging), (size.stopped, size.stopped + size.pinging)
    crowd.squeeze(gone)
    crowd.connect(crowd.everybody, seed=seed)
    assert crowd.listening(crowd.everybody, HEARD_WITHIN_S) == 0
    trickling = size.stopped - size.stopped // 8  # more than the connections that the test itself may open
    crowd.stop_reading((trickling, gone[1]))
    crowd.stop_reading((0, trickling), trickle=True)
    half = size.stopped + size.pinging // 2
    crowd.ping((pinging[0], half), PINGS_PER_S)
    crowd.ping((half, pinging[1]), FLOOD_PER_S)
    token = await site.follow("Stopped")
    for _ in range(STOPPED_OVER_SSE):
        clients.enter_context(await asyncio.to_thread(_stopped_over_sse, site, token))


@pytest.mark.parametrize(
    ("size", "seed"),
    [pytest.param(SHORT, 1, id="short")]
    + [pytest.param(FULL, seed, id=f"full-{seed}", marks=pytest.mark.full) for seed in (1, 2, 3)],
)
async def test_who_stops_reading_is_freed_delays_nobody_and_resumes(
    tmp_path: Path, size: Size, seed: int
) -> None:
    gone, healthy = (0, size.stopped + size.pinging), (size.stopped + size.pinging, size.followers)
    with ServerProcess(tmp_path) as server, contextlib.ExitStack() as clients:
        async with founded(server) as site:
            crowd = clients.enter_context(await site.crowd(size.followers))
            alone, before_kb = server.files(), server.memory_kb()
            await _stop(site, crowd, size, seed, clients)
            most_kb = await _post_much(site, size)
            head = await site.head()
            left = await asyncio.to_thread(crowd.behind, healthy, head, HEARD_WITHIN_S)
            told = crowd.report(healthy)
            assert (left, told["faults"], told["ends"], told["sessions"]) == (0, {}, {}, [1, 1]), told
            assert await _freed(server, alone + healthy[1] - healthy[0] + AT_ONCE) == 0
            allowed_kb = min(256 * 1024, gone[1] * PER_STOPPED_KB + BESIDES_KB)
            assert most_kb - before_kb < allowed_kb, f"{most_kb - before_kb} KB more"

            crowd.drop(gone)
            crowd.squeeze(gone, tiny=False)
            crowd.connect(gone, seed=seed)
            left = await asyncio.to_thread(crowd.behind, gone, head, RESUMED_WITHIN_S)
            told = crowd.report(gone)
            assert (left, told["faults"]) == (0, {}), told
        assert await asyncio.to_thread(server.stop) == 0
        assert "Traceback" not in server.said()
