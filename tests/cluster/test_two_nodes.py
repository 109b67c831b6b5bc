"""Two servers, one installation: what happens on one is heard on the other, with NATS and without it."""

import asyncio
import random
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import update

from channel import app as composition
from channel import members
from channel import running as running_commands
from channel.errors import Unavailable
from channel.live import pulse, tail
from channel.members import governing
from channel.secret import KEY_FILE
from channel.settings import Settings
from channel.storage.tables import instance
from tests.cluster.conftest import Nodes, connected, two_nodes
from tests.cluster.hearing import ELSEWHERE_S, nothing_more, seqs
from tests.cluster.nats import Nats
from tests.live.site import Site, running


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
