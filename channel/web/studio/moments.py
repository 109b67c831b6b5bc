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


def _end_of(day: str, field: str, now: int) -> int:
    try:
        after = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time.min, UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({field: "Write a day like 2030-12-31."}) from error
    end_ms = int(after.timestamp() * 1000) - 1
    if end_ms <= now:
        raise Invalid({field: "Choose a day to come."})
    return end_ms
