"""More connections than fit: those that come are told so or cut, those that are open go on, and all is well afterwards."""

import contextlib
import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from channel.files import LEAST, OWN_FILES, most_connections, most_live
from channel.server.http import FAR_BEYOND
from tests.faults.process import ROOT, ServerProcess
from tests.server.site import QUICK, Site, eventually, get, handshake, read_to_end, status

FEW = 4
HARD_LIMIT = 200
SOFT_LIMIT = 100


@pytest.fixture
def small() -> Iterator[Site]:
    with Site(replace(QUICK, connections=FEW, full_s=0.2)) as running:
        yield running


@contextlib.contextmanager
def held(site: Site, count: int) -> Iterator[list[socket.socket]]:
    """So many clients that have been answered and stay."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(site.connect())
            assert asked_again(client)
            clients.append(client)
        yield clients


def asked_again(client: socket.socket) -> bytes:
    """The whole answer to another request on the connection: its head and its body may come apart."""
    client.sendall(b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        piece = client.recv(65_536)
        assert piece, answer
        answer += piece
    return answer


def test_one_more_than_fits_is_told_when_to_come_back(small: Site) -> None:
    with held(small, FEW) as clients:
        answer = small.ask(get())
        assert status(answer) == 503
        assert b"\r\nretry-after: " in answer
        assert b"as many open connections as it can hold" in answer
        assert status(asked_again(clients[0])) == 200
    assert eventually(lambda: small.open_sockets() == 0)
    assert status(small.ask(get())) == 200


def test_who_comes_beyond_and_says_nothing_does_not_stay(small: Site) -> None:
    with held(small, FEW), small.connect() as silent:
        assert status(read_to_end(silent) or b"HTTP/1.1 0") in (0, 408)


def test_far_beyond_nobody_is_even_told(small: Site) -> None:
    with held(small, FEW), contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(small.connect()) for _ in range(3 * FAR_BEYOND)]
        ends = [read_to_end(client) for client in crowd]
    assert sum(end == b"" for end in ends) >= FAR_BEYOND
    assert status(small.ask(get())) == 200


def test_a_live_connection_that_is_taken_over_still_counts(small: Site) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(FEW):
            client = stack.enter_context(small.connect())
            client.sendall(handshake("/echo"))
            assert status(client.recv(65_536)) == 101
        assert status(small.ask(get())) == 503


@pytest.mark.parametrize("limit", [1, 64, 128, 256, 1_024, 20_000, 1_048_576])
def test_pages_keep_their_part_whatever_the_limit(limit: int) -> None:
    every, live = most_connections(limit), most_live(limit)
    assert 0 < live < every
    if limit >= 2 * OWN_FILES:
        assert every <= limit - OWN_FILES
        assert every - live >= min(1_000, (limit - OWN_FILES) // 8)
    assert every >= LEAST


def test_the_limit_of_files_is_lifted_as_far_as_the_system_allows() -> None:
    program = (
        "import json, resource; from channel.files import raise_file_limit, file_limit;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({SOFT_LIMIT}, {HARD_LIMIT}));"
        "before = file_limit(); print(json.dumps([before, raise_file_limit(), file_limit()]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == [SOFT_LIMIT, HARD_LIMIT, HARD_LIMIT]


class Cramped(ServerProcess):
    """A server that may hold few files open."""

    def start(self) -> None:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        super().start()
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (SOFT_LIMIT, HARD_LIMIT))
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


@pytest.mark.faults
def test_a_server_at_the_limit_of_its_files_goes_on_writing_and_recovers(tmp_path: Path) -> None:
    """Twice as many clients as it may have files: it accepts, refuses, keeps its database, and is itself afterwards."""
    with Cramped(tmp_path) as server:
        server.start()
        server.wait_ready()
        with contextlib.ExitStack() as stack:
            for _ in range(2 * HARD_LIMIT):
                client = stack.enter_context(socket.socket())
                client.settimeout(2)
                with contextlib.suppress(OSError):
                    client.connect(("127.0.0.1", server.port))
            # The data can be written to all the while, through the control socket, which is no connection of theirs.
            server.command("account", "create", "anna", "--name", "Anna")
        assert eventually(lambda: _ready(server.port))
        assert server.stop() == 0
        assert "Traceback" not in server.said()


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as client:
        client.sendall(get("/ready"))
        return status(read_to_end(client)) == 200
    return False
