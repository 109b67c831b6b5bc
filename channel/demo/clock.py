"""From story days to real times, so that a Sunday firing is on a Sunday whenever the demo runs.

A story counts days backwards. Day 0 is now; days 7 and more carry weekdays (day 7 is a Sunday, 8 a Saturday …)
and are moved back together until they fall on them; days 1 to 6 name no weekday and fill the room between.
Nobody posts at night, so a demo started at 3 a.m. has its newest posts from the evening before.
"""

import re
from dataclasses import dataclass
from datetime import date

from channel.demo.model import Language

MINUTE_MS = 60_000
DAY_MIN = 24 * 60
LOCAL_OFFSET_MIN = 120  # Central Europe in summer; an hour off in winter keeps the day plausible
WAKES_MIN = 7 * 60
SLEEPS_MIN = 22 * 60 + 30
FRESH_MIN = 10 * 60  # day 0 reaches back this many waking minutes
WEEKDAY_STORY_DAYS = 7  # from this story day on, weekdays are kept
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"\{(mon|tue|wed|thu|fri|sat|sun)?(?:\+(\d+))?\}")


@dataclass(frozen=True, slots=True)
class Timeline:
    now_min: int  # local minutes since the epoch
    base_day: int  # the local day that story day 0 began on
    shift_days: int  # how far the weekday-bound past moved back, 0 to 6

    @classmethod
    def ending_at(cls, now_ms: int) -> "Timeline":
        now_min = now_ms // MINUTE_MS + LOCAL_OFFSET_MIN
        base_day = _awake_before(now_min, FRESH_MIN) // DAY_MIN
        return cls(now_min, base_day, (_weekday(base_day) + 1) % 7)

    def at_ms(self, story_day: int, at: str, jitter_min: int = 0) -> int:
        """Time of a note: `at` is "HH:MM", or on day 0 "-H:MM", waking time before now.

        The jitter makes day 0 older and any other day later.
        """
        minutes = _minutes(at.removeprefix("-"))
        if story_day == 0:
            return _to_ms(_awake_before(self.now_min, minutes + jitter_min))
        return _to_ms(self.day(story_day) * DAY_MIN + minutes + jitter_min)

    def day(self, story_day: int) -> int:
        """The local day, counted from the epoch. Later story days are never later days."""
        if story_day >= WEEKDAY_STORY_DAYS:
            return self.base_day - story_day - self.shift_days
        stretched_days = story_day * (WEEKDAY_STORY_DAYS + self.shift_days) // WEEKDAY_STORY_DAYS
        return self.base_day - stretched_days


def with_dates(text: str, at_ms: int, language: Language) -> str:
    """Replace `{+9}` by the date nine days after the post, `{sat}` by that of the Saturday after it."""
    today = (at_ms // MINUTE_MS + LOCAL_OFFSET_MIN) // DAY_MIN

    def date_of(found: re.Match[str]) -> str:
        weekday, days = found.groups()
        day = today + int(days or 0)
        if weekday:
            day += (_WEEKDAYS.index(weekday) - _weekday(today) - 1) % 7 + 1
        return _written(day, language) if weekday or days else found.group()

    return _DATE.sub(date_of, text)


def _written(day: int, language: Language) -> str:
    moment = date.fromordinal(_EPOCH_ORDINAL + day)
    if language == "de":
        return f"{moment.day}.{moment.month}."
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def _awake_before(now_min: int, minutes: int) -> int:
    day, minute = divmod(now_min, DAY_MIN)
    if minute < WAKES_MIN:
        day, minute = day - 1, SLEEPS_MIN
    minute = min(minute, SLEEPS_MIN)
    while minute - WAKES_MIN < minutes:
        minutes -= minute - WAKES_MIN
        day, minute = day - 1, SLEEPS_MIN
    return day * DAY_MIN + minute - minutes


def _weekday(day: int) -> int:
    return (day + _EPOCH_WEEKDAY) % 7


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _to_ms(local_min: int) -> int:
    return (local_min - LOCAL_OFFSET_MIN) * MINUTE_MS
