"""What an emoji is: one of those that people are offered, in one spelling.

emoji.txt lists them, Unicode Emoji 17.0: one a line, fully qualified; `spelling=emoji` where one of its other forms is
more than a skin tone. It is made of the picker's own data, so whatever is offered there is taken here
(tests/test_emoji.py compares them). Skin tones are folded: 👍🏽 counts as 👍, so a count is not split in six and
says nothing about anybody.
"""

from functools import cache
from pathlib import Path
from typing import Final

from channel.errors import Invalid

MAX_CHARS: Final = 40  # no emoji is longer; what is, is not even looked up
PROBLEM: Final = "Choose one emoji."
_DRESS: Final = dict.fromkeys([0xFE0F, *range(0x1F3FB, 0x1F400)])  # how it is drawn, and skin tones
_BETWEEN: Final = " \t\r\n,"


def parse(text: str, field: str = "emoji") -> str:
    """The emoji that `text` is, fully qualified and without a skin tone. Raises Invalid naming `field`."""
    found = _known().get(text.translate(_DRESS)) if len(text) <= MAX_CHARS else None
    if found is None:
        raise Invalid({field: PROBLEM})
    return found


def parse_several(text: str, field: str, *, most: int) -> tuple[str, ...]:
    """The emoji in `text`, each once, in their order; spaces and commas between them are left out.

    Raises Invalid for anything else in it, for none, and for more than `most`.
    """
    if len(text) > most * MAX_CHARS:
        raise Invalid({field: f"Choose at most {most} emoji."})
    bare = text.translate(_DRESS)
    found: dict[str, None] = {}
    at = 0
    while at < len(bare):
        if bare[at] in _BETWEEN:
            at += 1
            continue
        spelling = next((bare[at:end] for end in range(len(bare), at, -1) if bare[at:end] in _known()), None)
        if spelling is None:
            raise Invalid({field: "Write emoji only, nothing else."})
        found[_known()[spelling]] = None
        at += len(spelling)
    if not found:
        raise Invalid({field: "Choose at least one emoji."})
    if len(found) > most:
        raise Invalid({field: f"Choose at most {most} emoji."})
    return tuple(found)


@cache
def _known() -> dict[str, str]:
    """Every emoji by its bare spelling. Read when it is first needed."""
    known: dict[str, str] = {}
    for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines():
        spelling, _, emoji = line.rpartition("=")
        known[(spelling or emoji).translate(_DRESS)] = emoji
    return known
