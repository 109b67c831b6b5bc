"""How many come in at once. Beyond what can be served soon, a new connection is told when to come back.

Everybody who connects or subscribes takes a turn. Turns are given out a few at each turn of the event loop, so that a
thousand who return in one moment stand in line beside posts, sign-in and pages, and not before them.
"""

import asyncio
import random
from collections import deque
from time import monotonic
from typing import Final

from channel.errors import Unavailable
from channel.files import file_limit, most_live
from channel.live.hub import Hub
from channel.metrics import LoopLag

AT_ONCE: Final = 32  # at work, and begun in one turn of the loop
PATIENCE_S: Final = 5.0  # a line that takes longer than this is full
MOST_WAITING: Final = 10_000  # and so is one of so many: each holds about 20 kB
SURE_AFTER_S: Final = (
    2.0  # from when on the pace of a line says how long it takes; its beginning is mostly accepting
)
PACE_OF_S: Final = 10.0  # the pace is that of about so long
SHORTEST_PAUSE_MS: Final = 2_000
LONGEST_PAUSE_MS: Final = 60_000
WORDS: Final = {
    "full": "This server has as many open connections as it can hold.",
    "queue": "Too many are connecting at this moment.",
    "lag": "This server has more to do than it can at this moment.",
}


class Busy(Unavailable):
    """Not now. `reason` is one of WORDS. `retry_ms` is another one for each, so that not all come back together."""

    def __init__(self, reason: str, retry_ms: int) -> None:
        super().__init__(f"{WORDS[reason]} Come back later.", retry_after_s=-(-retry_ms // 1000))
        self.reason = reason
        self.retry_ms = retry_ms


class Entrance:
    """One per node. `most_open`: how many live connections there may be; by default what the limit of files leaves."""

    def __init__(self, hub: Hub, lag: LoopLag, most_open: int | None = None) -> None:
        self._hub = hub
        self._lag = lag
        self.most_open = most_live(file_limit()) if most_open is None else most_open
        self._at_work = 0
        self._begun = 0  # in this turn of the loop
        self._turning = False
        self._line: deque[asyncio.Future[None]] = deque()
        self._since_s = 0.0  # the line has stood
        self._served = 0.0  # meanwhile

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def at_work(self) -> int:
        return self._at_work

    def wait_s(self) -> float:
        """How long somebody who comes now stands in line, about; 0 as long as that cannot be known."""
        stood_s = monotonic() - self._since_s
        if not self._line or stood_s < SURE_AFTER_S:
            return 0.0
        return len(self._line) * stood_s / max(1.0, self._served)

    def require_room(self) -> None:
        """Raise Busy, and count it, when one more connection would be too much now."""
        reason = self._too_much()
        if reason:
            self._hub.tallies.refused[reason] += 1
            raise Busy(reason, self._pause_ms())

    def _too_much(self) -> str:
        if self._hub.connections() + self._at_work + len(self._line) >= self.most_open:
            return "full"
        if len(self._line) >= MOST_WAITING or (len(self._line) >= AT_ONCE and self.wait_s() > PATIENCE_S):
            return "queue"
        return "lag" if self._lag.overloaded() else ""

    def _pause_ms(self) -> int:
        """Full jitter above a floor; the longer the line, the further apart."""
        spread_ms = 2 * SHORTEST_PAUSE_MS + int(2_000 * self.wait_s())
        return random.randrange(SHORTEST_PAUSE_MS, min(LONGEST_PAUSE_MS, spread_ms) + 1)

    async def __aenter__(self) -> None:
        """Wait for a turn."""
        if self._line or self._at_work >= AT_ONCE or self._begun >= AT_ONCE:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if not self._line:
                self._since_s, self._served = monotonic(), 0.0
            self._line.append(place)
            self._turn_soon()
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._at_work -= 1  # it had been given the turn
                    self._turn_soon()
                raise
            return
        self._begin()

    async def __aexit__(self, *_: object) -> None:
        """Give the turn back."""
        self._at_work -= 1
        if self._line:
            self._keep_pace()
            self._turn_soon()

    def _keep_pace(self) -> None:
        self._served += 1
        stood_s = monotonic() - self._since_s
        if stood_s > PACE_OF_S:
            self._since_s += stood_s / 2
            self._served /= 2

    def _begin(self) -> None:
        self._at_work += 1
        self._begun += 1
        self._turn_soon()

    def _turn_soon(self) -> None:
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """The loop has gone round: so many more may begin."""
        self._turning = False
        self._begun = 0
        while self._line and self._at_work < AT_ONCE and self._begun < AT_ONCE:
            place = self._line.popleft()
            if not place.done():
                self._begin()
                place.set_result(None)
