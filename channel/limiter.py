"""How often is too often: one table of rates, counted in memory on each node.

Guessing limits (codes, links, recovery) are not here: they are counted in the database, see accounts/guesses.py.
"""

import math
import time
from typing import Final

from channel.errors import TooMany

MINUTE_S, HOUR_S = 60, 3600
# What is counted, and how many an account or a network may have of it in how long. CHANNEL_LIMIT_SCALE multiplies them.
RATES: dict[str, tuple[int, int]] = {
    "read": (600, MINUTE_S),
    "write": (120, MINUTE_S),
    "feed": (240, HOUR_S),
    "search": (60, MINUTE_S),
    "publish": (60, HOUR_S),
    "upload": (300, HOUR_S),
    "upload_piece": (600, MINUTE_S),
    "ask": (20, HOUR_S),
    "message": (30, HOUR_S),
    "mail_reply": (30, HOUR_S),
    "join": (20, HOUR_S),
    "follow": (60, HOUR_S),
    "sign_in": (60, HOUR_S),
    "connect": (120, MINUTE_S),
    "found": (10, HOUR_S),
    "hook": (3000, MINUTE_S),
    "order": (60, HOUR_S),
    "ask_provider": (60, MINUTE_S),
}
SWEEP_S: Final = 60.0  # how often those are forgotten who have not come for a while


class Limiter:
    """Counts hits in sliding windows: what came in this window, and of the one before as much as still overlaps.

    Each caller costs one entry and each hit the same, however high the limit is. Monotonic time: a clock that is set
    neither opens nor closes anything. A library for this would keep a timer thread that wakes a hundred times a second.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._most = {name: (max(1, math.ceil(count * scale)), long) for name, (count, long) in RATES.items()}
        self._seen: dict[
            tuple[str, str], list[int]
        ] = {}  # number of the window, hits in it, hits in the one before
        self._sweep_at = time.monotonic() + SWEEP_S

    def hit(self, name: str, who: str) -> None:
        """Count one `name` for `who` (an account id or a network). Raises TooMany with the seconds to wait."""
        most, long_s = self._most[name]
        now_s = time.monotonic()
        if now_s >= self._sweep_at:
            self._sweep(now_s)
        window, into_s = divmod(now_s, long_s)
        entry = self._entry((name, who), int(window))
        weight = entry[2] * (long_s - into_s) / long_s + entry[1]
        if weight + 1 > most:
            raise _too_many(_wait_s(entry, most, long_s, into_s))
        entry[1] += 1

    def _entry(self, key: tuple[str, str], window: int) -> list[int]:
        entry = self._seen.get(key)
        if entry is None:
            entry = self._seen[key] = [window, 0, 0]
        elif entry[0] != window:
            entry[2] = entry[1] if entry[0] == window - 1 else 0
            entry[0], entry[1] = window, 0
        return entry

    def _sweep(self, now_s: float) -> None:
        self._sweep_at = now_s + SWEEP_S
        over = [key for key, entry in self._seen.items() if entry[0] < now_s // RATES[key[0]][1] - 1]
        for key in over:
            del self._seen[key]


def _wait_s(entry: list[int], most: int, long_s: int, into_s: float) -> int:
    """When enough has slid out of the window for one more."""
    _, now, before = entry
    room = most - 1 - now
    if room < 0:  # this window alone is full: it has to become the one before, and then slide out
        return math.ceil(long_s - into_s + long_s * (now - most + 1) / now)
    return math.ceil(long_s - long_s * room / before - into_s) if before else 1


def _too_many(wait_s: int) -> TooMany:
    wait_s = max(1, wait_s)
    if wait_s < 120:
        return TooMany(f"That was too often. Try again in {wait_s} seconds.", retry_after_s=wait_s)
    wait_min = math.ceil(wait_s / 60)
    return TooMany(f"That was too often. Try again in {wait_min} minutes.", retry_after_s=wait_s)
