"""T20 on two nodes: money is taken on one, and what somebody hears on the other follows it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channel.settings import Settings
from tests.cluster.conftest import Nodes, bus_of, connected, two_nodes, until
from tests.cluster.nats import Nats
from tests.live.shop import Shop, hears, open_shop
from tests.live.site import Follower


@pytest.fixture(params=[True, False], ids=["nats", "no-nats"])
async def nodes(request: pytest.FixtureRequest, shared: Settings, nats: Nats) -> AsyncIterator[Nodes]:
    """With hints, and with the poll alone."""
    async with two_nodes(replace(shared, bus=nats.url)) as made:
        await connected(made)
        if not request.param:
            nats.kill()
            await until(lambda: not bus_of(made.b).connected)
        yield made


async def rank(live: Follower, wanted: int) -> None:
    while (await live.next("access"))["rank"] != wanted:
        pass


async def test_what_is_bought_and_paid_back_on_one_node_opens_and_closes_on_the_other(nodes: Nodes) -> None:
    shop: Shop = await open_shop(nodes.a)
    bob = await nodes.a.member("Bob")
    async with nodes.b.follow(bob) as live:
        await live.subscribe(nodes.b.stream)
        assert not await hears(nodes.a, live, "CANARY-1")
        holding = await shop.buys(bob)
        await rank(live, 10)
        assert await hears(nodes.a, live, "CANARY-2")
        await shop.counter.refund(holding, f"{holding.external_id}.1", None, "form")
        if not bus_of(nodes.b).connected:  # P12: then it takes a poll
            await rank(live, 0)
        for number, node in enumerate((nodes.b, nodes.a)):
            assert not await hears(node, live, f"CANARY-{3 + number}")
    async with nodes.b.follow(bob) as back:
        await back.subscribe(nodes.b.stream, after=0)
        again = [json.dumps(await back.next("event")) for _ in range(4)]
        assert not any("CANARY" in one for one in again)
