"""How late the event loop is: everything here has its turn on it, so what holds it delays everybody."""

import asyncio
from time import monotonic
from typing import Final

from channel.metrics.kinds import Histogram, Peak

EVERY_S: Final = 0.25
LATE_S: Final = 0.5  # a probe later than this is late
OVERLOADED_AFTER_S: Final = 2.0  # and a loop whose probes have all been late for so long has too much to do


class LoopLag:
    """One per loop. Costs four wake-ups a second."""

    def __init__(self) -> None:
        self.seconds = Histogram()
        self.peak = Peak()
        self._late_since_s: float | None = None

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            due_s = monotonic() + EVERY_S
            await asyncio.sleep(EVERY_S)
            now_s = monotonic()
            self.note(max(0.0, now_s - due_s), now_s)

    def note(self, lag_s: float, now_s: float) -> None:
        """One probe, which came `lag_s` after its time."""
        self.seconds.observe(lag_s)
        self.peak.note(lag_s, now_s)
        if lag_s < LATE_S:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = now_s  # not since when it was due: one hole, however long, is no overload

    def overloaded(self) -> bool:
        """Every probe of the last OVERLOADED_AFTER_S was late."""
        return self._late_since_s is not None and monotonic() - self._late_since_s >= OVERLOADED_AFTER_S
