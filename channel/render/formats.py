"""Numbers and moments as people of a language write them. Moments are epoch milliseconds, printed in UTC.

What is printed is the same for everybody who reads the language; scripts put it into the reader's own time.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Any

from channel import money
from channel.i18n import noop
from channel.render.json import iso

MONTHS = (
    noop("January"), noop("February"), noop("March"), noop("April"), noop("May"), noop("June"), noop("July"),
    noop("August"), noop("September"), noop("October"), noop("November"), noop("December"),
)  # fmt: skip
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60
SPANS = {
    _DAY_S: (noop("%(n)s d"), noop("%(n)s h")),
    _HOUR_S: (noop("%(n)s h"), noop("%(n)s min")),
    _MINUTE_S: (noop("%(n)s min"), noop("%(n)s s")),
}
_BELOW = {_DAY_S: _HOUR_S, _HOUR_S: _MINUTE_S, _MINUTE_S: 1}
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
        return f"{moment(epoch_ms):%H:%M}"

    def day(epoch_ms: int) -> str:
        date = moment(epoch_ms)
        parts = {"day": date.day, "month": say(MONTHS[date.month - 1]), "year": date.year}
        return say("%(day)s %(month)s %(year)s") % parts

    def short_day(epoch_ms: int) -> str:
        """Without the year, for lists."""
        date = moment(epoch_ms)
        return say("%(day)s %(month)s") % {"day": date.day, "month": say(MONTHS[date.month - 1])[:3]}

    def exact(epoch_ms: int) -> str:
        return say("%(day)s, %(clock)s UTC") % {"day": day(epoch_ms), "clock": clock(epoch_ms)}

    filters: dict[str, Callable[..., Any]] = {
        "iso": iso,
        "number": number,
        "compact": compact,
        "clock": clock,
    }
    filters |= {"day": day, "exact": exact, "short_day": short_day, "lasting": lasting, "drawn": drawn}
    return {**filters, **_months(words), **_measures(comma, words, number), **_of_money(language)}


def _of_money(language: str) -> dict[str, Callable[[int, str], str]]:
    """Amounts, as people write them and as forms and files hold them."""

    def amount(minor: int, currency: str) -> str:
        return money.shown(minor, currency, language)

    return {"money": amount, "typed_money": money.plain}


def _months(words: NullTranslations) -> dict[str, Callable[[int], str]]:
    """Months alone, of any moment in them."""

    def month(epoch_ms: int) -> str:
        date = moment(epoch_ms)
        return f"{words.gettext(MONTHS[date.month - 1])} {date.year}"

    def short_month(epoch_ms: int) -> str:
        return words.gettext(MONTHS[moment(epoch_ms).month - 1])[:3]

    return {"month": month, "short_month": short_month}


def _measures(
    comma: str, words: NullTranslations, number: Callable[[int], str]
) -> dict[str, Callable[..., str]]:
    """What is measured: rates, sizes, times."""
    say = words.gettext

    def decimal(value: float) -> str:
        """One digit behind the comma while it says something."""
        if value >= 100 or value == int(value):
            return number(round(value))
        return f"{value:.1f}".removesuffix(".0").replace(".", comma)

    def size(count: float) -> str:
        """Bytes, in the unit that makes the number short."""
        for unit in ("B", "kB", "MB"):
            if count < 1000:
                return f"{decimal(count)} {unit}"
            count /= 1000
        return f"{decimal(count)} GB"

    def duration(seconds: float | None) -> str:
        """A short time; a dash while there was none."""
        if seconds is None:
            return "–"
        return f"{decimal(seconds)} s" if seconds >= 1 else f"{decimal(seconds * 1000)} ms"

    def within(bound_s: float | None) -> str:
        """The bound that times did not exceed; infinite beyond the largest one, which is ten seconds."""
        if bound_s == float("inf"):
            return f"> {duration(10)}"
        return duration(bound_s) if bound_s is None else f"≤ {duration(bound_s)}"

    def span(seconds: int) -> str:
        """A long time, in its two largest units."""
        for unit, (more, less) in SPANS.items():
            if seconds >= unit:
                first, rest = divmod(seconds, unit)
                return say(more) % {"n": first} + " " + say(less) % {"n": rest // _BELOW[unit]}
        return say("%(n)s s") % {"n": seconds}

    spoken = {"span": span, "rough": _rough(say, span)}
    return {"decimal": decimal, "size": size, "duration": duration, "within": within, **spoken}


def _rough(say: Callable[[str], str], span: Callable[[int], str]) -> Callable[[int], str]:
    def rough(ms: int) -> str:
        """About how long something plays: seconds at first, then minutes, then hours and minutes."""
        minutes = round(ms / 60_000)
        if ms < 60_000:
            return say("%(n)s s") % {"n": max(1, round(ms / 1000))}
        if minutes < 60:
            return say("%(n)s min") % {"n": minutes}
        return span(minutes * 60)

    return rough


def lasting(ms: int) -> str:
    """How long a sound or video is, as players show it."""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def drawn(waveform: Sequence[int]) -> str:
    """Loudnesses (0 to 100) as strokes of an SVG path, 4 wide and 36 high each."""
    heights = [max(2, level * 32 // 100) for level in waveform]
    return "".join(f"M{number * 4 + 2} {18 - height / 2:g}v{height}" for number, height in enumerate(heights))


def moment(epoch_ms: int) -> datetime:
    """In UTC."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _tenths(tenths: int, comma: str) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole}{comma}{rest}" if rest and whole < 100 else str(whole)
