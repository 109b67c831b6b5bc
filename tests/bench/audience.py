"""Many followers in one process of their own: `python -m tests.bench.audience PORT COUNT [STREAM]`.

Without STREAM they are plain connections, as the bare loop serves them. On standard input comes a mark a line; it is
answered by "armed" and then, when everybody has got it, by when the first and the last one did (CLOCK_MONOTONIC, the
same in all processes of a machine).
"""

import json
import os
import resource
import select
import socket
import sys
import time

from tests.bench.wire import HOST, subscribe, upgrade

GIVE_UP_S = 60.0
CHUNK_BYTES = 65_536
SPARE_FILES = 100


def more_files(count: int) -> None:
    """Let this process and its children open so many files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + SPARE_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + SPARE_FILES), hard))


def connected(port: int, stream: str) -> socket.socket:
    """One follower; with a stream it is subscribed when this returns."""
    client = socket.create_connection((HOST, port), timeout=GIVE_UP_S)
    if stream:
        client.sendall(upgrade(port))
        _until(client, b'"welcome"')
        client.sendall(subscribe(stream))
        _until(client, b'"subscribed"')
    client.setblocking(False)
    return client


def _until(client: socket.socket, words: bytes) -> None:
    heard = b""
    while words not in heard:
        data = client.recv(CHUNK_BYTES)
        if not data:
            raise SystemExit(f"the server closed the connection after {heard[-200:]!r}")
        heard += data


class Audience:
    """Everybody who listens."""

    def __init__(self, clients: list[socket.socket]) -> None:
        self._clients = {client.fileno(): client for client in clients}
        self._poll = select.epoll()
        for number in self._clients:
            self._poll.register(number, select.EPOLLIN)

    def skip(self) -> None:
        """Read what still comes of earlier marks, until it is quiet."""
        while ready := self._poll.poll(0.05):
            for number, _ in ready:
                os.read(number, CHUNK_BYTES)

    def hear(self, mark: bytes) -> dict[str, float]:
        """Wait until all have got the mark."""
        waiting = dict.fromkeys(self._clients, b"")
        moments: list[float] = []
        deadline_s = time.monotonic() + GIVE_UP_S
        while waiting and time.monotonic() < deadline_s:
            for number, _ in self._poll.poll(1.0):
                data = os.read(number, CHUNK_BYTES)
                if not data:
                    raise SystemExit("the server cut a follower")
                if number in waiting and mark in waiting[number] + data:
                    moments.append(time.monotonic())
                    del waiting[number]
                elif number in waiting:
                    waiting[number] = data[-len(mark) :]
        return {
            "first_s": min(moments, default=0),
            "last_s": max(moments, default=0),
            "missing": len(waiting),
        }


def main() -> None:
    port, count = int(sys.argv[1]), int(sys.argv[2])
    stream = sys.argv[3] if len(sys.argv) > 3 else ""
    more_files(count)
    audience = Audience([connected(port, stream) for _ in range(count)])
    print("connected", flush=True)
    for line in sys.stdin:
        audience.skip()
        print("armed", flush=True)
        print(json.dumps(audience.hear(line.strip().encode())), flush=True)


if __name__ == "__main__":
    main()
