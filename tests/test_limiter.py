"""How often is too often, and how long one has to wait: exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel import limiter
from channel.errors import TooMany
from channel.limiter import RATES, SWEEP_S, Limiter


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limiter, "time", made)
    return made


def refused(limits: Limiter, name: str = "join", who: str = "a") -> int:
    """The seconds to wait, 0 when it was taken."""
    try:
        limits.hit(name, who)
    except TooMany as error:
        return error.retry_after_s
    return 0


def test_as_many_as_the_rate_says_and_no_more(clock: Clock) -> None:
    limits = Limiter()
    assert [refused(limits) for _ in range(RATES["join"][0])] == [0] * 20
    assert refused(limits) > 0


def test_others_and_other_rates_are_not_touched(clock: Clock) -> None:
    limits = Limiter(0.05)
    assert refused(limits) == 0
    assert refused(limits) > 0
    assert refused(limits, who="b") == 0
    assert refused(limits, name="sign_in") == 0


def test_the_scale_multiplies(clock: Clock) -> None:
    limits = Limiter(2)
    assert [refused(limits) for _ in range(40)] == [0] * 40
    assert refused(limits) > 0


@given(st.lists(st.floats(0, 900), min_size=1, max_size=120))
def test_who_waits_as_long_as_told_gets_in_and_nobody_gets_more_than_the_rate(pauses_s: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(limiter, "time", clock)
        limits, most, long_s = Limiter(0.2), 4, RATES["join"][1]
        taken_s: list[float] = []
        for pause_s in pauses_s:
            clock.now_s += pause_s
            wait_s = refused(limits)
            if wait_s:
                clock.now_s += wait_s
                assert refused(limits) == 0
            taken_s.append(clock.now_s)
        windows = [int(at_s // long_s) for at_s in taken_s]
        assert all(windows.count(window) <= most for window in windows)


def test_who_stays_away_is_forgotten(clock: Clock) -> None:
    limits = Limiter()
    for number in range(1000):
        limits.hit("write", str(number))
    clock.now_s += 2 * 60 + SWEEP_S
    limits.hit("write", "x")
    assert len(limits._seen) == 1
