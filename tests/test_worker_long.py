"""Jobs that take longer than a lease: kept while somebody works on them, taken over when nobody does."""

import asyncio
import logging
from functools import partial

import pytest
from sqlalchemy import select, update

from channel import outbox, worker
from channel.errors import Unavailable
from channel.events import Event, MediaArrived
from channel.storage import Database
from channel.worker import Worker
from tests.conftest import Clock
from tests.test_worker import left, queue, running, until

TASK = MediaArrived(media_id="one")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RENEW_S", 0.02)
    monkeypatch.setattr(worker, "POLL_S", 0.02)


async def ask(db: Database) -> None:
    async with db.write() as tx:
        await outbox.schedule(tx, TASK, only="video")


async def lease(db: Database) -> tuple[int, int]:
    """(until when, tries)"""
    async with db.read() as tx:
        row = await tx.one(select(outbox.jobs.c.due_at, outbox.jobs.c.tries))
        assert row is not None
        return int(row.due_at), int(row.tries)


class Work:
    """A handler that works until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.done: list[Event] = []
        self.ended = 0

    async def __call__(self, event: Event) -> None:
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended += 1
            raise
        self.done.append(event)


def test_two_renewals_may_fail_before_a_lease_ends() -> None:
    assert outbox.LEASE_MS >= 3 * 20_000
    assert set(worker.LONG) <= set(worker.SLOW)


async def test_it_is_renewed_for_as_long_as_it_is_worked_on(db: Database, clock: Clock) -> None:
    await ask(db)
    slow, other = Work(), Work()
    async with running(Worker(db, {"video": slow})), running(Worker(db, {"video": other})):
        await asyncio.wait({asyncio.create_task(each.begun.wait()) for each in (slow, other)}, return_when="FIRST_COMPLETED")  # fmt: skip
        for _ in range(5):
            clock.forward(outbox.LEASE_MS // 2)
            now = clock.now_ms
            await until(partial(_leased_from, db, now))
        assert slow.begun.is_set() != other.begun.is_set(), "two worked on it"
        slow.go.set()
        other.go.set()
        await until(lambda: _over(db))
    assert slow.done + other.done == [TASK]


async def _leased_from(db: Database, now: int) -> bool:
    return (await lease(db))[0] >= now + outbox.LEASE_MS


async def _over(db: Database) -> bool:
    return await left(db) == (0, [])


async def test_a_crash_delays_it_by_one_lease(db: Database, clock: Clock) -> None:
    await ask(db)
    slow = Work()
    task = asyncio.create_task(Worker(db, {"video": slow}).run())
    await asyncio.wait_for(slow.begun.wait(), 5)
    clock.forward(10 * outbox.LEASE_MS)
    await until(lambda: _leased_from(db, clock.now_ms))
    task.cancel()  # nothing is written on the way out, as by kill -9
    with pytest.raises(asyncio.CancelledError):
        await task
    next_one = Work()
    next_one.go.set()
    await Worker(db, {"video": next_one}).work_off()
    assert next_one.done == []
    clock.forward(outbox.LEASE_MS)
    await Worker(db, {"video": next_one}).work_off()
    assert (next_one.done, await left(db)) == ([TASK], (0, []))


async def test_who_has_lost_it_stops_and_settles_nothing(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await ask(db)
    slow = Work()
    async with running(Worker(db, {"video": slow})):
        await asyncio.wait_for(slow.begun.wait(), 5)
        until_ms, _ = await lease(db)
        with caplog.at_level(logging.WARNING, "channel.worker"):
            async with db.write() as tx:  # another one claims it
                await tx.run(update(outbox.jobs).values(tries=2))
            await until(lambda: _is_ended(slow))
            await asyncio.sleep(0.05)
    assert slow.done == []
    assert (await lease(db)) == (until_ms, 2)
    assert "took it over" in caplog.text


async def _is_ended(work: Work) -> bool:
    return work.ended == 1


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, away = outbox.renew, 2

    async def flaky(*args: object) -> bool:
        nonlocal away
        if away:
            away -= 1
            raise Unavailable("The database cannot be reached.")
        return await renew(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "renew", flaky)
    await ask(db)
    slow = Work()
    async with running(Worker(db, {"video": slow})):
        await asyncio.wait_for(slow.begun.wait(), 5)
        clock.forward(1_000)
        await until(lambda: _leased_from(db, clock.now_ms))
        slow.go.set()
        await until(lambda: _over(db))
    assert (slow.done, slow.ended) == ([TASK], 0)


async def test_a_server_that_stops_puts_it_back_for_the_next_one(db: Database) -> None:
    await ask(db)
    slow, fresh = Work(), Work()
    it = Worker(db, {"video": slow})
    task = asyncio.create_task(it.run())
    await asyncio.wait_for(slow.begun.wait(), 5)
    it.stop()
    await asyncio.wait_for(task, 5)
    assert (slow.ended, slow.done) == (1, [])
    assert (await lease(db))[1] == 0, "that costs no try"
    fresh.go.set()
    await Worker(db, {"video": fresh}).work_off()
    assert (fresh.done, await left(db)) == ([TASK], (0, []))


async def test_it_has_an_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(worker.LONG, "video", 0.05)
    await ask(db)
    slow = Work()
    await Worker(db, {"video": slow}).work_off()
    assert (slow.ended, await left(db)) == (1, (1, []))


async def test_what_goes_wrong_is_told_as_of_others(db: Database) -> None:
    async def broken(event: Event) -> None:
        raise Unavailable("The store is away.")

    await ask(db)
    await Worker(db, {"video": broken}).work_off()
    async with db.read() as tx:
        assert await tx.value(select(outbox.jobs.c.problem)) == "The store is away."


async def test_others_go_on_meanwhile(db: Database) -> None:
    done: list[Event] = []

    async def quick(event: Event) -> None:
        done.append(event)

    slow = Work()
    await ask(db)
    async with running(Worker(db, {"video": slow, "mail": quick})):
        await asyncio.wait_for(slow.begun.wait(), 5)
        await queue(db, 3)
        await until(lambda: _has(done, 3))
        slow.go.set()
        await until(lambda: _over(db))


async def _has(done: list[Event], count: int) -> bool:
    return len(done) == count
