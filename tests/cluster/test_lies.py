"""A NATS that doubles, reorders, delays, lies, hangs, comes and goes: T13."""

import asyncio
import os
import random
from typing import Any

import msgspec
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.cluster.conftest import Nodes, bus_of, connected
from tests.cluster.hearing import nothing_more, seqs
from tests.cluster.nats import Nats
from tests.live.site import Site

POSTS = int(os.environ.get("CHANNEL_CLUSTER_POSTS", "60"))


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
