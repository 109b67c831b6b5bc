"""kill -9 in the middle of uploads and of preparing pictures: nothing acknowledged is lost or torn, work goes on."""

import base64
import contextlib
import hashlib
import os
import random
import threading
import time
from pathlib import Path

import httpx2
import pytest

from channel.outbox import LEASE_MS
from tests.faults.clock import COMPILER, WallClock
from tests.faults.process import ServerProcess
from tests.media.sending import photo

pytestmark = pytest.mark.faults
ROUNDS = int(os.environ.get("CHANNEL_MEDIA_KILLS", "4"))
TUS = {"tus-resumable": "1.0.0"}
LONGEST_S = 0.5
PATIENT_S = LEASE_MS / 1000 + 60  # where nobody can set the clock forward


def client(server: ServerProcess, bearer: str) -> httpx2.Client:
    return httpx2.Client(base_url=server.url, headers={"authorization": bearer}, trust_env=False, timeout=20)


class Sender(threading.Thread):
    """Sends one file after another until the server is gone; remembers what was acknowledged and what was not."""

    def __init__(self, server: ServerProcess, bearer: str, seed: int) -> None:
        super().__init__()
        self._server, self._bearer, self._random = server, bearer, random.Random(seed)
        self.acked: dict[str, bytes] = {}
        self.open: dict[str, bytes] = {}

    def run(self) -> None:
        with contextlib.suppress(httpx2.HTTPError), client(self._server, self._bearer) as http:
            while True:
                if self._random.random() < 0.3:
                    content = photo(self._random.randint(200, 900), 400)
                else:
                    content = b"PK\x03\x04" + self._random.randbytes(self._random.randint(1, 3_000_000))
                self._send(http, content)

    def _send(self, http: httpx2.Client, content: bytes) -> None:
        words = {"community": "anna", "filename": "a"}
        told = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in words.items()
        )
        begun = http.post(
            "/api/v1/media", headers=TUS | {"upload-length": str(len(content)), "upload-metadata": told}
        )
        assert begun.status_code == 201, begun.text
        address = begun.headers["location"]
        self.open[address] = content
        if finish(http, address, content, pieces=self._random.randint(1, 3)):
            self.acked[address] = self.open.pop(address)


def finish(http: httpx2.Client, address: str, content: bytes, pieces: int = 1) -> bool:
    """Send what is missing. True once the last piece was acknowledged."""
    offset = int(http.head(address, headers=TUS).headers["upload-offset"])
    step = max(1, -(-len(content) // pieces))
    while offset < len(content):
        headers = TUS | {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
        answer = http.patch(address, content=content[offset : offset + step], headers=headers)
        assert answer.status_code == 204, answer.text
        offset = int(answer.headers["upload-offset"])
    return True


def test_no_acknowledged_file_is_lost_or_torn(tmp_path: Path) -> None:
    clock = WallClock(tmp_path) if COMPILER else None
    with ServerProcess(tmp_path) as server:
        server.environment |= {"CHANNEL_LIMIT_SCALE": "100000", **(clock.environment if clock else {})}
        server.start()
        server.wait_ready()
        bearer = f"Bearer {server.token('anna')}"
        with client(server, bearer) as http:
            made = http.post(
                "/api/v1/communities", json={"handle": "anna", "name": "Anna", "visibility": "public"}
            )
            assert made.status_code == 201, made.text
        acked: dict[str, bytes] = {}
        for seed in range(ROUNDS):
            sender = Sender(server, bearer, seed)
            sender.start()
            while not (sender.open or sender.acked):  # on a crowded machine the first is late
                assert sender.is_alive()
                time.sleep(0.005)
            time.sleep(random.Random(seed).uniform(0.05, LONGEST_S))
            server.kill()
            sender.join(30)
            if clock:  # a job whose worker was killed comes back after its lease
                clock.set(clock.offset_ms + LEASE_MS)
            server.start()
            server.wait_ready()
            with client(server, bearer) as http:
                for address, content in sender.open.items():
                    assert finish(http, address, content)
                acked |= sender.acked | sender.open
        assert len(acked) >= ROUNDS
        _look(server, bearer, acked)


def _look(server: ServerProcess, bearer: str, acked: dict[str, bytes]) -> None:
    """Every file is whole in the store under its hash, and every picture gets ready."""
    with client(server, bearer) as http:
        for address, content in acked.items():
            key = hashlib.sha256(content).hexdigest()
            blobs = [*Path(server.data).rglob(key)]
            assert blobs and hashlib.sha256(blobs[0].read_bytes()).hexdigest() == key
            known = f"/api/v1/media/{address.rpartition('/')[2]}"
            until = time.monotonic() + PATIENT_S
            while (state := http.get(known).json()["state"]) == "processing" and time.monotonic() < until:
                time.sleep(0.25)
            assert state == "ready", address
