"""The log: facts are written with the change they tell of, and read after the commit.

`emit` gives an event the next `seq` of its stream under that stream's row lock, so that commit order is seq order and
no reader that has seen n+1 ever learns of a new n. `claim` and `settle` are how consumers (ROUTES) work off their part.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from channel.errors import NotFound
from channel.events import Event, Task
from channel.hearers import CONSUMERS, KINDS, ROUTES, Consumer
from channel.ids import new_id
from channel.storage import Prepared, Tx, locking, metadata, skip_locked, when
from channel.storage.tables import instance

MAX_TRIES = 10
FIRST_RETRY_S = 15
LONGEST_RETRY_S = 6 * 3600
LEASE_MS = 60_000

streams = Table(
    "streams",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("stream", "seq"),
)
jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Text, nullable=False),  # waiting | dead; done jobs are deleted
    Column("problem", Text, nullable=False),
    when("due_at"),
    when("created_at"),
    Index("ix_jobs_state_due_at", "state", "due_at"),
)


_GROW = Prepared(
    lambda words: (
        words.insert(streams)
        .values(stream=bindparam("stream"), seq=1)
        .on_conflict_do_update(index_elements=["stream"], set_={"seq": streams.c.seq + 1})
        .returning(streams.c.seq)
    )
)
_LOG = Prepared(events.insert().values(**{column.name: bindparam(column.name) for column in events.c}))
_QUEUE = Prepared(jobs.insert().values(**{column.name: bindparam(column.name) for column in jobs.c}))
_HEAD = Prepared(select(streams.c.seq).where(streams.c.stream == bindparam("stream")))
_HEADS = Prepared(
    lambda words: select(streams.c.stream, streams.c.seq).where(words.among(streams.c.stream, "names"))
)
_SINCE = Prepared(
    select(events.c.seq, events.c.kind, events.c.data, events.c.at)
    .where(events.c.stream == bindparam("stream"), events.c.seq > bindparam("seq"))
    .order_by(events.c.seq)
    .limit(bindparam("limit", type_=Integer))
)
_EPOCH = Prepared(select(instance.c.epoch))
_ANY_DUE = Prepared(
    lambda words: (
        select(jobs.c.id)
        .where(
            jobs.c.state == "waiting",
            jobs.c.due_at <= bindparam("now"),
            words.among(jobs.c.consumer, "consumers"),
        )
        .limit(1)
    )
)


@dataclass(frozen=True, slots=True)
class Logged:
    """One row of a stream's log."""

    stream: str
    seq: int
    at: int
    event: Event


@dataclass(frozen=True, slots=True)
class Job:
    """A fact that one consumer still has to act on. `tries` counts this attempt."""

    id: str
    consumer: str
    event: Event
    tries: int


@dataclass(frozen=True, slots=True)
class Queued:
    """A job as it lies there. `failing`: it did not work out, will be tried again, and nobody has it in hand."""

    id: str
    event: Event
    begun: bool
    failing: bool
    dead: bool


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed for good and waits for a person."""

    id: str
    consumer: str
    kind: str
    tries: int
    problem: str
    created_at: int


async def reserve(tx: Tx, stream: str) -> int:
    """The stream's next seq, held for this transaction, which must `emit` under it, give it back or fail."""
    return int(await tx.value(_GROW, stream=stream))


async def hold(tx: Tx, stream: str) -> None:
    """Nobody else tells anything in `stream` until this transaction ends, so what is read now stays true.

    Whoever writes to a stream and to rows that belong to it takes the stream first, so that nobody waits in a circle.
    """
    await tx.run(tx.insert(streams).values(stream=stream, seq=0).on_conflict_do_nothing())
    await tx.one(locking(tx.dialect, select(streams.c.seq).where(streams.c.stream == stream)))


async def give_back(tx: Tx, stream: str) -> None:
    """What `reserve` gave in this transaction is not needed: the next event gets it, so that there is no gap."""
    await tx.run(update(streams).where(streams.c.stream == stream).values(seq=streams.c.seq - 1))


async def emit(tx: Tx, event: Event, *, after_ms: int = 0, seq: int | None = None) -> int:
    """Write `event` to its stream's log and to its consumers' queues; return its seq.

    `after_ms` delays the consumers, not the log. `seq` is one that `reserve` gave.
    """
    stream = event.stream
    if seq is None:
        seq = await reserve(tx, stream)
    data = msgspec.json.encode(event).decode()
    await tx.run(_LOG, stream=stream, seq=seq, kind=event.kind, data=data, at=tx.now)
    await _queue(tx, event, data, tx.now + after_ms)
    tx.hints.append((stream, seq))
    return seq


async def schedule(tx: Tx, task: Task, at: int | None = None, *, only: Consumer | None = None) -> None:
    """Have the consumers of `task` (or one of them) look at it at `at` (epoch ms; None: now) or later. No log tells of it.

    It cannot be taken back: whoever works it off looks whether it still holds.
    """
    data = msgspec.json.encode(task).decode()
    await _queue(tx, task, data, tx.now if at is None else max(at, tx.now), only)


async def _queue(tx: Tx, event: Event, data: str, due_at: int, only: Consumer | None = None) -> None:
    for consumer in ROUTES[type(event)]:
        if only not in (None, consumer):
            continue
        tx.queued = True
        await tx.run(
            _QUEUE, id=new_id(tx.now), consumer=consumer, kind=event.kind, data=data, tries=0,
            state="waiting", problem="", due_at=due_at, created_at=tx.now,
        )  # fmt: skip


async def head(tx: Tx, stream: str) -> int:
    """The seq of the newest event of `stream`; 0 when nothing has happened yet."""
    return int(await tx.value(_HEAD, stream=stream) or 0)


async def epoch(tx: Tx) -> str:
    """Of which history the numbers are: another one after every restore, and after a failover of PostgreSQL."""
    return str(await tx.value(_EPOCH))


async def heads(tx: Tx, names: Sequence[str]) -> dict[str, int]:
    """The newest seq of each of `names`; a stream without events is 0."""
    rows = await tx.all(_HEADS, names=names)
    return dict.fromkeys(names, 0) | {row.stream: int(row.seq) for row in rows}


async def events_since(tx: Tx, stream: str, seq: int, limit: int = 200) -> list[Logged]:
    """What happened in `stream` after `seq`, oldest first, at most `limit`.

    Gapless: no smaller seq can commit later. Fewer than `limit` means the reader has caught up.
    """
    rows = await tx.all(_SINCE, stream=stream, seq=seq, limit=limit)
    return [Logged(stream, int(row.seq), row.at, _decode(row.kind, row.data)) for row in rows]


def _decode(kind: str, data: str) -> Event:
    return msgspec.json.decode(data.encode(), type=KINDS[kind])


async def anything_due(tx: Tx, consumers: Sequence[str] = CONSUMERS) -> bool:
    """Whether `claim` would find something."""
    return await tx.one(_ANY_DUE, now=tx.now, consumers=consumers) is not None


async def claim(tx: Tx, consumers: Sequence[str] = CONSUMERS, limit: int = 20) -> list[Job]:
    """Lease due jobs for LEASE_MS; one that is not settled by then comes back, so a crash delays but loses nothing."""
    due = (
        select(jobs)
        .where(jobs.c.state == "waiting", jobs.c.due_at <= tx.now, jobs.c.consumer.in_(consumers))
        .order_by(jobs.c.due_at)
        .limit(limit)
    )
    rows = await tx.all(skip_locked(tx.dialect, due))
    ids = [row.id for row in rows]
    if ids:
        # Without a problem, so that one in hand is not taken for one that waits after a failure.
        lease = {"due_at": tx.now + LEASE_MS, "tries": jobs.c.tries + 1, "problem": ""}
        await tx.run(update(jobs).where(jobs.c.id.in_(ids)).values(**lease))
    return [Job(row.id, row.consumer, _decode(row.kind, row.data), row.tries + 1) for row in rows]


async def renew(tx: Tx, job: Job) -> bool:
    """Lease it for LEASE_MS from now on. False when somebody else has taken it over, or it is gone: leave it to them."""
    mine = and_(jobs.c.id == job.id, jobs.c.state == "waiting", jobs.c.tries == job.tries)
    return bool(await tx.run(update(jobs).where(mine).values(due_at=tx.now + LEASE_MS)))


async def put_back(tx: Tx, job: Job) -> None:
    """It was not done, and that is nobody's fault: whoever asks next gets it, with the tries that it had."""
    mine = and_(jobs.c.id == job.id, jobs.c.state == "waiting", jobs.c.tries == job.tries)
    await tx.run(update(jobs).where(mine).values(due_at=tx.now, tries=job.tries - 1))


async def settle(tx: Tx, job: Job) -> None:
    """Done: the job goes."""
    await tx.run(jobs.delete().where(jobs.c.id == job.id))


async def fail(tx: Tx, job: Job, problem: str, *, permanent: bool = False) -> None:
    """Try again later (min(6 h, 15 s · 2ⁿ) ± 20 %), or give up and keep it where a person sees it."""
    dead = permanent or job.tries >= MAX_TRIES
    wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (job.tries - 1)) * random.uniform(0.8, 1.2)
    state = {
        "state": "dead" if dead else "waiting",
        "problem": problem[:500],
        "due_at": tx.now + int(wait_s * 1000),
    }
    await tx.run(update(jobs).where(jobs.c.id == job.id).values(**state))


async def queue_of(tx: Tx, consumer: Consumer, limit: int = 1_000) -> list[Queued]:
    """What lies there for a consumer, oldest first, at most `limit`: due within hours, in hand or failed for good."""
    soon = tx.now + 2 * LONGEST_RETRY_S * 1000
    here = (jobs.c.state.in_(("waiting", "dead")), jobs.c.due_at <= soon, jobs.c.consumer == consumer)
    rows = await tx.all(select(jobs).where(*here).order_by(jobs.c.created_at).limit(limit))
    return [
        Queued(
            row.id,
            _decode(row.kind, row.data),
            begun=row.tries > 0,
            failing=row.state == "waiting" and row.tries > 0 and row.problem != "",
            dead=row.state == "dead",
        )
        for row in rows
    ]


async def drop(tx: Tx, ids: Sequence[str]) -> None:
    """Those of these jobs go that nobody has begun, and those that failed for good: another one stands for them."""
    idle = or_(jobs.c.tries == 0, jobs.c.state == "dead")
    await tx.run(jobs.delete().where(jobs.c.id.in_(ids), idle))


async def dead_jobs(tx: Tx, limit: int = 100) -> list[DeadJob]:
    """Jobs that failed for good, newest first."""
    rows = await tx.all(
        select(jobs).where(jobs.c.state == "dead").order_by(jobs.c.created_at.desc()).limit(limit)
    )
    return [DeadJob(r.id, r.consumer, r.kind, r.tries, r.problem, r.created_at) for r in rows]


async def retry(tx: Tx, job_id: str) -> None:
    """Put a dead job back into the queue, with all its tries. Raises NotFound."""
    fresh = {"state": "waiting", "tries": 0, "due_at": tx.now}
    if not await tx.run(update(jobs).where(jobs.c.id == job_id, jobs.c.state == "dead").values(**fresh)):
        raise NotFound("That job is not waiting for anybody.")


async def discard(tx: Tx, job_id: str) -> None:
    """Drop a dead job. Raises NotFound."""
    if not await tx.run(jobs.delete().where(jobs.c.id == job_id, jobs.c.state == "dead")):
        raise NotFound("That job is not waiting for anybody.")


async def jobs_by_state(tx: Tx) -> dict[str, int]:
    """How many jobs wait (leased ones included), are planned for a moment to come, and failed for good."""
    planned = and_(jobs.c.state == "waiting", jobs.c.tries == 0, jobs.c.due_at > tx.now)
    state = case((planned, "planned"), else_=jobs.c.state).label("state")
    counted = select(state, func.count().label("many")).group_by(state)
    return {"waiting": 0, "planned": 0, "dead": 0} | {
        row.state: int(row.many) for row in await tx.all(counted)
    }


async def waiting_jobs(tx: Tx) -> int:
    """How many jobs wait, leased ones included; what is planned for a moment to come does not count."""
    return (await jobs_by_state(tx))["waiting"]
