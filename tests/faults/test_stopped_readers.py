"""T9 and T11, short: followers that stop reading are cut and freed, delay nobody, and do not hold up a stop."""

import asyncio
import contextlib
import json
import socket
import time
from pathlib import Path

import pytest

from tests.faults.followers import Follower, SocketFollower, SseFollower
from tests.faults.oracle import caught_up
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded
from tests.server.site import frame, handshake, open_sockets

STOPPED_OF_EACH_KIND = 4
POSTS = 300
POST_CHARS = 9_900  # times POSTS is well above the 1 MiB that the hub keeps and what the kernel swallows
AT_ONCE = 10
FREED_WITHIN_S = 60.0
ENDS_WITHIN_S = 15.0

pytestmark = pytest.mark.faults


def _stopped(site: Site, token: str, *, over_socket: bool) -> socket.socket:
    """Follow the room and never read a byte of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", site.server.port))
    authorization = f"Authorization: Bearer {token}\r\n".encode()
    host = f"Host: 127.0.0.1:{site.server.port}\r\n".encode()
    if over_socket:
        client.sendall(handshake("/live", authorization).replace(b"Host: a\r\n", host))
        time.sleep(0.2)  # a frame in the same packet as the handshake would be lost
        subscribe = {"type": "subscribe", "id": 1, "streams": [{"stream": site.stream}]}
        client.sendall(frame(0x1, json.dumps(subscribe).encode()))
    else:
        path = f"/live/sse?stream={site.stream}".encode()
        client.sendall(b"GET %s HTTP/1.1\r\n%s%s\r\n" % (path, host, authorization))
    return client


async def _post_much(site: Site) -> None:
    async def post(number: int) -> None:
        body = {"text": f"{number} " + "x" * POST_CHARS}
        answer = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json=body)
        assert answer.status_code == 201, answer.text

    for first in range(0, POSTS, AT_ONCE):
        await asyncio.gather(*(post(number) for number in range(first, first + AT_ONCE)))


async def _freed(port: int, most: int) -> bool:
    deadline_s = time.monotonic() + FREED_WITHIN_S
    while open_sockets(port) > most and time.monotonic() < deadline_s:
        await asyncio.sleep(0.2)
    return open_sockets(port) <= most


async def _stopped_followers(site: Site, clients: contextlib.ExitStack) -> None:
    token = await site.follow("Stopped")
    for number in range(2 * STOPPED_OF_EACH_KIND):
        client = await asyncio.to_thread(_stopped, site, token, over_socket=bool(number % 2))
        clients.enter_context(client)
    await asyncio.sleep(0.5)


async def _healthy_followers(site: Site) -> list[Follower]:
    kinds: tuple[type[Follower], ...] = (SocketFollower, SseFollower)
    return [kind(site, await site.follow(f"Healthy {kind.__name__}")) for kind in kinds]


async def test_stopped_readers_are_freed_delay_nobody_and_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, contextlib.ExitStack() as clients:
        async with founded(server) as site:
            healthy = await _healthy_followers(site)
            reading = [asyncio.create_task(follower.run()) for follower in healthy]
            await _stopped_followers(site, clients)
            before = open_sockets(server.port)
            await _post_much(site)
            await caught_up(site, healthy)
            assert all(follower.seq >= POSTS for follower in healthy)
            assert all(follower.sessions == 1 for follower in healthy)
            assert [dict(+follower.faults) for follower in healthy] == [{}, {}]
            # The test's own clients may have opened AT_ONCE more to post.
            assert await _freed(server.port, before - 2 * STOPPED_OF_EACH_KIND + AT_ONCE // 2)
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
            await _stopped_followers(site, clients)
            await _post_much(site)
        started_s = time.monotonic()
        assert await asyncio.to_thread(server.stop) == 0
        assert time.monotonic() - started_s < ENDS_WITHIN_S
        assert "Traceback" not in server.said()
