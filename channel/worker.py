"""One loop that works off what facts ask of consumers: claim, handle, settle. Also sweeps what has expired.

At least once: a crash between a handler's effect and its settling repeats the effect after the lease (outbox.LEASE_MS).
Handlers must bear that. One job of a lane at a time: a slow relay delays mail, not the server, and never outlives its
lease. Jobs of a LONG lane take hours: their lease is renewed while they run, so a crash delays them by one lease, too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from channel import outbox
from channel.errors import ChannelError
from channel.events import Event
from channel.hearers import CONSUMERS
from channel.notify import Undeliverable
from channel.storage import Database, Tx
from channel.storage.dialect import only_one

Handler = Callable[[Event], Awaitable[None]]
Sweep = Callable[[Tx], Awaitable[None]]

POLL_S: Final = 2.0  # covers what no wake-up told: retries that fall due, jobs of another process
HANDLER_TIMEOUT_S: Final = 50.0  # below the lease
RENEW_S: Final = 20.0  # so that two may fail before the lease ends
SWEEP_S: Final = 600.0
SWEEP_LOCK: Final = 0x73776570  # "swep"

# Consumers that wait for somebody else's server or for a picture have a lane each: the others go on meanwhile.
SLOW: Final = (
    "mail", "payments", "media", "cropping", "previews", "sound", "video", "following", "websub", "incoming",
)  # fmt: skip
# Those that work longer than a lease, and for how many seconds at most. A server that ends puts their job back.
LONG: Final[Mapping[str, float]] = {
    "media": 1_800.0,
    "cropping": 1_800.0,
    "sound": 3_600.0,
    "video": 8 * 3_600.0,
}

log = logging.getLogger("channel.worker")


class _LeaseLost(Exception):
    """Somebody else has taken the job over."""


class _Ending(Exception):
    """The worker stops, and the job in hand would take too long to wait for."""


class Lane:
    """Consumers whose jobs are done one after another."""

    def __init__(self, consumers: tuple[str, ...]) -> None:
        self.consumers = consumers
        self.woken = asyncio.Event()


class Worker:
    """`handlers` by consumer name. app.py runs one, wakes it after commits and stops it before the database closes."""

    def __init__(self, db: Database, handlers: Mapping[str, Handler], sweeps: Sequence[Sweep] = ()) -> None:
        self._db = db
        self._handlers = handlers
        self._sweeps = sweeps
        slow = [name for name in SLOW if name in handlers]  # a lane that nobody works in would only be asked
        quick = tuple(name for name in CONSUMERS if name not in slow)
        self._lanes = (Lane(quick), *(Lane((name,)) for name in slow))
        self._stopping = False
        self._ends = asyncio.Event()
        self._next_sweep_s = 0.0

    def wake(self) -> None:
        """Something may have been queued: look now."""
        for lane in self._lanes:
            lane.woken.set()

    def stop(self) -> None:
        """`run` returns once the jobs in hand are settled; long ones are put back. What is left waits in the database."""
        self._stopping = True
        self._ends.set()
        self.wake()

    async def run(self) -> None:
        """Work until stopped. Survives a database that is away; cancelled, it leaves its job to the lease."""
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(self._run(lane))

    async def _run(self, lane: Lane) -> None:
        while not self._stopping:
            lane.woken.clear()
            try:
                await self._work_off(lane)
                if lane is self._lanes[0]:
                    await self._sweep_when_due()
            except ChannelError as error:
                log.warning("The queue has to wait: %s", error.detail)
            except Exception:
                log.exception("The queue stumbled; it goes on in %.0f s", POLL_S)
            if not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lane.woken.wait(), POLL_S)

    async def work_off(self) -> None:
        """Do all that is due now. `run` does this for ever; a command may do it once."""
        for lane in self._lanes:
            await self._work_off(lane)

    async def _work_off(self, lane: Lane) -> None:
        while not self._stopping and await self._anything_due(lane):
            async with self._db.write() as tx:
                jobs = await outbox.claim(tx, lane.consumers, limit=1)
            if jobs:
                await self._do(jobs[0])

    async def _anything_due(self, lane: Lane) -> bool:
        # Asked of a reader first: every commit wakes us, and most have nothing for us; the writer is for those who write.
        async with self._db.read(single=True) as tx:
            return await outbox.anything_due(tx, lane.consumers)

    async def _do(self, job: outbox.Job) -> None:
        try:
            problem, permanent = await self._outcome(job)
        except _LeaseLost:
            log.warning("Job %s took so long that somebody else took it over.", job.event.kind)
            return
        except _Ending:
            async with self._db.write() as tx:
                await outbox.put_back(tx, job)
            return
        async with self._db.write() as tx:
            if problem is None:
                await outbox.settle(tx, job)
            else:
                await outbox.fail(tx, job, problem, permanent=permanent)

    async def _outcome(self, job: outbox.Job) -> tuple[str | None, bool]:
        """(None, False) when done, else what went wrong and whether for good. The text is free of secrets."""
        handler = self._handlers.get(job.consumer)
        if handler is None:
            return f"Nothing here does {job.consumer}. Set it up, then retry.", True
        longest_s = LONG.get(job.consumer, HANDLER_TIMEOUT_S)
        try:
            async with asyncio.timeout(longest_s):
                await (self._keeping(job, handler) if job.consumer in LONG else handler(job.event))
        except (_LeaseLost, _Ending):
            raise
        except Undeliverable as error:
            return str(error), error.permanent
        except TimeoutError:
            return f"It took longer than {longest_s:.0f} s.", False
        except ChannelError as error:
            return error.detail, False
        except Exception as error:  # a bug in one handler must not stop the others
            # The message may hold what the handler worked with; the class is enough for the list of dead jobs.
            log.error("Job %s (%s) failed", job.event.kind, job.consumer, exc_info=True)
            return f"A fault in the program ({type(error).__name__}); the log says more.", False
        return None, False

    async def _keeping(self, job: outbox.Job, handler: Handler) -> None:
        """Do it while the lease is renewed. Raises _LeaseLost or _Ending, and what the handler raises; it is over then."""
        try:
            async with asyncio.TaskGroup() as both:
                renewing = both.create_task(self._renew(job))
                await handler(job.event)
                renewing.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _renew(self, job: outbox.Job) -> None:
        """For ever, or until it cannot go on."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ends.wait(), RENEW_S)
            if self._ends.is_set():
                raise _Ending
            try:
                async with self._db.write() as tx:
                    held = await outbox.renew(tx, job)
            except (
                ChannelError
            ) as error:  # away for longer than a lease, it tells of the loss once it is back
                log.warning("A lease could not be renewed: %s", error.detail)
                continue
            if not held:
                raise _LeaseLost

    async def _sweep_when_due(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_sweep_s or self._stopping:
            return
        self._next_sweep_s = now_s + SWEEP_S
        for sweep in self._sweeps:
            async with self._db.write(heavy=True) as tx:
                # Two at once would wait for each other's rows, or deadlock; the next time comes soon enough.
                if await tx.value(only_one(tx.dialect, SWEEP_LOCK)):
                    await sweep(tx)
