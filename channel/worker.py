"""One loop that works off what facts ask of consumers: claim, handle, settle. Also sweeps what has expired.

At least once: a crash between a handler's effect and its settling repeats the effect after the lease (outbox.LEASE_MS).
Handlers must bear that. One job of a lane at a time: a slow relay delays mail, not the server, and never outlives its
lease.
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
SWEEP_S: Final = 600.0
SWEEP_LOCK: Final = 0x73776570  # "swep"

# Consumers that wait for somebody else's server or for a picture have a lane each: the others go on meanwhile.
SLOW: Final = ("mail", "payments", "media", "previews")

log = logging.getLogger("channel.worker")


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
        quick = tuple(name for name in CONSUMERS if name not in SLOW)
        self._lanes = (Lane(quick), *(Lane((name,)) for name in SLOW))
        self._stopping = False
        self._next_sweep_s = 0.0

    def wake(self) -> None:
        """Something may have been queued: look now."""
        for lane in self._lanes:
            lane.woken.set()

    def stop(self) -> None:
        """`run` returns once the jobs in hand are settled. What is left waits in the database."""
        self._stopping = True
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
        problem, permanent = await self._outcome(job)
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
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S):
                await handler(job.event)
        except Undeliverable as error:
            return str(error), error.permanent
        except TimeoutError:
            return f"It took longer than {HANDLER_TIMEOUT_S:.0f} s.", False
        except ChannelError as error:
            return error.detail, False
        except Exception as error:  # a bug in one handler must not stop the others
            # The message may hold what the handler worked with; the class is enough for the list of dead jobs.
            log.error("Job %s (%s) failed", job.event.kind, job.consumer, exc_info=True)
            return f"A fault in the program ({type(error).__name__}); the log says more.", False
        return None, False

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
