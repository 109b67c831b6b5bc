"""How many come in at once, and what those are told who do not: on both servers, and by the entrance itself."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
import websockets

from channel.app import drain
from channel.live import entrance as module
from channel.live.entrance import AT_ONCE, LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS, Busy, Entrance
from channel.live.hub import Hub
from channel.metrics import LoopLag
from channel.metrics import lag as lag_module
from tests.live.site import Site

MANY = 10 * AT_ONCE


@pytest.fixture
def way_in() -> Entrance:
    return Entrance(Hub(), LoopLag(), most_open=1_000_000)


# --- the line


async def test_no_turn_of_the_loop_lets_in_more_than_a_few(way_in: Entrance) -> None:
    """Whatever else has to be done meanwhile is done between them."""
    turn, begun = 0, Counter[int]()

    async def others() -> None:
        nonlocal turn
        while sum(begun.values()) < MANY:
            turn += 1
            await asyncio.sleep(0)

    async def enter() -> None:
        async with way_in:
            begun[turn] += 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(others())
        for _ in range(MANY):
            group.create_task(enter())
    assert max(begun.values()) <= AT_ONCE
    assert len(begun) >= MANY // AT_ONCE
    assert (way_in.waiting, way_in.at_work) == (0, 0)


async def test_no_more_are_at_work_than_there_may_be_and_all_have_their_turn(way_in: Entrance) -> None:
    most, done = 0, 0

    async def enter() -> None:
        nonlocal most, done
        async with way_in:
            most = max(most, way_in.at_work)
            await asyncio.sleep(0.001)
        done += 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(MANY):
            group.create_task(enter())
    assert (most, done) == (AT_ONCE, MANY)


async def test_who_stops_waiting_takes_no_turn_from_the_others(way_in: Entrance) -> None:
    opened = asyncio.Event()

    async def enter() -> None:
        async with way_in:
            await opened.wait()

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(enter()) for _ in range(3 * AT_ONCE)]
    while way_in.waiting < 2 * AT_ONCE:
        await asyncio.sleep(0)
    for task in tasks[AT_ONCE : 2 * AT_ONCE]:
        task.cancel()  # in the line
    opened.set()
    await asyncio.sleep(0)
    tasks[-1].cancel()  # about to be given its turn
    async with asyncio.timeout(10):
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for one in ended if isinstance(one, asyncio.CancelledError)] != []
    assert (way_in.waiting, way_in.at_work) == (0, 0)


# --- who is turned away


def why(way_in: Entrance) -> str:
    try:
        way_in.require_room()
    except Busy as busy:
        return busy.reason
    return ""


def refused(way_in: Entrance) -> dict[str, int]:
    return dict(way_in._hub.tallies.refused)


async def test_a_line_that_takes_too_long_is_full(way_in: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    held = asyncio.Event()

    async def enter() -> None:
        async with way_in:
            await held.wait()

    assert why(way_in) == ""
    tasks = [asyncio.get_running_loop().create_task(enter()) for _ in range(4 * AT_ONCE)]
    while way_in.waiting < 3 * AT_ONCE:
        await asyncio.sleep(0)
    assert why(way_in) == ""  # it has only begun: nobody knows yet how long it takes
    monkeypatch.setattr(module, "monotonic", lambda: time.monotonic() + module.SURE_AFTER_S)
    assert why(way_in) == "queue"  # and nobody has had a turn since
    monkeypatch.setattr(module, "PATIENCE_S", 1e9)
    monkeypatch.setattr(module, "MOST_WAITING", 3 * AT_ONCE)
    assert why(way_in) == "queue"
    assert refused(way_in) == {"queue": 2}
    held.set()
    await asyncio.gather(*tasks)
    assert why(way_in) == ""


async def test_how_long_a_line_takes_is_known_by_its_pace(
    way_in: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow() -> None:
        async with way_in:
            await asyncio.sleep(0.02)

    monkeypatch.setattr(module, "SURE_AFTER_S", 0.1)
    tasks = [asyncio.get_running_loop().create_task(slow()) for _ in range(20 * AT_ONCE)]
    await asyncio.sleep(0.2)
    each_s = way_in.wait_s() / way_in.waiting
    # AT_ONCE of them take 20 ms or a little more; not one takes that long.
    assert 0.02 / AT_ONCE <= each_s < 0.02
    monkeypatch.setattr(module, "PACE_OF_S", 0.05)
    await asyncio.gather(*tasks)
    assert way_in.wait_s() == 0.0


async def test_nobody_comes_into_a_loop_that_has_too_much_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 50.0
    monkeypatch.setattr(lag_module, "monotonic", lambda: now_s)
    lag = LoopLag()
    way_in = Entrance(Hub(), lag, most_open=10)
    lag.note(1.0, now_s)
    assert why(way_in) == ""
    now_s += 2.0
    lag.note(1.0, now_s)
    assert why(way_in) == "lag"
    lag.note(0.0, now_s)
    assert why(way_in) == ""


async def test_each_is_asked_to_come_back_at_another_moment() -> None:
    way_in = Entrance(Hub(), LoopLag(), most_open=0)

    def pauses() -> Iterator[Busy]:
        for _ in range(200):
            with pytest.raises(Busy) as busy:
                way_in.require_room()
            yield busy.value

    told = list(pauses())
    assert len({busy.retry_ms for busy in told}) > 100
    for busy in told:
        assert SHORTEST_PAUSE_MS <= busy.retry_ms <= LONGEST_PAUSE_MS
        assert busy.retry_ms <= busy.retry_after_s * 1000 < busy.retry_ms + 1000
    assert refused(way_in) == {"full": 200}


# --- on the wire


async def test_a_full_server_tells_new_listeners_when_to_come_back_and_serves_everything_else(
    site: Site,
) -> None:
    live = site.app.state.live
    async with site.follow() as inside, httpx2.AsyncClient() as http:
        await inside.subscribe(site.stream)
        live.entrance.most_open = 1
        base = f"http://127.0.0.1:{site.port}"
        code, reason = await turned_away(site)
        assert code == 1013
        assert re.fullmatch(r"busy, retry=\d{4,5}", reason)
        answer = await http.get(f"{base}/live/sse?stream={site.stream}")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 2
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.json()["code"], answer.json()["status"]) == ("unavailable", 503)
        assert (await http.get(f"{base}/@anna")).status_code == 200
        assert (await http.get(f"{base}/sign-in")).status_code == 200
        await site.post("still told")
        assert (await inside.next("event"))["data"]["post"]["text"] == "still told"
        assert live.hub.tallies.refused["full"] >= 2
        live.entrance.most_open = 2
        async with site.follow() as later:
            assert (await later.subscribe(site.stream))["type"] == "subscribed"


async def turned_away(site: Site) -> tuple[int, str]:
    url = f"ws://127.0.0.1:{site.port}/live"
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol("channel.v1")], proxy=None
    ) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_what_is_no_handshake_or_not_our_host_is_refused_as_ever_by_a_full_server(site: Site) -> None:
    site.app.state.live.entrance.most_open = 0
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}") as http:
        elsewhere = {"host": "evil.example", "sec-websocket-version": "13"}
        assert (await http.get("/live", headers=upgrade | elsewhere)).status_code == 400
        old = await http.get("/live", headers=upgrade | {"sec-websocket-version": "8"})
        assert old.status_code in (400, 426)


async def test_an_event_stream_says_how_long_to_wait_should_it_break(site: Site) -> None:
    first, last = "", ""
    waits = set()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}") as http:
        for _ in range(8):
            async with http.stream("GET", "/live/sse", params={"stream": site.stream}) as answer:
                async for line in answer.aiter_lines():
                    first = line
                    break
            hit = re.fullmatch(r"retry: (\d+)", first)
            assert hit, first
            assert 1_000 <= int(hit[1]) <= 5_000
            waits.add(hit[1])
        assert len(waits) > 1
        async with http.stream("GET", "/live/sse", params={"stream": site.stream}) as answer:
            draining = None
            async for line in answer.aiter_lines():
                last = f"{last}\n{line}"
                if '"subscribed"' in line and draining is None:
                    draining = asyncio.get_running_loop().create_task(drain(site.app))
            await asyncio.gather(*([draining] if draining else []))
    asked = re.search(
        r'\nretry: (\d+)\ndata: {"type":"close","code":1012,"reason":"restart, retry=(\d+)"}', last
    )
    assert asked, last
    assert asked[1] == asked[2]


async def test_a_storm_of_returning_clients_all_come_in(site: Site) -> None:
    """They stand in line; nobody is lost, and a post made meanwhile is heard by each."""
    storm = 3 * AT_ONCE
    welcomed = 0
    everybody_in, told = asyncio.Event(), asyncio.Event()

    async def come_back() -> None:
        nonlocal welcomed
        async with site.follow() as follower:
            await follower.subscribe(site.stream, after=0)
            welcomed += 1
            if welcomed == storm:
                everybody_in.set()
            await told.wait()
            assert (await follower.next("event"))["data"]["post"]["text"] == "during the storm"

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(storm):
            group.create_task(come_back())
        await site.post("during the storm")
        await everybody_in.wait()
        told.set()
