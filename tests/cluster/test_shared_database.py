"""Several processes on one PostgreSQL: one order of events, one doer for each job, one sweeper, one who answers commands."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from channel import control, outbox, worker
from channel.control.verbs import Ground
from channel.events import Event, SignInLinkAsked
from channel.settings import Settings
from channel.storage import Database, Tx
from channel.storage.open import open_database
from channel.worker import Worker

EVENTS = int(os.environ.get("CHANNEL_ORDER_EVENTS", "150"))
JOBS = int(os.environ.get("CHANNEL_CLUSTER_JOBS", "60"))
WRITERS = 8


@pytest.fixture
async def databases(shared: Settings) -> AsyncIterator[list[Database]]:
    """As many nodes."""
    shared.data.mkdir()
    opened = [await open_database(shared) for _ in range(3)]
    yield opened
    for database in opened:
        await database.close()


def asked(number: int) -> SignInLinkAsked:
    return SignInLinkAsked(account_id="one", email=f"{number}@example.org", language="en")


STREAM = asked(0).stream


async def _write(db: Database, numbers: list[int], longest_s: float, chance: random.Random) -> None:
    while numbers:
        number = numbers.pop()
        async with db.write() as tx:
            await outbox.emit(tx, asked(number))
            await asyncio.sleep(chance.uniform(0, longest_s))  # others try to overtake meanwhile


async def _read(db: Database, count: int) -> list[outbox.Logged]:
    """A reader that goes on after the last it has seen, as every reader does."""
    seen: list[outbox.Logged] = []
    while len(seen) < count:
        async with db.read() as tx:
            seen += await outbox.events_since(tx, STREAM, seen[-1].seq if seen else 0)
        await asyncio.sleep(0)
    return seen


async def _one_order(databases: list[Database], events: int, longest_s: float) -> None:
    numbers, chance = list(range(events)), random.Random(1)
    async with asyncio.timeout(60 + events * longest_s):
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(_read(db, events)) for db in databases]
            for writer in range(WRITERS):
                group.create_task(_write(databases[writer % 2], numbers, longest_s, chance))
    for reader in readers:
        seen = reader.result()
        assert [logged.seq for logged in seen] == list(range(1, events + 1))
        told = [logged.event.email for logged in seen if isinstance(logged.event, SignInLinkAsked)]
        assert sorted(told) == sorted(asked(number).email for number in range(events))


async def test_no_reader_sees_a_later_event_before_an_earlier_one(databases: list[Database]) -> None:
    await _one_order(databases, EVENTS, 0.01)


@pytest.mark.full
async def test_no_reader_sees_a_later_event_before_an_earlier_one_over_five_thousand(
    databases: list[Database],
) -> None:
    await _one_order(databases, 5_000, 0.02)


async def test_two_workers_do_no_job_twice(databases: list[Database]) -> None:
    done: Counter[str] = Counter()
    by: Counter[int] = Counter()

    def handler(number: int) -> worker.Handler:
        async def handle(event: Event) -> None:
            assert isinstance(event, SignInLinkAsked)
            done[event.email] += 1
            by[number] += 1
            await asyncio.sleep(0.01)

        return handle

    for number in range(JOBS):
        async with databases[2].write() as tx:
            await outbox.emit(tx, asked(number))
    workers = [Worker(db, {"mail": handler(number)}) for number, db in enumerate(databases)]
    async with asyncio.TaskGroup() as group:
        for one in workers:
            group.create_task(one.work_off())
    assert done == Counter({asked(number).email: 1 for number in range(JOBS)})
    assert len(by) == len(workers), "each had its share"


async def test_a_job_in_hand_is_seen_by_nobody_else(databases: list[Database]) -> None:
    async with databases[2].write() as tx:
        await outbox.emit(tx, asked(1))
    async with databases[0].write() as first:
        assert len(await outbox.claim(first)) == 1
        async with databases[1].write() as second:
            assert await outbox.claim(second) == [], "passed over while the lease is being written"
    async with databases[1].write() as third:
        assert await outbox.claim(third) == [], "and while it lasts"


async def test_one_sweeps_at_a_time(databases: list[Database]) -> None:
    at_work, most, times = 0, 0, 0

    async def sweep(tx: Tx) -> None:
        nonlocal at_work, most, times
        at_work, times = at_work + 1, times + 1
        most = max(most, at_work)
        await asyncio.sleep(0.2)
        at_work -= 1

    async with asyncio.TaskGroup() as group:
        for db in databases:
            group.create_task(Worker(db, {}, sweeps=[sweep])._sweep_when_due())
    assert (most, times) == (1, 1)


async def test_one_process_answers_commands_and_another_takes_over(
    databases: list[Database], shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.socket, "LOOK_S", 0.05)
    grounds = [Ground(db, replace(shared, url=f"http://node-{n}")) for n, db in enumerate(databases)]
    answering: asyncio.Queue[int] = asyncio.Queue(10)
    endings = [asyncio.Event() for _ in grounds]

    async def node(number: int) -> None:
        async with control.listening(grounds[number]):
            await answering.put(number)
            await endings[number].wait()

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(node(number))
            await answering.get()
        left = {0, 1, 2}
        while left:
            said = await _who_answers(shared.data)
            number = next(number for number in left if f"Served as http://node-{number}" in said)
            left.discard(number)
            endings[number].set()
            await asyncio.sleep(0.3)
    with pytest.raises(ConnectionError):
        await _who_answers(shared.data)


async def _who_answers(data: Path) -> str:
    findings = await control.ask(data, "doctor", {}, lambda done, total: None)
    return "\n".join(finding["what"] for finding in findings)
