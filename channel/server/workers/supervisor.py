"""Several workers on one port: started, watched, replaced when they die, renewed one by one, ended together.

Each has a listening socket of its own on the same port (SO_REUSEPORT): one queue for all would pile long-lived
connections on few. The supervisor opens these sockets and hands them down, so that a renewed worker takes over the very
queue of the old one and nobody is refused meanwhile. The queue of one that died is closed: who waits in it comes again
and meets a worker that lives.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from channel.errors import Unavailable
from channel.server.listener import listen
from channel.server.process import STOP_S
from channel.server.workers.line import Orders, Ready
from channel.server.workers.worker import Worker, start

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
STEADY_S: Final = 60.0  # who lived so long did not die of how it starts
READY_S: Final = 300.0  # a first start may bring the schema up to date
ENDS_S: Final = STOP_S - 0.5

log = logging.getLogger("channel.supervisor")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to run. `command` starts one worker; the numbers of its socket and its line are added to it."""

    host: str
    port: int
    command: Sequence[str]
    url: str
    bus: str


class _Slot:
    """One listening socket and the worker that serves it. `renewal` is asked for by `_roll` and done by `_tend`."""

    def __init__(self, number: int, sock: socket.socket, worker: Worker) -> None:
        self.number = number
        self.sock = sock
        self.worker = worker
        self.wanted = asyncio.Event()
        self.renewal: asyncio.Future[bool] | None = None


class Supervisor:
    """Runs a plan on listening sockets of its own, made by `listen_shared`."""

    def __init__(self, plan: Plan, sockets: Sequence[socket.socket]) -> None:
        self._plan = plan
        self._sockets = sockets
        self._slots: list[_Slot] = []
        self._alive: set[Worker] = set()
        self._group = asyncio.TaskGroup()
        self._stop = asyncio.Event()
        self._roll_wanted = asyncio.Event()
        self._at_a_terminal = sys.stdin.isatty()

    async def run(self, on_ready: Callable[[str | None], None]) -> None:
        """Serve until SIGTERM or SIGINT. `on_ready` hears the secret of the set-up link once all workers serve.

        Raises SystemExit(1) when the first worker could not start: it has said why.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        async with self._group:
            tending: list[asyncio.Task[None]] = []
            try:
                first = await self._first()
                if first is not None and not self._stop.is_set():
                    await self._others()
                    tending = [self._group.create_task(self._tend(slot)) for slot in self._slots]
                    tending.append(self._group.create_task(self._roll()))
                    on_ready(first.setup)
                    await self._stop.wait()
            finally:
                for task in tending:
                    task.cancel()
                await self._end_all()
        if first is None and not self._stop.is_set():
            raise SystemExit(1)

    # --- starting

    async def _first(self) -> Ready | None:
        """One alone at first: the schema is brought up to date once, and what is wrong is said once."""
        return await self._ready(self._fill(1, self._sockets[0], first=True))

    async def _others(self) -> None:
        for number, sock in enumerate(self._sockets[1:], 2):
            self._fill(number, sock)
        stopping = self._group.create_task(self._stop.wait())
        for slot in self._slots:
            ready: set[asyncio.Future[Any]] = {slot.worker.ready, stopping}
            await asyncio.wait(ready, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    def _fill(self, number: int, sock: socket.socket, *, first: bool = False) -> Worker:
        worker = self._start(sock, first=first)
        self._slots.append(_Slot(number, sock, worker))
        return worker

    def _start(self, sock: socket.socket, *, first: bool = False) -> Worker:
        worker = start(self._plan.command, sock, Orders(self._plan.url, self._plan.bus, first))
        self._alive.add(worker)
        self._group.create_task(self._attend(worker))
        return worker

    async def _attend(self, worker: Worker) -> None:
        try:
            await worker.attend()
        finally:
            self._alive.discard(worker)

    async def _ready(self, worker: Worker) -> Ready | None:
        """None when it died first, or took too long and was killed."""
        done, _ = await asyncio.wait({worker.ready}, timeout=READY_S)
        if not done:
            worker.kill()
        return await worker.ready

    # --- keeping

    async def _tend(self, slot: _Slot) -> None:
        """Replace the slot's worker when it dies, renew it when that is wanted."""
        loop, wait_s = asyncio.get_running_loop(), FIRST_WAIT_S
        while True:
            began_s = loop.time()
            await self._died_or_wanted(slot, slot.worker)
            if slot.worker.gone.is_set():
                wait_s = FIRST_WAIT_S if loop.time() - began_s > STEADY_S else wait_s
                await self._replace(slot, slot.worker, wait_s)
                wait_s = min(LONGEST_WAIT_S, wait_s * 2)
            else:
                await self._renew(slot, slot.worker)
                wait_s = FIRST_WAIT_S

    async def _died_or_wanted(self, slot: _Slot, worker: Worker) -> None:
        waits = [
            self._group.create_task(worker.gone.wait()),
            self._group.create_task(slot.wanted.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _replace(self, slot: _Slot, dead: Worker, wait_s: float) -> None:
        log.warning(
            "Worker %d (process %d) %s; another one starts in %.1f s",
            slot.number, dead.process.pid, dead.how_it_ended(), wait_s,
        )  # fmt: skip
        slot.sock.close()
        await asyncio.sleep(wait_s)
        try:
            slot.sock = listen(self._plan.host, self._plan.port, shared=True)
        except Unavailable as error:
            log.error("Worker %d has no socket: %s", slot.number, error.detail)
            return
        slot.worker = self._start(slot.sock)
        self._renewed(slot, done=await self._ready(slot.worker) is not None)

    async def _renew(self, slot: _Slot, old: Worker) -> None:
        """The new one serves before the old one takes leave; on failure the old one goes on."""
        new = self._start(slot.sock)
        serves = await self._ready(new) is not None
        if serves:
            slot.worker = new
            await self._end_one(old)
            log.info("Worker %d is process %d now, and was %d", slot.number, new.process.pid, old.process.pid)
        self._renewed(slot, done=serves)

    def _renewed(self, slot: _Slot, *, done: bool) -> None:
        """Whichever way it came by a new worker, it needs no other."""
        slot.wanted.clear()
        if slot.renewal is not None and not slot.renewal.done():
            slot.renewal.set_result(done)

    async def _roll(self) -> None:
        """On SIGHUP, one worker after another."""
        while True:
            await self._roll_wanted.wait()
            self._roll_wanted.clear()
            log.info("Renewing the workers, one after another")
            for slot in self._slots:
                slot.renewal = asyncio.get_running_loop().create_future()
                slot.wanted.set()
                if not await slot.renewal:
                    log.error("The new worker %d did not start; the old ones go on", slot.number)
                    break
            else:
                log.info("All workers are renewed")

    # --- ending

    def _end(self) -> None:
        """First signal: in order. Second: at once; what was acknowledged is safe."""
        if self._stop.is_set():
            for worker in self._alive:
                worker.kill()
        self._stop.set()
        for worker in self._alive:
            if not worker.ready.done():
                worker.ask_to_end()

    def _hang_up(self) -> None:
        """Renew the workers; but if the terminal it was started at is gone, that was meant as an end."""
        if self._at_a_terminal:
            try:
                os.tcgetpgrp(0)
            except OSError:
                self._end()
                return
        self._roll_wanted.set()

    async def _end_one(self, worker: Worker) -> None:
        worker.ask_to_end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDS_S):
                await worker.gone.wait()
        worker.kill()

    async def _end_all(self) -> None:
        for sock in (*self._sockets, *(slot.sock for slot in self._slots)):
            sock.close()
        await asyncio.gather(*(self._end_one(worker) for worker in tuple(self._alive)))
