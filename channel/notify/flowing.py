"""Plain text in lines that a terminal shows whole, which programs join again that fit it to their window (RFC 3676). Pure."""

import re
import textwrap
from functools import lru_cache
from typing import Final

MOST_CHARS: Final = 76  # of a line; the break behind it is a space more
KEPT_LINES: Final = 512  # most of a letter stands in the next one, too
SIGNATURE: Final = "-- "
_QUOTED: Final = re.compile(r"(?:> ?)+")


def flowed(text: str) -> str:
    """The text for a part that is `format=flowed`. A word that is longer than a line, an address for instance, stays whole."""
    return "\n".join(_line(line) for line in text.split("\n"))


@lru_cache(KEPT_LINES)
def _line(line: str) -> str:
    if line == SIGNATURE:
        return line
    line = line.rstrip(" ")
    found = _QUOTED.match(line)
    marks = found[0].rstrip(" ") + " " if found else ""
    words = line[found.end() :] if found else line
    if len(line) <= MOST_CHARS:
        return line if found else _stuffed(line)
    pieces = textwrap.wrap(
        words, MOST_CHARS - len(marks), break_long_words=False, break_on_hyphens=False, replace_whitespace=False,
        expand_tabs=False,
    )  # fmt: skip
    return " \n".join(marks + piece if marks else _stuffed(piece) for piece in pieces)


def _stuffed(line: str) -> str:
    """What begins a line and would mean something there has a space before it, which is taken off again."""
    return f" {line}" if line.startswith((" ", ">", "From ")) else line
