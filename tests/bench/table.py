"""Rows, and how numbers are told."""

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


def printed(rows: Iterable[Row]) -> str:
    """A Markdown table, its columns in line."""
    head = Row("what", "Channel", "bare counterpart", "Channel / bare")
    cells = [(row.what, row.channel, row.bare, row.ratio) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
