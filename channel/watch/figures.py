"""The same numbers for a person: rates of the last minute, times and lines of the last five."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic
from typing import Final

from channel.metrics.kinds import SECONDS, quantile
from channel.watch.watch import Sample, Watch

MINUTE_S: Final = 60.0
WIDE, HIGH = 300, 40  # of a line's drawing


@dataclass(frozen=True, slots=True)
class Line:
    """A row of values over the last minutes. `points` draws them; `most` is the highest, which touches the top."""

    points: str
    most: float


@dataclass(frozen=True, slots=True)
class Now:
    """What the page shows. Rates are for a second; a time is in seconds, None while there was nothing to time.

    The three tables count since the start: how subscriptions began, why live connections were refused or cut, and how
    they ended.
    """

    watch: Watch
    connections: int
    frames_per_s: float
    bytes_per_s: float
    writes_per_s: float
    answers_per_s: float
    cpu_percent: float
    fanout_p99_s: float | None
    commit_p99_s: float | None
    answer_p99_s: float | None
    lag_s: float
    slice_s: float
    uptime_s: int
    lines: Mapping[str, Line]

    @property
    def group_size(self) -> float:
        """Writes that share a commit, on average."""
        sizes = self.watch.live.db.engine.commits.sizes
        return sizes.sum / sizes.count if sizes.count else 0.0


def figures(watch: Watch) -> Now:
    """As of this moment."""
    samples, hub, now_s = (*watch.samples, watch.moment()), watch.live.hub, monotonic()
    return Now(
        watch,
        hub.connections(),
        _rate(samples, lambda one: one.frames),
        _rate(samples, lambda one: one.bytes),
        _rate(samples, lambda one: one.writes),
        _rate(samples, lambda one: one.answers),
        100 * _rate(samples, lambda one: one.cpu_s),
        _p99(samples, lambda one: one.telling),
        _p99(samples, lambda one: one.commits),
        _p99(samples, lambda one: one.answering),
        watch.lag.peak.value(now_s),
        hub.fanout.slices.value(now_s),
        int(now_s - watch.started_s),
        {
            "connections": line([one.connections for one in samples]),
            "frames": line(_rates(samples, lambda one: one.frames)),
            "writes": line(_rates(samples, lambda one: one.writes)),
            "lag": line([one.lag_s for one in samples]),
        },
    )


def line(values: Sequence[float]) -> Line:
    """Drawn in a box of WIDE by HIGH, the newest value at the right."""
    most = max(values, default=0.0)
    step = WIDE / max(1, len(values) - 1)
    points = [
        f"{at * step:.0f},{HIGH - 1 - (HIGH - 2) * value / (most or 1):.1f}"
        for at, value in enumerate(values)
    ]
    return Line(" ".join(points) if len(points) > 1 else "", most)


def _rate(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """How much it grew in a second, over the last minute."""
    last = samples[-1]
    first = next(one for one in samples if one.at_s >= last.at_s - MINUTE_S)
    return max(0.0, of(last) - of(first)) / max(1.0, last.at_s - first.at_s)


def _rates(samples: Sequence[Sample], of: Callable[[Sample], float]) -> list[float]:
    return [
        max(0.0, of(after) - of(before)) / max(0.5, after.at_s - before.at_s)
        for before, after in pairwise(samples)
    ]


def _p99(samples: Sequence[Sample], of: Callable[[Sample], tuple[int, ...]]) -> float | None:
    """What 99 of 100 did not exceed, of all that came since the oldest sample."""
    fresh = [after - before for before, after in zip(of(samples[0]), of(samples[-1]), strict=True)]
    return quantile(SECONDS, fresh, 0.99)
