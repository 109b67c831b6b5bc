"""Calendar months, in UTC: a subscription of the 31st is charged on the last day of a shorter month. Pure."""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Final

from channel.tiers.model import MONTHS, Interval

MAX_PERIODS: Final = 1_200  # a hundred years of months


def after(start_ms: int, interval: Interval, count: int) -> int:
    """The moment `count` intervals after `start_ms` (both epoch ms). Raises ValueError for what never comes again."""
    if interval == "once":
        raise ValueError("once has no periods")
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    months = start.year * 12 + start.month - 1 + MONTHS[interval] * count
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    moved = start.replace(year=year, month=month + 1, day=day)
    return start_ms + (moved - start) // timedelta(milliseconds=1)


def current(start_ms: int, interval: Interval, now_ms: int) -> tuple[int, int]:
    """The period of which `now_ms` is part, from its start to the next one's."""
    count = 0
    while count < MAX_PERIODS and after(start_ms, interval, count + 1) <= now_ms:
        count += 1
    return after(start_ms, interval, count), after(start_ms, interval, count + 1)
