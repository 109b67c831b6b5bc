"""The live protocol as the public contract tells it."""

import asyncio
import json
import socket

import httpx2
import pytest
import websockets
from sqlalchemy import update

from channel.accounts import sessions
from channel.live import history
from channel.members import actions as member_actions
from channel.members import governing
from channel.members.joining import leave
from channel.storage.tables import instance
from tests.live.site import Site


async def test_a_follower_hears_a_post_the_moment_it_is_published(site: Site) -> None:
    async with site.follow(await site.member("Bob")) as bob:
        told = await bob.subscribe(site.stream)
        assert told["streams"][0]["head"] == 0
        post = await site.post("Hello **all**")
        frame = await bob.next("event")
        assert (frame["kind"], frame["seq"]) == ("post.published", post.seq)
        assert frame["data"]["post"]["text"] == "Hello **all**"
        assert frame["data"]["post"]["locked"] is False


async def test_without_signing_in_public_rooms_are_heard(site: Site) -> None:
    async with site.follow() as anybody:
        await anybody.subscribe(site.stream)
        await site.post("for all")
        await site.post("for members", min_rank=0)
        assert (await anybody.next("event"))["data"]["post"]["text"] == "for all"
        locked = (await anybody.next("event"))["data"]["post"]
        assert locked["locked"] is True
        assert "text" not in locked


async def test_what_one_may_not_read_comes_locked_under_the_same_seq(site: Site) -> None:
    bob, gold = await site.member("Bob"), await site.member("Gold", gold=True)
    async with site.follow(bob) as low, site.follow(gold) as high:
        await low.subscribe(site.stream)
        await high.subscribe(site.stream)
        await site.post("CANARY-1234", min_rank=10, teaser="A secret")
        seen_low, seen_high = await low.next("event"), await high.next("event")
        assert seen_low["seq"] == seen_high["seq"]
        assert "CANARY" in json.dumps(seen_high)
        assert "CANARY" not in json.dumps(seen_low)
        assert seen_low["data"]["post"]["tier"]["name"] == "Gold"


async def test_resuming_brings_what_was_missed_once_and_in_order(site: Site) -> None:
    for number in range(5):
        await site.post(f"post {number}")
    async with site.follow() as reader:
        told = await reader.subscribe(site.stream, after=2)
        assert (told["streams"][0]["gap"], told["streams"][0]["reset"]) == (None, False)
        await site.post("newest")
        assert [(await reader.next("event"))["seq"] for _ in range(4)] == [3, 4, 5, 6]


async def test_publishing_exactly_between_history_and_subscription_is_seen_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.post("before")
    real_tell = history.tell
    moments = 0

    async def publishing_tell(tx, stream, logged):  # type: ignore[no-untyped-def]
        nonlocal moments
        moments += 1
        asyncio.get_running_loop().create_task(site.post(f"between {moments}"))
        await asyncio.sleep(0.05)
        return await real_tell(tx, stream, logged)

    monkeypatch.setattr(history, "tell", publishing_tell)
    for _ in range(20):
        async with site.follow() as reader:
            told = await reader.subscribe(site.stream, after=0)
            expected = told["streams"][0]["head"] + 1
            seqs = [(await reader.next("event"))["seq"] for _ in range(expected)]
            assert seqs == list(range(1, expected + 1))
    assert moments >= 1


async def test_a_cursor_from_another_epoch_or_ahead_is_reset(site: Site) -> None:
    await site.post("one")
    async with site.follow() as reader:
        assert (await reader.subscribe(site.stream, after=99))["streams"][0]["reset"] is True
        assert (await reader.subscribe(site.stream, after=1, epoch="other"))["streams"][0]["reset"] is True
        epoch = (await reader.subscribe(site.stream, after=1))["streams"][0]["epoch"]
        assert (await reader.subscribe(site.stream, after=1, epoch=epoch))["streams"][0]["reset"] is False
    async with site.db.write() as tx:
        await tx.run(update(instance).values(epoch=f"{epoch}restored"))
    site.db.epoch.learn(f"{epoch}restored")
    async with site.follow() as reader:
        assert (await reader.subscribe(site.stream, after=1, epoch=epoch))["streams"][0]["reset"] is True


async def test_too_far_behind_is_told_as_a_gap(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from channel.live import joining

    monkeypatch.setattr(joining, "RESUME_LIMIT", 3)
    for number in range(6):
        await site.post(f"post {number}")
    async with site.follow() as reader:
        told = await reader.subscribe(site.stream, after=1)
        assert told["streams"][0]["gap"] == {"from": 2, "to": 3}
        assert [(await reader.next("event"))["seq"] for _ in range(3)] == [4, 5, 6]


async def test_a_given_tier_opens_what_comes_from_then_on(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.follow(bob) as live:
        await live.subscribe(site.stream)
        await site.post("first", min_rank=10)
        assert (await live.next("event"))["data"]["post"]["locked"] is True
        await site.give(bob, site.gold.id)
        told = await live.next("access")
        assert (told["community"], told["rank"], told["role"]) == ("anna", 10, "member")
        await site.post("second", min_rank=10)
        assert (await live.next("event"))["data"]["post"]["text"] == "second"


async def test_a_lost_tier_locks_what_comes_from_then_on(site: Site) -> None:
    gold = await site.member("Gold", gold=True)
    free = (await _tiers(site))[0]
    async with site.follow(gold) as live:
        await live.subscribe(site.stream)
        await site.give(gold, free)
        await site.post("CANARY-9", min_rank=10)
        assert (await live.next("event"))["data"]["post"]["locked"] is True


async def _tiers(site: Site) -> list[str]:
    from channel import tiers

    async with site.db.read() as tx:
        return [tier.id for tier in await tiers.of_community(tx, site.community.id)]


async def test_a_banned_follower_is_told_and_closed(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.follow(bob) as live:
        await live.subscribe(site.stream)
        await site.act(member_actions.ban, bob.id, reason="spam")
        assert (await live.next("access"))["role"] is None
        assert (await live.next("error"))["code"] == "forbidden"
        assert await live.closed_with() == 4004
    async with site.follow(bob) as again:
        assert (await again.subscribe(site.stream))["code"] == "forbidden"


async def test_a_room_that_rises_above_ones_rank_falls_silent(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.follow(bob) as live, site.follow() as outsider:
        await live.subscribe(site.stream)
        await outsider.subscribe(site.stream)
        async with site.db.write() as tx:
            by = await _owner(site, tx)
            await governing.edit_room(tx, by, site.community, site.room, min_rank=10)
        assert (await live.next("error"))["stream"] == site.stream
        assert (await outsider.next("error"))["stream"] == site.stream
        await site.post("CANARY-77")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await live.next("event")


async def _owner(site: Site, tx):  # type: ignore[no-untyped-def]
    from channel import members

    return await members.entitlement(tx, site.community, site.creator.id)


async def test_leaving_a_private_community_ends_the_stream(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.db.write() as tx:
        await governing.edit_community(tx, await _owner(site, tx), site.community, visibility="private")
    async with site.follow(bob) as live:
        await live.subscribe(site.stream)
        async with site.db.write() as tx:
            await leave(tx, bob.id, site.community)
        assert (await live.next("error"))["code"] == "forbidden"
    async with site.follow() as outsider:
        assert (await outsider.subscribe(site.stream))["code"] == "not_found"


async def test_signing_out_closes_the_sockets_of_that_session_only(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.db.write() as tx:
        first, first_secret = await sessions.open_session(tx, bob.id, device="a", how="link")
        _, second_secret = await sessions.open_session(tx, bob.id, device="b", how="link")
    ours = {"Origin": "http://127.0.0.1:8000"}
    async with (
        site.follow(Cookie=f"channel={first_secret}", **ours) as one,
        site.follow(Cookie=f"channel={second_secret}", **ours) as two,
    ):
        async with site.db.write() as tx:
            await sessions.end_session(tx, bob.id, first)
        assert await one.closed_with() == 4001
        await two.say(type="ping", id=7)
        assert (await two.next())["id"] == 7


async def test_a_foreign_page_gets_no_socket(site: Site) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with site.follow(Origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_a_cookie_without_an_origin_counts_for_nobody(site: Site) -> None:
    bob = await site.member("Bob", gold=True)
    async with site.db.write() as tx:
        _, secret = await sessions.open_session(tx, bob.id, device="a", how="link")
    url = f"ws://127.0.0.1:{site.port}/live"
    async with websockets.connect(
        url, additional_headers={"Cookie": f"channel={secret}"}, proxy=None
    ) as socket:
        assert json.loads(await socket.recv())["account"] is None


@pytest.mark.parametrize(
    "text", ["nonsense", "{}", '{"type":"fly"}', "[" * 5000, '{"type":"ping","id":1,"more":2}']
)
async def test_what_is_no_message_closes_with_4009(site: Site, text: str) -> None:
    async with site.follow() as live:
        await live.socket.send(text)
        assert await live.closed_with() == 4009


async def test_other_peoples_streams_and_unknown_ones_are_refused(site: Site) -> None:
    bob, eve = await site.member("Bob"), await site.member("Eve")
    async with site.follow(eve) as live:
        assert (await live.subscribe(f"account:{bob.id}"))["code"] == "not_found"
        assert (await live.subscribe("room:0190a0a0-0000-7000-8000-000000000000"))["code"] == "not_found"
        assert (await live.subscribe("nonsense"))["code"] == "invalid"
        assert (await live.subscribe("me"))["type"] == "subscribed"


async def test_edits_deletes_and_pins_are_told(site: Site) -> None:
    from channel import posts
    from channel.posts import Draft, pins

    async with site.follow() as live:
        await live.subscribe(site.stream)
        post = await site.post("frist")
        async with site.db.write() as tx:
            by = await _owner(site, tx)
            post = await posts.edit(tx, by, post, await posts.prepare(Draft.parse("first"), rooms={}))
            post = await pins.pin(tx, by, post, 1)
            await posts.delete(tx, by, post)
        kinds = [(await live.next("event"))["kind"] for _ in range(4)]
        assert (
            kinds == ["post.published", "post.edited", "post.pinned", "post.deleted"]
            or kinds[-1] == "post.deleted"
        )


async def test_the_html_form_brings_the_pages_own_fragment(site: Site) -> None:
    async with site.follow() as live:
        await live.subscribe(site.stream, form="html")
        post = await site.post("Hello *you*")
        data = (await live.next("event"))["data"]
        assert (data["id"], data["rev"]) == (post.id, 1)
        assert "<em>you</em>" in data["html"]


async def test_reading_moves_the_position_and_counts_a_view_live(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.follow(bob) as phone, site.follow(bob) as desk:
        await desk.subscribe(site.stream)
        post = await site.post("read me")
        await phone.say(type="read", stream=site.stream, seq=post.seq)
        assert (await desk.next("read"))["seq"] == post.seq
        assert (await desk.next("counts"))["posts"][post.id]["views"] == 1


async def test_sse_tells_the_same_and_resumes_by_last_event_id(site: Site) -> None:
    for number in range(3):
        await site.post(f"post {number}")
    url = f"http://127.0.0.1:{site.port}/live/sse?stream={site.stream}"
    async with httpx2.AsyncClient(timeout=10) as client:
        first = await _sse(client, f"{url}&after=0", {}, 3)
        assert [event["seq"] for _, event in first] == [1, 2, 3]
        again = await _sse(client, url, {"Last-Event-ID": first[0][0]}, 2)
        assert [event["seq"] for _, event in again] == [2, 3]
        stale = await client.get(f"{url}&after=x")
        assert stale.status_code == 422


async def _sse(
    client: httpx2.AsyncClient, url: str, headers: dict[str, str], count: int
) -> list[tuple[str, dict]]:  # type: ignore[type-arg]
    events: list[tuple[str, dict]] = []  # type: ignore[type-arg]
    async with client.stream("GET", url, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        identity = ""
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                identity = line[4:]
            if line.startswith("data: "):
                frame = json.loads(line[6:])
                if frame["type"] == "event":
                    events.append((identity, frame))
            if len(events) == count:
                return events
    return events


async def test_a_reader_that_stops_is_cut_and_delays_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channel.live import hub

    monkeypatch.setattr(hub, "MAX_BEHIND_BYTES", 50_000)
    async with site.follow() as healthy:
        with await _deaf_client(site):
            await healthy.subscribe(site.stream)
            for number in range(150):  # 60 kB each: more than the kernel's buffers hold
                await site.post(f"{number} " + "€" * 9_900)
                assert (await healthy.next("event"))["seq"] == number + 1
            async with asyncio.timeout(15):
                while len(site.app.state.live.hub.followers) > 1:
                    await asyncio.sleep(0.05)


async def _deaf_client(site: Site) -> socket.socket:
    """A WebSocket client that subscribes and then never reads again."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", site.port))
    upgrade = (
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await loop.sock_sendall(client, upgrade.encode())
    while len(site.app.state.live.hub.followers) < 2:
        await asyncio.sleep(0.01)
    message = json.dumps({"type": "subscribe", "streams": [{"stream": site.stream}]}).encode()
    await loop.sock_sendall(
        client, bytes((0x81, 0x80 | len(message))) + bytes(4) + message
    )  # masked with zeros
    while site.stream not in site.app.state.live.hub.streams:
        await asyncio.sleep(0.01)
    return client


async def test_a_restart_is_announced_with_1012(site: Site) -> None:
    from channel.app import drain

    async with site.follow() as live:
        asyncio.get_running_loop().create_task(drain(site.app))
        assert await live.closed_with() == 1012


async def test_a_ban_in_one_community_sends_the_socket_back_for_the_others(site: Site) -> None:
    from channel import members, rooms

    bob = await site.member("Bob")
    async with site.db.write() as tx:
        other = await members.found(tx, site.creator, handle="other", name="Other")
        elsewhere = (await rooms.of_community(tx, other.id))[0]
    async with site.follow(bob) as live:
        await live.subscribe(site.stream, f"room:{elsewhere.id}", "me")
        await site.act(member_actions.ban, bob.id)
        assert await live.closed_with() == 4003
    async with site.follow(bob) as live:
        await live.subscribe("me")
        assert (await live.subscribe(f"room:{elsewhere.id}"))["type"] == "subscribed"


async def test_sse_says_in_its_status_what_may_not_be_heard(site: Site) -> None:
    url = f"http://127.0.0.1:{site.port}/live/sse?stream="
    async with site.db.write() as tx:
        await governing.edit_room(tx, await _owner(site, tx), site.community, site.room, min_rank=10)
    async with httpx2.AsyncClient(timeout=10) as client:
        assert (await client.get(url + site.stream)).status_code == 403
        assert (await client.get(url + "room:0190a0a0-0000-7000-8000-000000000000")).status_code == 404
        assert (await client.get(url + "nonsense")).status_code == 422
        assert (await client.get(url)).status_code == 422
    assert not site.app.state.live.hub.followers


@pytest.mark.parametrize("way", ["socket", "events"])
async def test_a_token_that_is_not_good_any_more_is_told_so(site: Site, way: str) -> None:
    """Served as nobody, a program would wait for ever for the rooms that it used to hear."""
    headers, here = {"Authorization": "Bearer ch_revoked"}, f"127.0.0.1:{site.port}"
    if way == "events":
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http://{here}/live/sse?stream={site.stream}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        return
    async with websockets.connect(f"ws://{here}/live", additional_headers=headers, proxy=None) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4001
    assert "token" in closed.value.rcvd.reason


async def test_nobody_has_no_stream_of_their_own_and_hears_why(site: Site) -> None:
    async with site.follow() as anybody:
        await anybody.say(type="subscribe", id=1, streams=[{"stream": "me"}])
        refused = await anybody.next("error")
    assert (refused["code"], refused["stream"]) == ("unauthorized", "me")
    assert "signed in" in refused["detail"]
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{site.port}/live/sse?stream=me")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_ticket_opens_an_event_stream_as_it_opens_a_socket(site: Site) -> None:
    fan = await site.member("Fan")
    token = {"Authorization": f"Bearer {await site.token(fan)}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}", trust_env=False) as http:
        ticket = (await http.post("/api/v1/live/ticket", headers=token)).json()["ticket"]
        async with http.stream("GET", f"/live/sse?stream=me&ticket={ticket}") as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if '"welcome"' in line:
                    assert fan.id in line
                    break


async def test_whoever_asks_for_the_socket_without_one_hears_of_the_proxy(site: Site) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{site.port}/live")
    assert (answer.status_code, answer.json()["code"]) == (426, "upgrade_required")
    assert answer.headers["upgrade"] == "websocket"
    assert "proxy" in answer.json()["detail"] and "/live/sse" in answer.json()["detail"]
