"""Rights that change on one node reach the other, with NATS and without it: T20, P12."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from channel.accounts import sessions, tokens
from channel.members import actions as member_actions
from tests.cluster.conftest import Nodes, connected
from tests.cluster.hearing import BOTH, ELSEWHERE_S
from tests.cluster.nats import Nats


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
