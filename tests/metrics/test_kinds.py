"""Histograms, peaks of late, and a loop that has too much to do."""

import asyncio
import time

import pytest

from channel.metrics import Histogram, LoopLag, Peak
from channel.metrics import lag as lag_module
from channel.metrics.kinds import PEAK_S, quantile


def test_a_value_on_a_bound_belongs_to_it() -> None:
    seen = Histogram((1, 2, 4))
    for value in (0.5, 1, 1.5, 4, 5):
        seen.observe(value)
    assert list(seen.cumulative()) == [(1, 2), (2, 3), (4, 4)]
    assert (seen.count, seen.sum) == (5, 12)


@pytest.mark.parametrize(
    ("counts", "part", "bound"),
    [
        ((0, 0, 0, 0), 0.99, None),
        ((1, 0, 0, 0), 0.99, 1),
        ((99, 1, 0, 0), 0.99, 1),
        ((98, 2, 0, 0), 0.99, 2),
        ((0, 0, 0, 1), 0.99, float("inf")),
    ],
)
def test_a_quantile_is_the_bound_that_so_many_did_not_exceed(
    counts: tuple[int, ...], part: float, bound: float | None
) -> None:
    assert quantile((1, 2, 4), counts, part) == bound


def test_a_peak_is_forgotten_after_a_while_and_not_before() -> None:
    peak = Peak()
    peak.note(5, 1_000)
    peak.note(3, 1_000 + PEAK_S - 1)
    assert peak.value(1_000 + PEAK_S - 1) == 5
    assert peak.value(1_000 + PEAK_S) == 5  # of the window before
    assert peak.value(1_000 + 2 * PEAK_S) == 0
    peak.note(7, 9_000)
    assert peak.value(99_000) == 0


def test_one_late_probe_is_no_overload_and_a_row_of_them_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(lag_module, "monotonic", lambda: now_s)
    lag = LoopLag()
    lag.note(3.0, now_s)  # a single hole, however long
    assert not lag.overloaded()
    now_s += 0.3
    lag.note(0.01, now_s)
    assert not lag.overloaded()
    for _ in range(4):
        now_s += 0.85
        lag.note(0.6, now_s)
    assert lag.overloaded()
    now_s += 0.25
    lag.note(0.0, now_s)
    assert not lag.overloaded()
    assert lag.peak.value(now_s) == 3.0


async def test_the_probe_notices_what_holds_the_loop() -> None:
    lag = LoopLag()
    probing = asyncio.get_running_loop().create_task(lag.run())
    await asyncio.sleep(0.05)
    time.sleep(0.5)
    await asyncio.sleep(0.05)
    probing.cancel()
    assert lag.seconds.sum >= 0.2
