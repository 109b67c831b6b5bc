"""A bucket for tests: of a pretend S3 on loopback, or the one that CHANNEL_STORAGE and CHANNEL_S3_* name.

Each test has a folder of its own in it.
"""

import contextlib
import os
import secrets
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from channel.bucket import Bucket
from channel.media.presign import presigned
from channel.settings import load

PATIENT_S = 120  # it loads what it needs at the first request, on a busy machine slowly


@cache
def bucket() -> Bucket:
    """Started once, for as long as the tests run."""
    given = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("CHANNEL_STORAGE", "CHANNEL_S3"))
    }
    if given:
        named = load(given).bucket
        assert named is not None
        return named
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Bucket("channel-media", "", f"http://{host}:{port}", "us-east-1", "key", "secret")
    create(made)
    return made


def create(made: Bucket) -> None:
    """What an operator does once."""
    urllib.request.urlopen(urllib.request.Request(made.address, method="PUT"), timeout=PATIENT_S).close()


def fresh() -> Bucket:
    """A folder of the bucket in which nothing is yet."""
    return replace(bucket(), folder=f"t{secrets.token_hex(6)}")


def content(made: Bucket, path: str) -> bytes:
    """What lies there, read by an address as browsers get it."""
    whole = f"{made.folder}/{path}" if made.folder else path
    with urllib.request.urlopen(
        presigned(made, whole, {}, time.time_ns() // 1_000_000), timeout=PATIENT_S
    ) as answer:
        return bytes(answer.read())


@contextlib.contextmanager
def pretend(port: int = 0) -> Iterator[Bucket]:
    """An S3 of one's own, that may go away: empty, on a port that one may choose."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, given = server.get_host_and_port()
        made = Bucket("channel-away", "", f"http://{host}:{given}", "us-east-1", "key", "secret")
        create(made)
        yield made
    finally:
        server.stop()
