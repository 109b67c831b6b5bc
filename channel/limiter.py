"""How often is too often: one table of rates, counted in memory on each node.

Guessing limits (codes, links, recovery) are not here: they are counted in the database, see accounts/guesses.py.
"""

import math
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from channel.errors import TooMany

# What is counted, and how many an account or a network may have of it. CHANNEL_LIMIT_SCALE multiplies all of them.
RATES: dict[str, tuple[type[RateLimitItem], int]] = {
    "read": (RateLimitItemPerMinute, 600),
    "write": (RateLimitItemPerMinute, 120),
    "publish": (RateLimitItemPerHour, 60),
    "join": (RateLimitItemPerHour, 20),
    "sign_in": (RateLimitItemPerHour, 60),
    "connect": (RateLimitItemPerMinute, 120),
    "found": (RateLimitItemPerHour, 10),
}


class Limiter:
    """Counts hits in sliding windows, at a constant cost however high the limit is."""

    def __init__(self, scale: float = 1.0) -> None:
        self._items = {name: kind(max(1, math.ceil(count * scale))) for name, (kind, count) in RATES.items()}
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())

    def hit(self, name: str, who: str) -> None:
        """Count one `name` for `who` (an account id or a network). Raises TooMany with the seconds to wait."""
        item = self._items[name]
        if not self._windows.hit(item, name, who):
            reset_at = self._windows.get_window_stats(item, name, who).reset_time
            wait_s = max(1, math.ceil(reset_at - time.time()))
            if wait_s < 120:
                raise TooMany(f"That was too often. Try again in {wait_s} seconds.", retry_after_s=wait_s)
            wait_min = math.ceil(wait_s / 60)
            raise TooMany(f"That was too often. Try again in {wait_min} minutes.", retry_after_s=wait_s)
