"""When something ends, as a form says it: after a span, on a day, or never."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from channel.errors import Invalid
from channel.i18n import noop as N_
from channel.web.forms import Form

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
SPANS: Final[dict[str, int]] = {
    "hour": _HOUR_MS,
    "day": _DAY_MS,
    "week": 7 * _DAY_MS,
    "month": 30 * _DAY_MS,
    "year": 365 * _DAY_MS,
}
MORNING: Final = 8  # o'clock
MAX_OFFSET_MIN: Final = 14 * 60
SPAN_WORDS: Final[dict[str, str]] = {
    "hour": N_("For an hour"),
    "day": N_("For a day"),
    "week": N_("For a week"),
    "month": N_("For 30 days"),
    "year": N_("For a year"),
}


def moment(form: Form, name: str, now: int) -> int | None:
    """Epoch ms, None for no end: the last moment (UTC) of the day in `{name}_date`, else the span chosen in `name`.

    Raises Invalid naming the field.
    """
    day, span = form.line(f"{name}_date"), form.line(name)
    if day:
        return _end_of(day, f"{name}_date", now)
    if not span:
        return None
    if span not in SPANS:
        raise Invalid({name: "Choose one of the times offered."})
    return now + SPANS[span]


def comes_back(form: Form, now: int) -> int | None:
    """When something put off comes back: tomorrow or in a week at eight, or at a time of one's own ("at"); None for neither.

    `offset`: minutes that the sender's clock is behind UTC, as browsers tell it; without it the clock is UTC's. Raises
    Invalid (until).
    """
    offset = timedelta(minutes=max(-MAX_OFFSET_MIN, min(form.number("offset") or 0, MAX_OFFSET_MIN)))
    days = {"tomorrow": 1, "week": 7}.get(form.line("until"))
    if days is not None:
        here = datetime.fromtimestamp(now / 1000, UTC) - offset
        morning = datetime.combine(here.date() + timedelta(days=days), time(MORNING), UTC)
        return int((morning + offset).timestamp() * 1000)
    if not form.line("at"):
        return None
    try:
        wanted = datetime.fromisoformat(form.line("at")).replace(tzinfo=UTC) + offset
        return int(wanted.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid(until="Write a time like 2030-12-31T08:00.") from error


def _end_of(day: str, field: str, now: int) -> int:
    try:
        after = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time.min, UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({field: "Write a day like 2030-12-31."}) from error
    end_ms = int(after.timestamp() * 1000) - 1
    if end_ms <= now:
        raise Invalid({field: "Choose a day to come."})
    return end_ms
