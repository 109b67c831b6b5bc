"""Two servers, one installation: what happens on one is heard on the other, with NATS, without it, and in spite of it."""

import asyncio
import os
import random
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from sqlalchemy import update

from channel import app as composition
from channel import members
from channel import running as running_commands
from channel.accounts import sessions, tokens
from channel.errors import Unavailable
from channel.live import pulse, tail
from channel.members import actions as member_actions
from channel.members import governing
from channel.secret import KEY_FILE
from channel.settings import Settings
from channel.storage.tables import instance
from tests.cluster.conftest import Nodes, bus_of, connected, two_nodes
from tests.cluster.nats import Nats
from tests.live.site import Follower, Site, running

POSTS = int(os.environ.get("CHANNEL_CLUSTER_POSTS", "60"))
ELSEWHERE_S = 5.0  # P10 and P12: how late a node may be that no hint reaches
BOTH = pytest.mark.parametrize("with_nats", [True, False], ids=["nats", "no-nats"])


async def seqs(live: Follower, count: int) -> list[int]:
    return [(await live.next("event"))["seq"] for _ in range(count)]


async def nothing_more(live: Follower) -> None:
    """Whatever is still under way comes before the answer."""
    await live.say(type="ping", id=99)
    assert (await live.next("event", "pong"))["type"] == "pong"


async def test_posts_on_one_node_are_heard_on_the_other_in_order_and_once(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_S", 3600.0)  # the hints alone must do it
    await connected(nodes)
    bob = await nodes.a.member("Bob")
    async with nodes.a.follow(bob) as here, nodes.b.follow(bob) as there:
        head = (await here.subscribe(nodes.a.stream))["streams"][0]["head"]
        await there.subscribe(nodes.a.stream)
        for number in range(20):
            await (nodes.a, nodes.b)[number % 2].post(f"Post {number} {random.random()}")
        wanted = list(range(head + 1, head + 21))
        assert await seqs(here, 20) == wanted
        assert await seqs(there, 20) == wanted
        await nothing_more(there)


@pytest.mark.usefixtures("quick_return")
async def test_without_nats_the_poll_brings_it_and_nats_is_used_again_when_it_is_back(
    nodes: Nodes, nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connected(nodes)
    bob = await nodes.a.member("Bob")
    async with nodes.b.follow(bob) as there:
        await there.subscribe(nodes.a.stream)
        nats.kill()
        for number in range(5):
            await nodes.a.post(f"Without {number}")
        async with asyncio.timeout(ELSEWHERE_S):
            first = await seqs(there, 5)
        assert first == list(range(first[0], first[0] + 5))
        await nats.start()
        await connected(nodes)
        await asyncio.sleep(tail.POLL_S)  # so that what was missed meanwhile is no more under way
        behind = nodes.b.app.state.live.tail.polled_late
        for number in range(5):
            await nodes.a.post(f"With {number}")
            assert await seqs(there, 1) == [first[-1] + 1 + number]
        assert nodes.b.app.state.live.tail.polled_late == behind
        await nothing_more(there)


async def test_a_busy_room_does_not_keep_a_node_from_polling(nodes: Nodes, nats: Nats) -> None:
    async with nodes.a.db.write() as tx:
        by = await members.entitlement(tx, nodes.a.community, nodes.a.creator.id)
        quiet = await governing.create_room(tx, by, nodes.a.community, slug="quiet", name="Quiet")
    async with nodes.b.follow(nodes.a.creator) as there:
        await there.subscribe(f"room:{quiet.id}", nodes.b.stream)
        nats.kill()
        busy = asyncio.create_task(_keep_posting(nodes.b, every_s=0.2))
        try:
            elsewhere = Site(nodes.a.app, nodes.a.port)
            elsewhere.creator, elsewhere.community, elsewhere.room = nodes.a.creator, nodes.a.community, quiet
            await elsewhere.post("In the quiet room, on the other node")
            async with asyncio.timeout(ELSEWHERE_S):
                while (await there.next("event"))["stream"] != f"room:{quiet.id}":
                    pass
        finally:
            busy.cancel()
            await asyncio.wait({busy})


async def _keep_posting(site: Site, every_s: float) -> None:
    number = 0
    while True:
        number += 1
        await site.post(f"Busy {number}")
        await asyncio.sleep(every_s)


# --- NATS lies: T13


class Liar:
    """Hears all that is said on the bus, and says it again: doubled, late, in another order, with nonsense between."""

    def __init__(self, client: Client, chance: random.Random) -> None:
        self._client = client
        self._chance = chance
        self._heard: list[tuple[str, bytes]] = []
        self.told = 0

    async def listen(self) -> None:
        async def hear(message: Msg) -> None:
            self._heard.append((message.subject, message.data))

        await self._client.subscribe("channel.>", cb=hear)
        await self._client.flush()

    async def lie(self, nodes: Nodes, follower_id: str) -> None:
        garbage = (b"", b"{}", b"[[1]]", b"\xff", b"[" * 50_000)
        while True:
            await asyncio.sleep(0.005)
            said = self._chance.choices(self._heard, k=3) if self._heard else []
            for subject, data in said * 3:
                await self._client.publish(subject, data)
            subject = bus_of(nodes.a)._subject
            stream = self._chance.choice([nodes.a.stream, f"account:{follower_id}", "room:none", "\0", "me"])
            forged = [(stream, self._chance.choice([0, 1, 10**6, 2**63 - 1]))]
            await self._client.publish(f"{subject}.hints", msgspec.json.encode(forged))
            await self._client.publish(
                f"{subject}.notes", msgspec.json.encode(self._forged_note(nodes, follower_id))
            )
            await self._client.publish(
                f"{subject}.{self._chance.choice(['hints', 'notes'])}", self._chance.choice(garbage)
            )
            self.told += 9 + len(said)

    def _forged_note(self, nodes: Nodes, follower_id: str) -> dict[str, Any]:
        room_id = nodes.a.room.id
        odd = self._chance.choice([None, "\0", -1, [], {"a": 1}, 10**30, True, "x" * 1_000])
        data: dict[str, Any] = self._chance.choice(
            [
                {"room_id": room_id, "post_ids": [odd, "\0", room_id]},
                {"stream": nodes.a.stream, "account_id": odd},
                {"stream": nodes.a.stream, "account_id": "\0"},
                {"node": odd, "streams": {nodes.a.stream: odd, "x": 1}},
                {"node": f"n{self._chance.random()}", "streams": {nodes.a.stream: 0}},
                {"account_id": follower_id, "room_id": odd, "seq": odd},
            ]
        )
        return {"topic": self._chance.choice(["counts", "typing", "here", "read", "?"]), "data": data}


def lossy(site: Site, chance: random.Random) -> None:
    """Of what this node hears, its own word included, a third is lost and a third comes late."""
    [(on_hint, on_note)] = bus_of(site)._listeners

    def hear(stream: str, seq: int) -> None:
        what = chance.random()
        if what < 1 / 3:
            on_hint(stream, seq)
        elif what < 2 / 3:
            asyncio.get_running_loop().call_later(chance.uniform(0, 1), on_hint, stream, seq)

    bus_of(site)._listeners[:] = [(hear, on_note)]


async def test_a_nats_that_doubles_reorders_delays_and_lies_changes_nothing(
    nodes: Nodes, nats: Nats, caplog: pytest.LogCaptureFixture
) -> None:
    await connected(nodes)
    bob = await nodes.a.member("Bob")
    liar = Liar(await nats.client(), random.Random(1))
    await liar.listen()
    for site in (nodes.a, nodes.b):
        lossy(site, random.Random(3))
    async with nodes.a.follow(bob) as here, nodes.b.follow(bob) as there:
        head = (await here.subscribe(nodes.a.stream))["streams"][0]["head"]
        await there.subscribe(nodes.a.stream)
        lying = asyncio.create_task(liar.lie(nodes, bob.id))
        try:
            heard = asyncio.gather(seqs(here, POSTS), seqs(there, POSTS))
            for number in range(POSTS):
                await (nodes.a, nodes.b)[number % 2].post(f"Post {number} {random.random()}")
                await asyncio.sleep(0.02)
            wanted = list(range(head + 1, head + POSTS + 1))
            assert await heard == [wanted, wanted]
            await asyncio.sleep(1.2)  # the forged notes have their beat
            for live in (here, there):
                await nothing_more(live)
            assert not lying.done()
        finally:
            lying.cancel()
            await asyncio.wait({lying})
            await liar._client.close()
    assert liar.told > 9 * POSTS
    assert bus_of(nodes.a).malformed > 0
    assert "Traceback" not in caplog.text
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.full
@pytest.mark.usefixtures("quick_return")
async def test_a_nats_that_comes_and_goes_and_hangs_loses_and_doubles_nothing(
    nodes: Nodes, nats: Nats
) -> None:
    chance, posts = random.Random(2), 20 * POSTS
    bob = await nodes.a.member("Bob")

    async def disturb() -> None:
        while True:
            await asyncio.sleep(chance.uniform(0.1, 2))
            if chance.random() < 0.5:
                nats.hold()
                await asyncio.sleep(chance.uniform(0.1, 3))
                nats.go_on()
            else:
                nats.kill()
                await asyncio.sleep(chance.uniform(0.1, 3))
                await nats.start()

    async with nodes.a.follow(bob) as here, nodes.b.follow(bob) as there:
        head = (await here.subscribe(nodes.a.stream))["streams"][0]["head"]
        await there.subscribe(nodes.a.stream)
        disturbing = asyncio.create_task(disturb())
        try:
            heard = asyncio.gather(seqs(here, posts), seqs(there, posts))
            for number in range(posts):
                await (nodes.a, nodes.b)[number % 2].post(f"Post {number} {random.random()}")
                await asyncio.sleep(0.03)
            wanted = list(range(head + 1, head + posts + 1))
            assert await heard == [wanted, wanted]
        finally:
            disturbing.cancel()
            await asyncio.wait({disturbing})
            nats.go_on() if nats._process else None


# --- rights: T20, P12


async def _ban(nodes: Nodes, bob: str) -> None:
    await nodes.a.act(member_actions.ban, bob)


async def _revoke_all(nodes: Nodes, bob: str) -> None:
    async with nodes.a.db.write() as tx:
        for token in await tokens.listing(tx, bob):
            await tokens.revoke_token(tx, bob, token.id)


@BOTH
@pytest.mark.parametrize(("cause", "code"), [(_ban, 4004), (_revoke_all, 4001)], ids=["ban", "revoked"])
async def test_who_is_shut_out_on_one_node_is_closed_on_the_other(
    nodes: Nodes, nats: Nats, with_nats: bool, cause: Callable[[Nodes, str], Awaitable[None]], code: int
) -> None:
    await connected(nodes)
    bob = await nodes.a.member("Bob")
    async with nodes.b.follow(bob) as there:
        await there.subscribe(nodes.a.stream)
        if not with_nats:
            nats.kill()
        await cause(nodes, bob.id)
        async with asyncio.timeout(ELSEWHERE_S):
            assert await there.closed_with() == code


@BOTH
async def test_signing_out_on_one_node_closes_the_session_on_the_other(
    nodes: Nodes, nats: Nats, with_nats: bool
) -> None:
    await connected(nodes)
    bob = await nodes.a.member("Bob")
    async with nodes.a.db.write() as tx:
        session, secret = await sessions.open_session(tx, bob.id, device="a", how="link")
    async with nodes.b.follow(Cookie=f"channel={secret}", Origin="http://127.0.0.1:8000") as there:
        if not with_nats:
            nats.kill()
        async with nodes.a.db.write() as tx:
            await sessions.end_session(tx, bob.id, session)
        async with asyncio.timeout(ELSEWHERE_S):
            assert await there.closed_with() == 4001


@BOTH
async def test_a_tier_lost_on_one_node_locks_what_comes_on_the_other(
    nodes: Nodes, nats: Nats, with_nats: bool
) -> None:
    await connected(nodes)
    bob = await nodes.a.member("Bob", gold=True)
    free = next(tier for tier in await _tiers(nodes) if tier.rank == 0)
    async with nodes.b.follow(bob) as there:
        await there.subscribe(nodes.a.stream)
        await nodes.a.post("For gold", min_rank=10)
        assert not (await there.next("event"))["data"]["post"]["locked"]
        if not with_nats:
            nats.kill()
        await nodes.a.give(bob, free.id)
        async with asyncio.timeout(ELSEWHERE_S):
            assert (await there.next("access"))["rank"] == 0
        await nodes.a.post("For gold again", min_rank=10)
        async with asyncio.timeout(ELSEWHERE_S):
            assert (await there.next("event"))["data"]["post"]["locked"]


async def _tiers(nodes: Nodes) -> Any:
    from channel import tiers

    async with nodes.a.db.read() as tx:
        return await tiers.of_community(tx, nodes.a.community.id)


async def test_a_demotion_comes_before_the_post_after_it_whatever_the_order_of_the_hints(
    nodes: Nodes,
) -> None:
    bob = await nodes.a.member("Bob", gold=True)
    free = next(tier for tier in await _tiers(nodes) if tier.rank == 0)
    async with nodes.b.follow(bob) as there:
        await there.subscribe(nodes.a.stream)
        nodes.a.db.on_commit = lambda hints: None  # the bus tells nothing; the hints below come in one moment
        nodes.b.app.state.live.tail.hint(nodes.a.stream, 1)
        await nodes.a.give(bob, free.id)
        await nodes.a.post("For gold", min_rank=10)
        for stream in (nodes.a.stream, f"account:{bob.id}"):
            nodes.b.app.state.live.tail.hint(stream, 1)
        assert (await there.next("event", "access"))["type"] == "access"
        assert (await there.next("event"))["data"]["post"]["locked"]


# --- what may be lost, and what is asked again


async def test_who_is_here_is_counted_over_both_nodes_and_typing_is_seen_on_the_other(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "HERE_EVERY_S", 1)
    await connected(nodes)
    async with nodes.a.follow(nodes.a.creator) as anna, nodes.a.follow() as one, nodes.a.follow() as two:
        async with nodes.b.follow() as three, nodes.b.follow() as four, nodes.b.follow() as five:
            for live in (anna, one, two, three, four, five):
                await live.subscribe(nodes.a.stream)
            assert (await one.next("presence"))["here"] == 6
            assert (await five.next("presence"))["here"] == 6
            await anna.say(type="typing", stream=nodes.a.stream)
            assert (await five.next("typing"))["who"] == [{"id": nodes.a.creator.id, "name": "Anna"}]


async def test_a_new_name_of_the_instance_is_learnt_by_all(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with nodes.a.db.write() as tx:
        await tx.run(update(instance).values(name="Renamed"))
    await composition.learn_name(nodes.b.app, nodes.b.db)
    assert nodes.b.app.state.instance_name == "Renamed"


# --- one key for all


async def test_a_node_without_the_key_or_with_another_is_refused(shared: Settings) -> None:
    async with running(shared):
        pass
    other = replace(shared, data=shared.data.with_name("b"))
    with pytest.raises(Unavailable, match=r"Copy secret\.key there"):
        await _start(other)
    assert not (other.data / KEY_FILE).exists(), "a key of its own would stand in the way of the right one"
    (other.data / KEY_FILE).write_bytes(b"x" * 32)
    (other.data / KEY_FILE).chmod(0o600)
    with pytest.raises(Unavailable, match=r"Copy secret\.key there"):
        await _start(other)
    findings = await running_commands._ask(other, "doctor", {}, lambda done, total: None)
    [bad] = [finding["what"] for finding in findings if finding["level"] == "bad"]
    assert "not the key of this database" in bad
    shutil.copy(shared.data / KEY_FILE, other.data / KEY_FILE)
    await _start(other)


async def _start(settings: Settings) -> None:
    app = composition.build(settings)
    async with app.router.lifespan_context(app):
        pass


async def test_two_first_starts_at_once_agree_on_one_installation(shared: Settings) -> None:
    settings = [shared, replace(shared)]
    async with asyncio.TaskGroup() as group:
        for one in settings:
            group.create_task(_start(one))
    async with two_nodes(shared) as nodes:
        assert nodes.a.app.state.instance_name == nodes.b.app.state.instance_name
