"""What a scraper reads."""

import pytest

from channel.metrics import Histogram, counter, gauge, histogram, labelled, text
from tests.metrics.reading import read


def test_every_kind_is_printed_as_the_format_says() -> None:
    times = Histogram((0.5, 1.0))
    for value in (0.25, 0.75, 3.0):
        times.observe(value)
    told = text(
        [
            gauge("open", "Open.", 2.5),
            counter("seen_total", "Seen.", 12_345_678),
            labelled("ended_total", "Ended.", "code", {"1012": 3, "lost": 1}),
            labelled("jobs", "Jobs.", "state", {}),
            histogram("took_seconds", "Took.", times),
        ]
    ).decode()
    assert told.splitlines()[:3] == ["# HELP open Open.", "# TYPE open gauge", "open 2.5"]
    assert read(told) == {
        ("open", ""): 2.5,
        ("seen_total", ""): 12_345_678,
        ("ended_total", "1012"): 3,
        ("ended_total", "lost"): 1,
        ("took_seconds_bucket", "0.5"): 1,
        ("took_seconds_bucket", "1"): 2,
        ("took_seconds_bucket", "+Inf"): 3,
        ("took_seconds_sum", ""): 4,
        ("took_seconds_count", ""): 3,
    }


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb"])
def test_a_label_cannot_break_out_of_its_line(value: str) -> None:
    told = text([labelled("x", "X.", "l", {value: 1})]).decode()
    assert len(told.splitlines()) == 3
    [(_, label)] = read(told)
    assert label.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\") == value
