"""T28: WebSocket clients that mean harm are told so and cut, in bounded memory; who listens beside them notices nothing."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.members import frames, masked, upgrade
from tests.faults.process import ServerProcess
from tests.faults.site import Site, founded
from tests.faults.test_disk_full import heard, listening

CUT_WITHIN_S = 30.0
HEARD_WITHIN_S = 10.0
FREED_WITHIN_S = 60.0
LISTEN_EVERY_S = 0.3  # sixty posts an hour are allowed
CHUNK_BYTES = 262_144
MEMORY_KB = 64 * 1024
MEMORY_EACH_KB = 128
SPARE = 15  # connections of those who mean no harm
OF_ONE_USER, ALLOWED_OF_ONE_USER = 200, 10
CONTINUATION, TEXT, BINARY, CLOSE, PING = 0x0, 0x1, 0x2, 0x8, 0x9
RESET = 0  # the kernel hung up before the code was read, because more was on its way than we wanted

pytestmark = pytest.mark.faults


def subscribe(stream: str, message_id: int) -> bytes:
    return json.dumps({"type": "subscribe", "id": message_id, "streams": [{"stream": stream}]}).encode()


def unfinished(opcode: int, payload: bytes = b"") -> bytes:
    """A fragment that is not the last."""
    frame = masked(opcode, payload)
    return bytes((frame[0] & 0x7F,)) + frame[1:]


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent `times` times after the handshake, and how it may end."""

    first: bytes
    again: bytes
    times: int
    codes: frozenset[int]


def attacks(stream: str) -> dict[str, Attack]:
    flooded, too_big = frozenset({4029, RESET}), frozenset({1009, RESET})
    nowhere = "room:00000000-0000-7000-8000-000000000000"
    many_at_once = {"type": "subscribe", "id": 1, "streams": [{"stream": nowhere}] * 200}
    return {
        "a message of 16 MB": Attack(b"\x81\xff" + (16 << 20).to_bytes(8, "big") + bytes(4), bytes(CHUNK_BYTES), 64, too_big),
        "a message of 2^62 bytes": Attack(b"\x81\xff" + (1 << 62).to_bytes(8, "big") + bytes(4), b"", 0, frozenset({1009})),
        "a million empty fragments": Attack(unfinished(TEXT), unfinished(CONTINUATION) * 10_000, 100, too_big),
        "fragments of 16 MB together": Attack(unfinished(TEXT), unfinished(CONTINUATION, b"x" * 60_000), 300, too_big),
        "pings without end": Attack(b"", masked(PING, b"p" * 125) * 1000, 100, flooded),
        "a thousand subscribes": Attack(b"", b"".join(masked(TEXT, subscribe(stream, n)) for n in range(1000)), 100, flooded),
        "subscribes to what is not there": Attack(b"", masked(TEXT, json.dumps(many_at_once).encode()) * 50, 100, flooded),
        "JSON without a bottom": Attack(masked(TEXT, b"[" * 60_000), b"", 0, frozenset({4009})),
        "no JSON": Attack(masked(TEXT, b"hello"), b"", 0, frozenset({4009})),
        "numbers beyond all bounds": Attack(
            masked(TEXT, b'{"type":"read","stream":"%s","seq":%s}' % (stream.encode(), b"9" * 5000)), b"", 0, frozenset({4009})
        ),
        "binary": Attack(masked(BINARY, b"x"), b"", 0, frozenset({4009})),
        "a compressed message": Attack(b"\xc1" + masked(TEXT, b"x" * 100)[1:], b"", 0, frozenset({1002})),
        "half a character": Attack(masked(TEXT, b"\xe2\x82"), b"", 0, frozenset({1007})),
        "no mask": Attack(b"\x81\x02hi", b"", 0, frozenset({1002})),
    }  # fmt: skip


async def _last_words(reader: asyncio.StreamReader, opened: asyncio.Event) -> int:
    """Read to the close frame and return its code; RESET where there is none. `opened` is set after the handshake."""
    heard, greeted = bytearray(), False
    try:
        while data := await reader.read(CHUNK_BYTES):
            heard += data
            if not greeted:
                head, found, rest = heard.partition(b"\r\n\r\n")
                greeted = bool(found)
                if not greeted:
                    continue
                assert head.startswith(b"HTTP/1.1 101"), head
                heard = rest
                opened.set()
            for opcode, payload in frames(heard):
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
    except ConnectionError:
        pass
    return RESET


async def ended(port: int, token: str, attack: Attack) -> int | None:
    """The code with which one attacker was cut; None when it was not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    opened = asyncio.Event()
    reading = asyncio.create_task(_last_words(reader, opened))
    try:
        async with asyncio.timeout(CUT_WITHIN_S):
            with contextlib.suppress(ConnectionError):
                writer.write(upgrade(port, token))
                await opened.wait()  # more than a little together with the handshake is not even answered
                writer.write(attack.first)
                for _ in range(attack.times):
                    writer.write(attack.again)
                    await writer.drain()
            return await reading
    except TimeoutError:
        return None
    finally:
        reading.cancel()
        writer.transport.abort()


class Undisturbed:
    """Somebody who listens while posts are made. `most_kb` is what the server held meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.posts = 0
        self.most_kb = 0

    async def hears(self, posts: int) -> None:
        async with asyncio.timeout(HEARD_WITHIN_S):
            while self.posts < posts:
                await asyncio.sleep(LISTEN_EVERY_S)

    async def run(self) -> None:
        site = self._site
        async with listening(site, await site.follow("Undisturbed")) as open_socket:
            while True:
                async with asyncio.timeout(HEARD_WITHIN_S):
                    body = {"text": f"Post {self.posts}"}
                    made = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json=body)
                    assert made.status_code == 201, made.text
                    await heard(open_socket, made.json()["id"])
                self.posts += 1
                self.most_kb = max(self.most_kb, site.server.memory_kb())
                await asyncio.sleep(LISTEN_EVERY_S)


@asynccontextmanager
async def besieged(folder: Path, scale: str, most_kb: int) -> AsyncIterator[Site]:
    """A site with somebody undisturbed, who is still there and well in the end, as is the server."""
    with ServerProcess(folder) as server:
        server.environment["CHANNEL_LIMIT_SCALE"] = scale
        server.anew = True  # its memory is measured
        async with founded(server) as site:
            files, before_kb = server.files(), server.memory_kb()
            somebody = Undisturbed(site)
            living = asyncio.create_task(somebody.run())
            await somebody.hears(1)
            yield site
            await somebody.hears(somebody.posts + 2)
            assert not living.done(), living.exception()
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            assert somebody.most_kb - before_kb < most_kb, f"{somebody.most_kb - before_kb} KB more"
            deadline_s = time.monotonic() + FREED_WITHIN_S
            while server.files() > files + SPARE and time.monotonic() < deadline_s:
                await asyncio.sleep(0.1)
            assert server.files() <= files + SPARE
        assert await asyncio.to_thread(server.stop) == 0
        assert "Traceback" not in server.said(), server.said()[-4000:]


@pytest.mark.parametrize(
    "each", [pytest.param(3, id="short"), pytest.param(20, id="full", marks=pytest.mark.full)]
)
async def test_hostile_clients_are_told_so_and_cut(tmp_path: Path, each: int) -> None:
    async with besieged(tmp_path, "20", MEMORY_KB + each * 14 * MEMORY_EACH_KB) as site:
        token, tried = await site.follow("Attacker"), attacks(site.stream)
        names = [name for name in tried for _ in range(each)]
        codes = await asyncio.gather(*(ended(site.server.port, token, tried[name]) for name in names))
        wrong = Counter(
            (name, code) for name, code in zip(names, codes, strict=True) if code not in tried[name].codes
        )
        assert wrong == {}


async def test_one_user_holds_no_more_than_a_few_connections(tmp_path: Path) -> None:
    """With the limits as they are: ten of an account, and no more than two new ones a second from one network."""
    async with besieged(tmp_path, "1", MEMORY_KB + OF_ONE_USER * MEMORY_EACH_KB) as site:
        token = await site.follow("Everywhere")
        opened = [await asyncio.open_connection("127.0.0.1", site.server.port) for _ in range(OF_ONE_USER)]
        reading = [asyncio.create_task(_last_words(reader, asyncio.Event())) for reader, _ in opened]
        for _, writer in opened:
            writer.write(upgrade(site.server.port, token))
        refused, held = await asyncio.wait(reading, timeout=3.0)
        assert {one.result() for one in refused} == {4029}
        assert len(held) == ALLOWED_OF_ONE_USER
        for one in held:
            one.cancel()
        for _, writer in opened:
            writer.transport.abort()
        await asyncio.gather(*held, return_exceptions=True)
