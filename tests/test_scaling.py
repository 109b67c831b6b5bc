"""The simulation behind docs/scaling.md does what the live engine does."""

import pytest

from tests.bench.scaling import COSTS, SIZES, Costs, needed, poisson, simulate

FREE = Costs(post_s=0, tail_s=0, write_s=1e-5, frame_s=1e-6)


def test_one_post_takes_a_write_for_each() -> None:
    told = simulate(1_000, [0.0], costs=FREE)
    assert told.p99_s == pytest.approx(1_000 * 1e-5, rel=0.03)
    assert told.busy == pytest.approx(1)


def test_everybody_gets_every_post_once() -> None:
    moments = poisson(200, 3, seed=1)
    told = simulate(2_000, moments, costs=FREE)
    took_s = 2_000 * len(moments) / told.deliveries_a_second
    assert took_s >= moments[-1] - moments[0]


def test_posts_that_arrive_together_share_writes() -> None:
    alone = simulate(5_000, [0.0], costs=FREE)
    burst = simulate(5_000, [0.0] * 16, costs=FREE)
    assert burst.deliveries_a_second > 5 * alone.deliveries_a_second


def test_beyond_what_writes_allow_latency_grows_slowly_because_posts_ride_along() -> None:
    # 400 posts a second to 1,000 followers would be four seconds of single writes in each second.
    told = simulate(1_000, poisson(400, 3, seed=2), costs=FREE)
    assert told.p99_s < 0.1


def test_a_room_ten_times_as_large_needs_no_node_more_work() -> None:
    small, large = needed(SIZES[1]), needed(SIZES[3])
    assert large.nodes == 100 * small.nodes
    assert large.share == pytest.approx(small.share, rel=0.05)
    assert large.memory_gb == pytest.approx(100 * small.memory_gb)
    assert needed(SIZES[0]).hints_a_second == 0
    assert large.p99_s > COSTS.hint_s
