"""What became of connections is counted, each thing once, and written down a line for each class, not for each one."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest
import websockets

from channel.live import door, hub
from channel.live.door import SOCKETS_PER_ACCOUNT
from channel.live.tallies import Tallies
from channel.logs import JsonLines, TextLines
from channel.settings import Settings
from tests.live.site import Site, running
from tests.live.test_live import _deaf_client

WAIT_S = 10


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.01)


async def test_connections_are_counted_by_how_they_listen(site: Site) -> None:
    tallies = site.app.state.live.hub.tallies
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}") as http:
        async with site.follow(), site.follow():
            async with http.stream("GET", "/live/sse", params={"stream": site.stream}):
                await until(lambda: (tallies.open["ws"], tallies.open["sse"]) == (2, 1))
            await until(lambda: tallies.open["sse"] == 0)
        await until(lambda: tallies.open["ws"] == 0)
    assert sum(tallies.closes.values()) == 3


async def test_frames_and_bytes_are_counted_as_they_go_out(site: Site) -> None:
    live = site.app.state.live
    async with site.follow() as one, site.follow() as two:
        await one.subscribe(site.stream)
        await two.subscribe(site.stream)
        before, sent = live.hub.fanout.events, live.hub.fanout.bytes + live.hub.tallies.sent_bytes
        for number in range(5):
            await site.post(f"{number} " + 1000 * "x")
        for reader in (one, two):
            for _ in range(5):
                await reader.next("event")
        assert live.hub.fanout.events - before == 10
        assert live.hub.fanout.bytes + live.hub.tallies.sent_bytes - sent > 10 * 1000
        assert live.hub.tallies.sent_frames >= 4  # two welcomes, two answers
        await until(lambda: live.hub.fanout.seconds.count >= 1)
        assert live.hub.groups() == 1


async def test_how_a_subscription_began_is_told_apart(site: Site) -> None:
    resumes = site.app.state.live.hub.tallies.resumes
    for number in range(3):
        await site.post(str(number))
    async with site.follow() as reader:
        await reader.subscribe(site.stream)
        await reader.subscribe(site.stream, after=3)
        await reader.subscribe(site.stream, after=99)
        await reader.subscribe(site.stream, after=1)
        await reader.next("event")
        assert resumes == {"new": 1, "current": 1, "reset": 1, "log": 1}
        newest = await site.post("3")
        while (await reader.next("event"))["seq"] < newest.seq:
            pass
        async with site.follow() as another:
            await another.subscribe(site.stream, after=3)
            await another.next("event")
    assert resumes["memory"] == 1


async def test_endings_are_counted_by_their_code(site: Site) -> None:
    tallies = site.app.state.live.hub.tallies
    async with site.follow() as rude:
        await rude.socket.send("this is no message")
        assert await rude.closed_with() == 4009
    await until(lambda: tallies.closes["4009"] == 1)
    assert sum(tallies.closes.values()) == 1


async def test_limits_that_refuse_are_told_apart(
    settings: Settings, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(settings, url="http://127.0.0.1:8000", limit_scale=1)
    async with running(strict, server) as site:
        refused = site.app.state.live.hub.tallies.refused
        token = await site.token(await site.member("Bob"))
        url = {"Authorization": f"Bearer {token}"}
        async with asyncio.TaskGroup() as group, asyncio.timeout(WAIT_S):
            enough = asyncio.Event()

            async def stay() -> None:
                async with site.follow(**url):
                    await enough.wait()

            for _ in range(SOCKETS_PER_ACCOUNT):
                group.create_task(stay())
            await until(lambda: len(site.app.state.live.hub.followers) == SOCKETS_PER_ACCOUNT)
            assert await _refused_with(site, **url) == 4029
            monkeypatch.setattr(door, "SOCKETS_PER_NETWORK", 1)
            assert await _refused_with(site) == 4029
            enough.set()
        assert refused == {"account": 1, "network": 1}


async def _refused_with(site: Site, **headers: str) -> int:
    """The code that a connection is closed with before it was welcomed."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with site.follow(**headers):
            raise AssertionError("it was let in")
    return closed.value.rcvd.code if closed.value.rcvd else 0


async def test_who_takes_nothing_is_cut_for_that_reason(
    site: Site, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "STALL_S", 0)
    tallies = site.app.state.live.hub.tallies
    async with site.follow() as healthy:
        with await _deaf_client(site):
            await healthy.subscribe(site.stream)
            for number in range(300):
                await site.post(f"{number} " + 9_900 * "€")
                await healthy.next("event")
                if tallies.cuts:
                    break
            await until(lambda: tallies.cuts["stalled"] == 1)
    assert sum(tallies.cuts.values()) == 1
    assert tallies.closes["4008"] == 1


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "channel.live"
    ]


def test_a_thousand_cuts_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tallies = Tallies()
    for _ in range(1000):
        tallies.cut("stalled", "room:1")
        tallies.refused["queue"] += 1
        tallies.closes["1012"] += 1  # nothing wrong with those
        tallies.resumed("memory", "room:1")
    tallies.resumed("reset", "room:2")
    tallies.closes["4009"] += 1
    tallies.tell()
    told = [
        {key: line[key] for key in line if key not in ("at", "level", "name", "text")}
        for line in lines(caplog)
    ]
    assert told == [
        {"event": "live.cut", "reason": "stalled", "count": 1000, "code": 4008, "stream": "room:1"},
        {"event": "live.refused", "reason": "queue", "count": 1000},
        {"event": "live.closed", "reason": "4009", "count": 1, "code": 4009},
        {"event": "live.resume", "reason": "reset", "count": 1, "stream": "room:2"},
    ]
    caplog.clear()
    tallies.tell()
    assert lines(caplog) == []
    tallies.cut("stalled", "room:3")
    tallies.tell()
    [again] = lines(caplog)
    assert (again["count"], again["stream"]) == (1, "room:3")
    assert (
        TextLines().format(caplog.records[0]).endswith("live cut: took nothing for too long, 1 time (room:3)")
    )
