"""Rows, and how numbers are told."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its bare counterpart. `ratio`: how many times the bare figure it is."""

    what: str
    channel: str
    bare: str = ""
    ratio: str = ""


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def us(seconds: float) -> str:
    return f"{seconds * 1_000_000:,.0f} µs" if seconds >= 1e-5 else f"{seconds * 1_000_000:.1f} µs"


def spread(seconds: Sequence[float]) -> str:
    return f"p50 {ms(percentile(seconds, 50))}, p99 {ms(percentile(seconds, 99))}"


def times(value: float, bare: float) -> str:
    """As "3.20 ×", or as "1/40" where two digits would say nothing."""
    return f"{value / bare:.2f} ×" if value > bare / 10 else f"1/{bare / value:.0f}"


def of_rounds(values: Sequence[float], digits: int = 2) -> str:
    """The median, and from where to where the rounds went."""
    middle, least, most = statistics.median(values), min(values), max(values)
    if len(values) == 1:
        return f"{middle:,.{digits}f}"
    return f"{middle:,.{digits}f} ({least:,.{digits}f}–{most:,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bar, and what the rounds measured. `at_least`: more is better."""

    what: str
    bar: float
    measured: Sequence[float]
    at_least: bool = True
    unit: str = "×"

    @property
    def reached(self) -> bool:
        middle = statistics.median(self.measured)
        return middle >= self.bar if self.at_least else middle <= self.bar

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        digits = 0 if self.bar >= 100 else 2
        told = f"{of_rounds(self.measured, digits)} {self.unit}"
        return self.what, f"{sign} {self.bar:g} {self.unit}", told, "yes" if self.reached else "no"


@dataclass(frozen=True, slots=True)
class Table:
    """What one part found, and how far that is from what was aimed at."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    goals: Sequence[Goal] = ()


def printed(rows: Iterable[Row]) -> str:
    """Rows beside their bare counterparts."""
    return grid(
        ("what", "Channel", "bare counterpart", "Channel / bare"),
        [(row.what, row.channel, row.bare, row.ratio) for row in rows],
    )


def grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, its columns in line."""
    cells = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def against(goals: Iterable[Goal]) -> str:
    """What was aimed at, and what was reached."""
    return grid(("goal", "bar", "measured", "reached"), [goal.cells() for goal in goals])
