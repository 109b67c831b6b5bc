"""Numbers that are more than one: how often each size came, and the largest of late.

Of the event loop alone, so without locks; a library's counters take a lock for each step, which the fan-out would feel.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

PEAK_S: Final = 60.0
# From a tenth of a millisecond to what nobody waits for.
SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # fmt: skip


class Histogram:
    """How many values came up to each of `bounds` (ascending), and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)  # the last one: more than every bound
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> Iterator[tuple[float, int]]:
        """Each bound, and how many values were not above it."""
        so_far = 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            so_far += count
            yield bound, so_far


def quantile(bounds: Sequence[float], counts: Sequence[int], part: float) -> float | None:
    """The bound that `part` (0 to 1) of the values do not exceed; None without values, infinite beyond every bound."""
    wanted, so_far = sum(counts) * part, 0
    if not wanted:
        return None
    for bound, count in zip(bounds, counts, strict=False):
        so_far += count
        if so_far >= wanted:
            return bound
    return float("inf")


class Peak:
    """The largest value of the last PEAK_S to twice as long. Moments are seconds of a clock that nobody sets."""

    __slots__ = ("_before", "_now", "_since_s")

    def __init__(self) -> None:
        self._before = self._now = 0.0
        self._since_s = 0.0

    def note(self, value: float, now_s: float) -> None:
        if now_s - self._since_s >= PEAK_S:
            self._turn(now_s)
        self._now = max(self._now, value)

    def value(self, now_s: float) -> float:
        if now_s - self._since_s >= PEAK_S:
            self._turn(now_s)
        return max(self._before, self._now)

    def _turn(self, now_s: float) -> None:
        self._before = self._now if now_s - self._since_s < 2 * PEAK_S else 0.0
        self._now, self._since_s = 0.0, now_s


class Answers:
    """What HTTP requests were answered, and how long that took."""

    __slots__ = ("seconds", "statuses")

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds = Histogram()

    def note(self, status: int, took_s: float) -> None:
        """One answer. A status of 0: nobody was left to answer."""
        self.statuses[str(status)] += 1
        self.seconds.observe(took_s)
