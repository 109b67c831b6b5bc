"""Reads what the parts count, a sample every few seconds for the last minutes, all of it when a scraper asks."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Final

from channel import outbox
from channel.bus import Bus
from channel.errors import ChannelError
from channel.live.joining import Live
from channel.metrics import Answers, LoopLag
from channel.watch.process import Process, look

EVERY_S: Final = 5.0
SAMPLES: Final = 61  # five minutes
log = logging.getLogger("channel.watch")


@dataclass(frozen=True, slots=True)
class Sample:
    """Numbers of one moment; what only grows is since the start. `lag_s`: the latest the loop was since the last one.

    The last three are counts of histograms.
    """

    at_s: float
    connections: int
    frames: int
    bytes: int
    writes: int
    answers: int
    cpu_s: float
    lag_s: float
    telling: tuple[int, ...]
    commits: tuple[int, ...]
    answering: tuple[int, ...]


class Watch:
    """One per node."""

    def __init__(self, live: Live, lag: LoopLag, answers: Answers, bus: Bus) -> None:
        self.live = live
        self.lag = lag
        self.answers = answers
        self.bus = bus
        self.process: Process = look()
        self.jobs: dict[str, int] = {}  # by state; empty when the database could not be asked
        self.samples: deque[Sample] = deque(maxlen=SAMPLES)
        self.started_s = monotonic()
        self._asked_s = 0.0
        self._lag_counts = list(lag.seconds.counts)

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(EVERY_S)

    def sample(self) -> None:
        """Keep this moment."""
        self.samples.append(self.moment())
        self._lag_counts = list(self.lag.seconds.counts)

    def moment(self) -> Sample:
        """As it is now."""
        self.process = look()
        hub, commits = self.live.hub, self.live.db.engine.commits
        return Sample(
            at_s=monotonic(),
            connections=hub.connections(),
            frames=hub.fanout.events + hub.fanout.notes + hub.tallies.sent_frames,
            bytes=hub.fanout.bytes + hub.tallies.sent_bytes,
            writes=int(commits.sizes.sum),
            answers=self.answers.seconds.count,
            cpu_s=self.process.cpu_s,
            lag_s=self._worst_lag(),
            telling=tuple(hub.fanout.seconds.counts),
            commits=tuple(commits.seconds.counts),
            answering=tuple(self.answers.seconds.counts),
        )

    def _worst_lag(self) -> float:
        """The bound of the slowest probe since the last sample."""
        counts = self.lag.seconds.counts
        fresh = [now - before for now, before in zip(counts, self._lag_counts, strict=True)]
        bounds = (*self.lag.seconds.bounds, self.lag.peak.value(monotonic()))
        return max((bound for bound, count in zip(bounds, fresh, strict=True) if count), default=0.0)

    async def ask(self) -> None:
        """Bring what only the database knows up to date, at most once every EVERY_S. Never raises a ChannelError."""
        now_s = monotonic()
        if self.jobs and now_s - self._asked_s < EVERY_S:
            return
        self._asked_s = now_s
        try:
            async with self.live.db.read(heavy=True) as tx:
                self.jobs = await outbox.jobs_by_state(tx)
        except ChannelError as error:
            self.jobs = {}
            log.warning("The jobs could not be counted: %s", error.detail)
