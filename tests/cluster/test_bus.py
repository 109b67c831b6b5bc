"""The bus over NATS by itself: what it carries, what it shrugs off, and how it lives without NATS."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
import pytest

from channel.bus import nats as bus
from channel.bus.nats import MAX_BYTES, MAX_HINTS, MAX_PENDING, MAX_UNSENT_BYTES, NatsBus
from tests.cluster.nats import TOKEN, Nats

WAIT_S = 20.0
GARBAGE: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]garbage", b"\xff\xfe", b"[[1,2]]", b'[["room:x"]]', b'[["room:x",-1]]', b'[["room:x",1.5]]',
    b'[["room:x",99999999999999999999]]', b'{"topic":"x"}', b'{"topic":1,"data":{}}', b'{"topic":"x","data":[]}',
    b"[" * 100_000, b'{"topic":"x","data":' + b'{"a":' * 100_000, b'[["' + b"x" * 200_000 + b'",1]]',
    msgspec.json.encode([["room:x", 1]] * (MAX_HINTS + 1)),
)  # fmt: skip


class Node:
    """A bus and what was heard on it."""

    def __init__(self, servers: str, scope: str = "test") -> None:
        self.bus = NatsBus(servers, scope)
        self.hints: list[tuple[str, int]] = []
        self.notes: list[tuple[str, Mapping[str, object]]] = []
        self.bus.listen(
            lambda stream, seq: self.hints.append((stream, seq)),
            lambda topic, data: self.notes.append((topic, data)),
        )


@contextlib.asynccontextmanager
async def on_the_bus(*nodes: Node, connected: bool = True) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(node.bus.run()) for node in nodes]
    try:
        if connected:
            await until(lambda: all(node.bus.connected for node in nodes))
        yield
        assert not any(task.done() for task in tasks), "the bus gave up"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until(state: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not state():
            await asyncio.sleep(0.01)


async def test_what_one_says_all_hear_once(nats: Nats) -> None:
    a, b = Node(nats.url), Node(nats.url)
    async with on_the_bus(a, b):
        a.bus.hint("room:1", 7)
        a.bus.note("typing", {"stream": "room:1", "account_id": "x"})
        b.bus.hint("room:2", 1)
        await until(lambda: len(a.hints) == 2 and len(b.hints) == 2 and b.notes)
    assert a.hints == [("room:1", 7), ("room:2", 1)]
    assert sorted(b.hints) == [("room:1", 7), ("room:2", 1)]
    assert a.notes == b.notes == [("typing", {"stream": "room:1", "account_id": "x"})]


async def test_a_burst_goes_together_the_newest_of_each_stream_in_the_order_of_the_newest(nats: Nats) -> None:
    a, b = Node(nats.url), Node(nats.url)
    async with on_the_bus(a, b):
        a.bus.hint("room:1", 1)
        a.bus.hint("account:x", 5)
        for seq in range(2, 1_000):
            a.bus.hint("room:1", seq)
        await until(lambda: b.hints)
        await asyncio.sleep(0.1)
    assert b.hints == [("account:x", 5), ("room:1", 999)]


async def test_many_streams_arrive_whole(nats: Nats) -> None:
    a, b = Node(nats.url), Node(nats.url)
    wanted = [(f"room:{number}", number) for number in range(3 * MAX_HINTS + 1)]
    async with on_the_bus(a, b):
        for stream, seq in wanted:
            a.bus.hint(stream, seq)
        await until(lambda: len(b.hints) == len(wanted))
    assert b.hints == wanted


async def test_installations_on_one_nats_do_not_hear_each_other(nats: Nats) -> None:
    a, b, other = Node(nats.url), Node(nats.url), Node(nats.url, "another")
    async with on_the_bus(a, b, other):
        a.bus.hint("room:1", 1)
        a.bus.note("typing", {})
        await until(lambda: b.hints and b.notes)
    assert (other.hints, other.notes) == ([], [])


async def test_garbage_is_counted_and_changes_nothing(nats: Nats, caplog: pytest.LogCaptureFixture) -> None:
    node = Node(nats.url)
    async with on_the_bus(node):
        stranger = await nats.client()
        for data in GARBAGE:
            await stranger.publish("channel.test.hints", data)
            await stranger.publish("channel.test.notes", data)
        await stranger.publish("channel.test.hints", b'[["room:1",1]]')
        await stranger.publish("channel.test.notes", b'{"topic":"x","data":{"a":null},"newer":1}')
        await until(lambda: node.hints and node.notes)
        await stranger.close()
    assert node.hints == [("room:1", 1)]
    assert node.notes == [("x", {"a": None})]
    assert node.bus.malformed == 2 * len(GARBAGE)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("quick_return")
async def test_it_lives_without_nats_and_says_so_once(nats: Nats, caplog: pytest.LogCaptureFixture) -> None:
    nats.kill()
    a, b = Node(nats.url), Node(nats.url)
    async with on_the_bus(a, b, connected=False):
        a.bus.hint("room:1", 1)
        a.bus.note("typing", {})
        await until(lambda: len(caplog.records) == 2)
        await asyncio.sleep(1)  # several more tries, of which nothing is said
        assert [record.message[:13] for record in caplog.records] == ["NATS is away "] * 2
        await nats.start()
        await until(lambda: a.bus.connected and b.bus.connected)
        a.bus.hint("room:1", 2)
        await until(lambda: b.hints)
        nats.kill()
        await until(lambda: not a.bus.connected and not b.bus.connected)
        a.bus.hint("room:1", 3)
        await until(lambda: len(caplog.records) == 6)
    assert a.hints == [("room:1", 1), ("room:1", 2), ("room:1", 3)]
    assert b.hints == [("room:1", 2)], "what was said before is not told later: the poll has brought it"
    assert [record.message[:12] for record in caplog.records].count("NATS is back") == 2
    assert TOKEN not in caplog.text


async def test_a_wrong_token_is_told_without_showing_it(nats: Nats, caplog: pytest.LogCaptureFixture) -> None:
    node = Node(nats.url.replace(TOKEN, "a-wrong-secret"))
    async with on_the_bus(node, connected=False):
        await until(lambda: caplog.records)
    assert "Authorization" in caplog.text
    assert "a-wrong-secret" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.usefixtures("quick_return")
async def test_a_nats_that_hangs_holds_up_nobody_and_nothing_piles_up(
    nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PING_S", 1.5)
    a, b = Node(nats.url), Node(nats.url)
    async with on_the_bus(a, b):
        nats.hold()
        try:
            streams, rounds, most = 2 * MAX_PENDING, 0, 0
            while a.bus.connected and rounds < 20:
                for number in range(streams):
                    a.bus.hint(f"room:{rounds}:{number:0>80}", number)
                assert len(a.bus._hints) <= MAX_PENDING
                rounds += 1
                await asyncio.sleep(0.01)
                most = max(most, a.bus.unsent_bytes)
            assert len(a.hints) == rounds * streams
            said = rounds * MAX_PENDING * 80
            assert said > 4 * MAX_UNSENT_BYTES, "there was something to pile up"
            assert most <= MAX_UNSENT_BYTES + MAX_BYTES
            await until(lambda: not a.bus.connected)
        finally:
            nats.go_on()
        await until(lambda: a.bus.connected and b.bus.connected)
        a.bus.hint("room:after", 1)
        await until(lambda: ("room:after", 1) in b.hints)
