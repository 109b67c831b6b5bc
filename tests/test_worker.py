"""The loop that works off the queue, on both databases."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from channel import outbox, worker
from channel.errors import Unavailable
from channel.events import Event, PostOpens, SignInLinkAsked
from channel.notify import Undeliverable
from channel.storage import Database, Tx
from channel.worker import Worker
from tests.conftest import Clock


def asked(number: int) -> SignInLinkAsked:
    return SignInLinkAsked(account_id=str(number), email=f"{number}@example.org", language="en")


async def queue(db: Database, count: int = 1) -> None:
    for number in range(count):
        async with db.write() as tx:
            await outbox.emit(tx, asked(number))


async def left(db: Database) -> tuple[int, list[outbox.DeadJob]]:
    async with db.read() as tx:
        return await outbox.waiting_jobs(tx), await outbox.dead_jobs(tx)


@asynccontextmanager
async def running(it: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(it.run())
    try:
        yield
    finally:
        it.stop()
        await asyncio.wait_for(task, 5)


async def until(state: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await state():
            await asyncio.sleep(0.01)


def failing(error: Exception) -> worker.Handler:
    async def handle(event: Event) -> None:
        raise error

    return handle


async def test_every_job_is_done_once(db: Database) -> None:
    done: list[Event] = []

    async def handle(event: Event) -> None:
        done.append(event)

    await queue(db, 5)
    it = Worker(db, {"mail": handle})
    async with running(it):
        await until(lambda: _is(left(db), (0, [])))
        await queue(db)
        it.wake()
        await until(lambda: _is(left(db), (0, [])))
    assert len(done) == 6


async def _is(state: Awaitable[object], wanted: object) -> bool:
    return await state == wanted


async def test_a_wake_up_is_heard_at_once_and_a_lost_one_by_the_poll(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_S", 30.0)
    done = asyncio.Event()

    async def handle(event: Event) -> None:
        done.set()

    it = Worker(db, {"mail": handle})
    async with running(it):
        await asyncio.sleep(0.1)
        await queue(db)
        it.wake()
        await asyncio.wait_for(done.wait(), 5)
    done.clear()
    monkeypatch.setattr(worker, "POLL_S", 0.05)
    async with running(Worker(db, {"mail": handle})):
        await asyncio.sleep(0.1)
        await queue(db)
        await asyncio.wait_for(done.wait(), 5)


async def test_two_workers_never_do_the_same_job(db: Database) -> None:
    done: list[str] = []

    async def handle(event: Event) -> None:
        assert isinstance(event, SignInLinkAsked)
        await asyncio.sleep(0)
        done.append(event.account_id)

    await queue(db, 20)
    async with running(Worker(db, {"mail": handle})), running(Worker(db, {"mail": handle})):
        await until(lambda: _is(left(db), (0, [])))
    assert sorted(done) == sorted(str(number) for number in range(20))


async def test_a_failure_is_tried_again_later_until_it_works(db: Database, clock: Clock) -> None:
    tries: list[int] = []

    async def handle(event: Event) -> None:
        tries.append(clock.now_ms)
        if len(tries) < 3:
            raise Undeliverable("The mail server did not answer in time.", permanent=False)

    await queue(db)
    it = Worker(db, {"mail": handle})
    for _ in range(3):
        await it.work_off()
        await it.work_off()
        clock.forward(60_000)
    assert len(tries) == 3
    assert await left(db) == (0, [])


async def test_what_can_never_work_waits_for_a_person_with_its_reason(db: Database) -> None:
    await queue(db)
    await Worker(
        db, {"mail": failing(Undeliverable("The mail server refused the recipient (550).", permanent=True))}
    ).work_off()
    waiting, [dead] = await left(db)
    assert (waiting, dead.consumer, dead.tries) == (0, "mail", 1)
    assert dead.problem == "The mail server refused the recipient (550)."


async def test_after_ten_failures_a_job_is_given_up(db: Database, clock: Clock) -> None:
    await queue(db)
    it = Worker(db, {"mail": failing(Undeliverable("no", permanent=False))})
    for _ in range(12):
        await it.work_off()
        clock.forward(7 * 3600 * 1000)
    _, [dead] = await left(db)
    assert dead.tries == outbox.MAX_TRIES


async def test_a_bug_stops_neither_the_worker_nor_shows_its_words(
    db: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(db, 2)
    with caplog.at_level(logging.CRITICAL, "channel.worker"):
        await Worker(db, {"mail": failing(ValueError("secret-in-a-message"))}).work_off()
    waiting, dead = await left(db)
    assert (waiting, dead) == (2, [])
    for _ in range(10):
        clock.forward(7 * 3600 * 1000)
        with caplog.at_level(logging.CRITICAL, "channel.worker"):
            await Worker(db, {"mail": failing(ValueError("secret-in-a-message"))}).work_off()
    _, dead = await left(db)
    assert all("ValueError" in job.problem and "secret" not in job.problem for job in dead)
    assert len(dead) == 2


async def test_what_is_planned_is_done_in_its_time_and_is_no_queue(db: Database, clock: Clock) -> None:
    done: list[Event] = []

    async def handle(event: Event) -> None:
        done.append(event)

    it, task = Worker(db, {"schedule": handle}), PostOpens(post_id="p", at=clock.now_ms + 1000)
    async with db.write() as tx:
        await outbox.schedule(tx, task, task.at)
    clock.forward(999)
    await it.work_off()
    async with db.read() as tx:
        assert await outbox.jobs_by_state(tx) == {"waiting": 0, "planned": 1, "dead": 0}
    assert done == []
    clock.forward(1)
    async with db.read() as tx:
        assert await outbox.waiting_jobs(tx) == 1
    await it.work_off()
    assert (done, await left(db)) == ([task], (0, []))


async def test_a_consumer_that_nobody_serves_is_said_so(db: Database) -> None:
    await queue(db)
    await Worker(db, {}).work_off()
    _, [dead] = await left(db)
    assert "mail" in dead.problem


async def test_a_handler_that_hangs_is_given_up_before_its_lease_ends(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker.HANDLER_TIMEOUT_S * 1000 < outbox.LEASE_MS
    monkeypatch.setattr(worker, "HANDLER_TIMEOUT_S", 0.05)

    async def handle(event: Event) -> None:
        await asyncio.sleep(60)

    await queue(db)
    await Worker(db, {"mail": handle}).work_off()
    assert await left(db) == (1, [])


async def test_a_worker_that_dies_over_a_job_leaves_it_to_the_next(db: Database, clock: Clock) -> None:
    begun, done = asyncio.Event(), []

    async def stuck(event: Event) -> None:
        begun.set()
        await asyncio.sleep(60)

    async def handle(event: Event) -> None:
        done.append(event)

    await queue(db)
    task = asyncio.create_task(Worker(db, {"mail": stuck}).run())
    await asyncio.wait_for(begun.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await Worker(db, {"mail": handle}).work_off()
    assert done == []
    clock.forward(outbox.LEASE_MS)
    await Worker(db, {"mail": handle}).work_off()
    assert done == [asked(0)]
    assert await left(db) == (0, [])


async def test_stopping_ends_the_job_in_hand_and_leaves_the_rest(db: Database) -> None:
    begun, go, done = asyncio.Event(), asyncio.Event(), []

    async def handle(event: Event) -> None:
        begun.set()
        await go.wait()
        done.append(event)

    await queue(db, 3)
    it = Worker(db, {"mail": handle})
    task = asyncio.create_task(it.run())
    await asyncio.wait_for(begun.wait(), 5)
    it.stop()
    go.set()
    await asyncio.wait_for(task, 5)
    assert len(done) == 1
    assert await left(db) == (2, [])


async def test_sweeps_run_at_the_start_and_then_every_ten_minutes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker.SWEEP_S == 600
    swept: list[int] = []

    async def sweep(tx: Tx) -> None:
        swept.append(tx.now)

    monkeypatch.setattr(worker, "POLL_S", 0.01)
    async with running(Worker(db, {}, [sweep, sweep])):
        await asyncio.sleep(0.2)
    assert len(swept) == 2
    monkeypatch.setattr(worker, "SWEEP_S", 0.02)
    async with running(Worker(db, {}, [sweep])):
        await asyncio.sleep(0.3)
    assert len(swept) > 4


@pytest.mark.parametrize("error", [Unavailable("The database cannot be reached."), RuntimeError("a bug")])
async def test_a_sweep_or_a_database_that_fails_does_not_end_the_worker(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    monkeypatch.setattr(worker, "POLL_S", 0.01)
    done: list[Event] = []

    async def sweep(tx: Tx) -> None:
        raise error

    async def handle(event: Event) -> None:
        done.append(event)

    with caplog.at_level(logging.CRITICAL, "channel.worker"):
        async with running(Worker(db, {"mail": handle}, [sweep])):
            await asyncio.sleep(0.1)
            await queue(db)
            await until(lambda: _is(left(db), (0, [])))
    assert len(done) == 1
