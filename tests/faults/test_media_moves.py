"""kill -9 in the middle of `channel media move`: every file is whole in one store or the other, and the rest goes on."""

import hashlib
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from channel.bucket import Bucket
from tests import buckets
from tests.faults.loaded import Forked, begin
from tests.faults.process import ServerProcess
from tests.faults.test_media_kills import client

pytestmark = pytest.mark.faults
KILLS = 6
FILES = 16
TRIES = 5
MOVE_S = 200  # the pretend store is slow on a busy machine


def test_a_killed_move_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    bucket = buckets.fresh()
    with ServerProcess(tmp_path) as server:
        server.environment |= {
            "CHANNEL_LIMIT_SCALE": "100000", "CHANNEL_STORAGE": f"s3://{bucket.name}/{bucket.folder}",
            "CHANNEL_S3_ENDPOINT": bucket.endpoint, "CHANNEL_S3_REGION": bucket.region,
            "CHANNEL_S3_KEY_ID": bucket.key_id, "CHANNEL_S3_SECRET": bucket.secret,
            "CHANNEL_MEDIA_STORE": "local", "CHANNEL_MEDIA_SERVING": "proxy",
        }  # fmt: skip
        server.start()
        server.wait_ready()
        bearer = f"Bearer {server.token('anna')}"
        sent = _send(server, bearer)
        for seed in range(KILLS):
            before = _near(server)
            moving = _moving(server, "s3" if seed % 2 == 0 else "local")
            while _near(server) == before and moving.poll() is None:
                time.sleep(0.005)
            time.sleep(random.Random(seed).uniform(0, 0.4))
            server.kill()
            moving.kill()  # left alone, it would go on by itself
            moving.wait(10)
            server.start()
            server.wait_ready()
            _look(server, bearer, bucket, sent)
        # A store that does not answer in time ends a move, which is begun again like one that was killed.
        assert any(_moving(server, "s3").wait(MOVE_S) == 0 for _ in range(TRIES))
        assert not _near(server)
        _look(server, bearer, bucket, sent)
        assert "Not in it: the media in" in server.command("backup", str(tmp_path / "b.tar"))


def _send(server: ServerProcess, bearer: str) -> dict[str, str]:
    """Addresses of files with the hash of each."""
    with client(server, bearer) as http:
        assert http.post("/api/v1/communities", json={"handle": "anna", "name": "Anna"}).status_code == 201
        sent = {}
        for _ in range(FILES):
            content = b"PK\x03\x04" + os.urandom(200_000)
            made = http.post("/api/v1/media?community=anna&name=a.zip", content=content)
            assert made.status_code == 201, made.text
            sent[made.json()["id"]] = hashlib.sha256(content).hexdigest()
        return sent


def _moving(server: ServerProcess, to: str) -> "subprocess.Popen[bytes] | Forked":
    command = ["media", "move", "--community", "anna", "--to", to]
    with Path(os.devnull).open("wb") as nowhere:
        return begin(command, server._whole_environment(), server.data.parent, nowhere, nowhere)


def _near(server: ServerProcess) -> set[str]:
    return {path.name for path in (server.data / "media").rglob("*") if len(path.name) == 64}


def _look(server: ServerProcess, bearer: str, bucket: Bucket, sent: dict[str, str]) -> None:
    """Every file is whole in one of the two stores."""
    for key in sent.values():
        near = server.data / "media" / key[:2] / key
        content = near.read_bytes() if near.exists() else buckets.content(bucket, f"{key[:2]}/{key}")
        assert hashlib.sha256(content).hexdigest() == key
    with client(server, bearer) as http:
        assert all(http.get(f"/api/v1/media/{one}").json()["state"] == "ready" for one in sent)
