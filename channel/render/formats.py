"""Numbers and moments as people of a language write them. Moments are epoch milliseconds, printed in UTC.

What is printed is the same for everybody who reads the language; scripts put it into the reader's own time.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Any

from channel.i18n import noop
from channel.render.json import iso

MONTHS = (
    noop("January"), noop("February"), noop("March"), noop("April"), noop("May"), noop("June"), noop("July"),
    noop("August"), noop("September"), noop("October"), noop("November"), noop("December"),
)  # fmt: skip
_COMMA = {"de": ","}  # everybody else here writes a point


def formats(language: str, words: NullTranslations) -> dict[str, Callable[..., Any]]:
    """The template filters of one language."""
    comma = _COMMA.get(language, ".")
    group = "." if comma == "," else ","
    say = words.gettext

    def number(count: int) -> str:
        return f"{count:,}".replace(",", group)

    def compact(count: int, whole_below: int = 10_000) -> str:
        """Whole at first, then 12.4k and 1.2m, never rounded up."""
        if count < whole_below:
            return number(count)
        if count < 1_000_000:
            return say("%(thousands)sk") % {"thousands": _tenths(count // 100, comma)}
        return say("%(millions)sm") % {"millions": _tenths(count // 100_000, comma)}

    def clock(epoch_ms: int) -> str:
        return f"{_moment(epoch_ms):%H:%M}"

    def day(epoch_ms: int) -> str:
        date = _moment(epoch_ms)
        parts = {"day": date.day, "month": say(MONTHS[date.month - 1]), "year": date.year}
        return say("%(day)s %(month)s %(year)s") % parts

    def short_day(epoch_ms: int) -> str:
        """Without the year, for lists."""
        date = _moment(epoch_ms)
        return say("%(day)s %(month)s") % {"day": date.day, "month": say(MONTHS[date.month - 1])[:3]}

    def exact(epoch_ms: int) -> str:
        return say("%(day)s, %(clock)s UTC") % {"day": day(epoch_ms), "clock": clock(epoch_ms)}

    filters = {"iso": iso, "number": number, "compact": compact, "clock": clock, "day": day, "exact": exact}
    return {**filters, "short_day": short_day}


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _tenths(tenths: int, comma: str) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole}{comma}{rest}" if rest and whole < 100 else str(whole)
