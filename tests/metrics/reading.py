"""Reads the text format as its specification says, and nothing else; a small parser of its own."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN"
LABELS = r'(?:\{([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"\})?'
SAMPLE = re.compile(rf"({NAME}){LABELS} ({VALUE})")
ENDS = {"histogram": ("_bucket", "_sum", "_count")}


def read(text: str) -> dict[tuple[str, str], float]:
    """(name, value of the label or nothing): number. Raises AssertionError for what is no such text."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    kinds: dict[str, str] = {}
    described = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            described = line.split(" ", 3)[2]
            assert described not in kinds, f"{described} comes twice"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == described and kind in ("counter", "gauge", "histogram"), line
            assert (kind == "counter") == name.endswith("_total"), line
            kinds[name] = kind
        else:
            hit = SAMPLE.fullmatch(line)
            assert hit, line
            name, _, label, value = hit.groups()
            allowed = [described + end for end in ENDS.get(kinds[described], ("",))]
            assert name in allowed, line
            assert (name, label or "") not in found, line
            found[name, label or ""] = float(value)
    for name, kind in kinds.items():
        if kind == "histogram":
            buckets = [value for (one, _), value in found.items() if one == f"{name}_bucket"]
            assert buckets == sorted(buckets) and buckets[-1] == found[f"{name}_count", ""], name
    return found
