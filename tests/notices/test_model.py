"""Rules and times, without a database: what holds where, and when it is told as clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from channel.errors import Invalid
from channel.notices.model import How, Rule, Times, after_quiet, clock, due_at, effective, parse_clock, zones


def at(zone: str, *when: int, fold: int = 0) -> int:
    return int(datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[arg-type]


def shown(zone: str, moment: int) -> str:
    return f"{datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("rules", "how"),
    [
        ([], "none"),
        ([Rule("c", None, "daily", 5)], "daily"),
        ([Rule("c", None, "daily", 5), Rule("c", "r", "none", 5)], "none"),
        ([Rule("c", None, "none", 5), Rule("c", "r", "instant", 5)], "instant"),
        ([Rule("c", None, "daily", 5), Rule("c", "other", "instant", 5)], "daily"),
        ([Rule("c", None, "daily", 4)], "none"),  # chosen before they left and came back
        ([Rule("c", None, "daily", 5), Rule("c", "r", "instant", 4)], "daily"),
    ],
)
def test_a_rooms_rule_comes_before_the_communitys_and_none_outlives_a_membership(
    rules: list[Rule], how: str
) -> None:
    assert effective(rules, "r", 5, important=False) == how
    assert effective(rules, "r", None, important=False) == "none"


# Berlin puts its clocks forward on 29 March 2026 at 2:00, and back on 25 October at 3:00; New York on 8 March and 1
# November; Lord Howe by half an hour; Kathmandu never, but for its quarter of an hour.
@pytest.mark.parametrize(
    ("zone", "hour", "now", "due"),
    [
        ("Europe/Berlin", 18, (2026, 3, 28, 18, 0), "2026-03-29 18:00 +0200"),
        ("Europe/Berlin", 18, (2026, 3, 28, 17, 59), "2026-03-28 18:00 +0100"),
        ("Europe/Berlin", 2, (2026, 3, 28, 12, 0), "2026-03-29 03:00 +0200"),
        ("Europe/Berlin", 2, (2026, 10, 24, 12, 0), "2026-10-25 02:00 +0200"),
        ("Europe/Berlin", 18, (2026, 10, 24, 18, 0), "2026-10-25 18:00 +0100"),
        ("America/New_York", 2, (2026, 3, 7, 23, 0), "2026-03-08 03:00 -0400"),
        ("America/New_York", 1, (2026, 10, 31, 23, 0), "2026-11-01 01:00 -0400"),
        ("Australia/Lord_Howe", 2, (2026, 10, 3, 23, 0), "2026-10-04 02:30 +1100"),
        ("Asia/Kathmandu", 7, (2026, 6, 1, 7, 0), "2026-06-02 07:00 +0545"),
        ("UTC", 0, (2026, 12, 31, 23, 59), "2027-01-01 00:00 +0000"),
    ],
)
def test_a_daily_letter_comes_at_the_next_hour_on_the_clock_there(
    zone: str, hour: int, now: tuple[int, ...], due: str
) -> None:
    assert shown(zone, due_at("daily", Times(zone, hour), at(zone, *now))) == due


def test_an_hour_that_comes_twice_tells_once() -> None:
    times = Times("Europe/Berlin", 2)
    first = due_at("daily", times, at("Europe/Berlin", 2026, 10, 24, 12, 0))
    second = due_at("daily", times, first)
    assert shown("Europe/Berlin", first) == "2026-10-25 02:00 +0200"
    assert shown("Europe/Berlin", second) == "2026-10-26 02:00 +0100"


def test_a_weekly_letter_comes_on_monday() -> None:
    times = Times("Europe/Berlin", 18)
    assert shown("Europe/Berlin", due_at("weekly", times, at("Europe/Berlin", 2026, 3, 23, 17, 0))) == (
        "2026-03-23 18:00 +0100"
    )
    assert shown("Europe/Berlin", due_at("weekly", times, at("Europe/Berlin", 2026, 3, 23, 18, 0))) == (
        "2026-03-30 18:00 +0200"
    )


@pytest.mark.parametrize(
    ("quiet", "now", "ends"),
    [
        ((22 * 60, 7 * 60), (2026, 1, 10, 23, 0), "2026-01-11 07:00 +0100"),
        ((22 * 60, 7 * 60), (2026, 1, 10, 6, 59), "2026-01-10 07:00 +0100"),
        ((22 * 60, 7 * 60), (2026, 1, 10, 7, 0), "2026-01-10 07:00 +0100"),
        ((22 * 60, 7 * 60), (2026, 1, 10, 22, 0), "2026-01-11 07:00 +0100"),
        ((13 * 60, 15 * 60), (2026, 1, 10, 14, 0), "2026-01-10 15:00 +0100"),
        ((13 * 60, 15 * 60), (2026, 1, 10, 12, 59), "2026-01-10 12:59 +0100"),
        ((22 * 60, 2 * 60 + 30), (2026, 3, 28, 23, 0), "2026-03-29 03:30 +0200"),  # an end that never comes
        ((22 * 60, 2 * 60 + 30), (2026, 10, 24, 23, 0), "2026-10-25 02:30 +0200"),  # and one that comes twice
        ((22 * 60, 0), (2026, 1, 10, 23, 59), "2026-01-11 00:00 +0100"),
    ],
)
def test_what_is_due_in_quiet_hours_waits_until_they_end(
    quiet: tuple[int, int], now: tuple[int, ...], ends: str
) -> None:
    times = Times("Europe/Berlin", 18, *quiet)
    assert shown("Europe/Berlin", after_quiet(times, at("Europe/Berlin", *now))) == ends
    assert shown("Europe/Berlin", due_at("instant", times, at("Europe/Berlin", *now))) == ends


def test_the_second_time_that_an_hour_comes_is_quiet_too() -> None:
    times = Times("Europe/Berlin", 18, 22 * 60, 2 * 60 + 30)
    again = at("Europe/Berlin", 2026, 10, 25, 2, 15, fold=1)
    assert shown("Europe/Berlin", after_quiet(times, again)) == "2026-10-25 02:30 +0100"


@pytest.mark.parametrize("passes", [False, True])
@pytest.mark.parametrize("important", [False, True])
def test_quiet_hours_hold_but_for_what_is_important_and_allowed(passes: bool, important: bool) -> None:
    zone = "Europe/Berlin"
    times = Times(zone, 2, 22 * 60, 7 * 60, important_passes=passes)
    night = at(zone, 2026, 1, 7, 3, 0)
    end = night if passes and important else at(zone, 2026, 1, 7, 7, 0)
    assert after_quiet(times, night, important=important) == end
    for how in ("instant", "important"):
        assert due_at(how, times, night, important=important) == end  # type: ignore[arg-type]
    digest = at(zone, 2026, 1, 8, 7, 0)
    assert due_at("daily", times, night, important=important) == digest, "a digest is never urgent"
    noon = at(zone, 2026, 1, 7, 12, 0)
    assert after_quiet(times, noon, important=important) == noon


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
)
@pytest.mark.parametrize("how", ["daily", "weekly"])
def test_all_year_round_digests_are_ahead_and_at_most_a_period_apart(zone: str, how: How) -> None:
    times, hour_ms = Times(zone, 2), 3_600_000
    period = 24 * hour_ms * (7 if how == "weekly" else 1)
    now = at(zone, 2026, 1, 1, 0, 30)
    for _ in range(365 * 2):
        due = due_at(how, times, now)
        assert now < due <= now + period + 2 * hour_ms, shown(zone, now)
        now += 12 * hour_ms


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"hour": 24}, "hour"),
        ({"hour": -1}, "hour"),
        ({"quiet_from": 60}, "quiet_to"),
        ({"quiet_to": 60}, "quiet_from"),
        ({"quiet_from": 60, "quiet_to": 60}, "quiet_to"),
        ({"quiet_from": 1440, "quiet_to": 60}, "quiet_from"),
    ],
)
def test_what_is_no_time_is_named(given: dict[str, object], field: str) -> None:
    whole = {"zone": "UTC", "hour": 18, "quiet_from": None, "quiet_to": None} | given
    with pytest.raises(Invalid) as refused:
        Times.parse(**whole)  # type: ignore[arg-type]
    assert field in refused.value.fields


@pytest.mark.parametrize(
    "typed", ["24:00", "7", "7:5", "ab:cd", "-1:00", "²1:00", "22:60", ":", "1:2:3", "٣٣:٠٠"]
)
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_clock(typed, "quiet_from")


def test_times_of_day_are_read_as_they_are_written() -> None:
    assert [parse_clock(text, "x") for text in ("22:00", " 7:05 ", "00:00", "")] == [1320, 425, 0, None]
    assert [clock(one) for one in (1320, 425, 0, None)] == ["22:00", "07:05", "00:00", ""]


def test_zones_are_places() -> None:
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= set(zones())
    assert not any(name.startswith("Etc/") for name in zones())
