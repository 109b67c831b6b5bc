"""A hub that is away, slow, hostile or asked by several at once; on both databases."""

import asyncio
import logging
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from channel import outbox
from channel.events import Event
from channel.hearers import HUB
from channel.notify.websub import AWAY, hub_handler
from channel.rooms.announcing import GATHER_MS
from channel.tasks import PushesDue
from channel.worker import Worker
from tests.notify.hub import BASE, HOUR_MS, HUB_URL, NEWS, Hubbed, feeds_of
from tests.posts import writing


async def test_a_hub_that_fails_is_asked_again_later_and_seldom(
    hubbed: Hubbed, caplog: pytest.LogCaptureFixture
) -> None:
    """However much is published meanwhile."""
    hubbed.there.answers = ["503 Service Unavailable"]
    await writing.post(hubbed.scene, "Hello")
    with caplog.at_level(logging.WARNING, "channel.websub"):
        await hubbed.work()
    assert "The hub did not take 8 of 8 feeds: The hub answered 503." in caplog.text
    hubbed.there.got.clear()
    for number in range(3):
        await writing.post(hubbed.scene, f"Number {number}")
        assert await hubbed.told() == set(), "it waits for the next try"
    [job] = await hubbed.jobs()
    assert job.failing
    hubbed.there.answers = ["204 No Content"]
    hubbed.clock.forward(60_000)
    assert await hubbed.told() == NEWS
    assert not await hubbed.jobs()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("500 Broken", "The hub answered 500."),
        ("404 Not Found", "The hub answered 404."),
        ("302 Found|Location: https://elsewhere.example.com/\r\n", "The hub answered 302."),
    ],
)
async def test_after_ten_tries_a_person_sees_what_the_hub_said(
    hubbed: Hubbed, answer: str, problem: str
) -> None:
    hubbed.there.answers = [answer]
    await writing.post(hubbed.scene, "Hello")
    for _ in range(outbox.MAX_TRIES):
        await hubbed.work()
        hubbed.clock.forward(2 * HOUR_MS)
    [dead] = await hubbed.dead()
    assert (dead.consumer, dead.tries, dead.problem) == (HUB, outbox.MAX_TRIES, problem)
    assert {one.path for one in hubbed.there.got} == {"/take?via=channel"}
    hubbed.there.answers, hubbed.there.got = ["202 Accepted"], []
    await writing.post(hubbed.scene, "Again")
    assert await hubbed.told() == NEWS
    assert not await hubbed.dead(), "what failed then is told by now"


async def test_what_a_person_drops_or_tries_again_is_as_with_other_jobs(hubbed: Hubbed) -> None:
    hubbed.there.answers = ["500 Broken"]
    await writing.post(hubbed.scene, "Hello")
    for _ in range(outbox.MAX_TRIES):
        await hubbed.work()
        hubbed.clock.forward(2 * HOUR_MS)
    hubbed.there.answers, hubbed.there.got = ["204 No Content"], []
    async with hubbed.db.write() as tx:
        [dead] = await outbox.dead_jobs(tx)
        await outbox.retry(tx, dead.id)
    assert await hubbed.told() == NEWS and not await hubbed.dead()


async def test_one_address_refused_is_tried_again_with_all(hubbed: Hubbed) -> None:
    hubbed.there.answers = ["429 Too Many Requests", "204 No Content"]
    await writing.post(hubbed.scene, "Hello")
    assert await hubbed.told() == NEWS
    [job] = await hubbed.jobs()
    assert job.failing
    hubbed.clock.forward(60_000)
    assert await hubbed.told() == NEWS and not await hubbed.jobs()


async def test_a_hub_in_our_own_network_is_never_asked(hubbed: Hubbed) -> None:
    """Whatever its name is said to mean: the client for addresses outside asks it, with all that it refuses."""
    await writing.post(hubbed.scene, "Hello")
    hubbed.clock.forward(GATHER_MS)
    for hub in ("http://127.0.0.1/", "https://10.0.0.1/", "http://hub.internal/", f"{BASE}/hub"):
        handler = hub_handler(hubbed.db, hubbed.there.outside(), hub, BASE)
        await Worker(hubbed.db, {HUB: handler}).work_off()
        hubbed.clock.forward(2 * HOUR_MS)
    assert not hubbed.there.got
    async with hubbed.db.read() as tx:
        row = await tx.one(select(outbox.jobs.c.problem).where(outbox.jobs.c.consumer == HUB))
    assert row is not None and row.problem == AWAY


async def test_a_hub_that_hangs_holds_up_nobody_else(hubbed: Hubbed) -> None:
    """It has a lane of its own, for as long as it takes."""
    hubbed.there.answers = ["hang"]
    await writing.post(hubbed.scene, "Hello")
    hubbed.clock.forward(GATHER_MS)
    done = asyncio.Event()

    async def pushes(event: Event) -> None:
        done.set()

    handler = hub_handler(hubbed.db, hubbed.there.outside(), HUB_URL, BASE)
    it = Worker(hubbed.db, {HUB: handler, "push": pushes})
    working = asyncio.create_task(it.run())
    await asyncio.wait_for(hubbed.there.heard.wait(), 10)
    async with hubbed.db.write() as tx:
        await outbox.schedule(tx, PushesDue(post_id="any"))
    it.wake()
    await asyncio.wait_for(done.wait(), 5)  # less than the hub is waited for
    assert not working.done() and await hubbed.jobs()
    it.stop()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_what_somebody_has_in_hand_is_not_dropped(hubbed: Hubbed) -> None:
    """Nor what waits for another try: only those go that nobody has begun."""
    for _ in range(2):
        await writing.post(hubbed.scene, "Hello")
    seen = [job.id for job in await hubbed.jobs()]
    hubbed.clock.forward(GATHER_MS)
    async with hubbed.db.write() as tx:
        [taken] = await outbox.claim(tx, (HUB,), limit=1)
    async with hubbed.db.write() as tx:
        await outbox.drop(tx, seen)
    [left] = await hubbed.jobs()
    assert left.id == taken.id and left.begun and not left.failing
    async with hubbed.db.write() as tx:
        await outbox.fail(tx, taken, "The hub answered 500.")
    async with hubbed.db.write() as tx:
        await outbox.drop(tx, seen)
    [left] = await hubbed.jobs()
    assert left.failing and not left.dead


async def test_two_servers_tell_all_there_is(hubbed: Hubbed) -> None:
    """They share the queue of one database. Neither drops what the other might not have told."""
    sides = [await hubbed.scene.room(f"side{number}") for number in range(4)]
    for room in (hubbed.scene.news, *sides):
        for number in range(5):
            await writing.post(hubbed.scene, f"Number {number}", room=room)
    hubbed.clock.forward(GATHER_MS)
    handler = hub_handler(hubbed.db, hubbed.there.outside(), HUB_URL, BASE)
    one, other = (Worker(hubbed.db, {HUB: handler}) for _ in range(2))
    await asyncio.gather(one.work_off(), other.work_off())
    told = {parse_qs(request.body.decode())["hub.url"][0] for request in hubbed.there.got}
    assert told == NEWS.union(*(feeds_of(f"anna/{room.slug}") for room in sides))
    assert not await hubbed.jobs() and not await hubbed.dead()
