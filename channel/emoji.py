"""What an emoji is: one of those that people are offered, in one spelling.

emoji.txt lists them, Unicode Emoji 17.0: one a line, fully qualified; `spelling=emoji` where one of its other forms is
more than a skin tone. It is made of the picker's own data, so whatever is offered there is taken here
(tests/test_emoji.py compares them). Skin tones are folded: 👍🏽 counts as 👍, so a count is not split in six and
says nothing about anybody. A community has some of its own besides (channel.emotes), written `:name:`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from channel.errors import Invalid

MAX_CHARS: Final = 40  # no emoji is longer; what is, is not even looked up
PROBLEM: Final = "Choose one emoji."
_DRESS: Final = dict.fromkeys([0xFE0F, *range(0x1F3FB, 0x1F400)])  # how it is drawn, and skin tones
_BETWEEN: Final = " \t\r\n,"
_OWN: Final = re.compile(r":[a-z0-9_]{2,32}:")


def parse(text: str, field: str = "emoji") -> str:
    """The emoji that `text` is, fully qualified and without a skin tone. Raises Invalid naming `field`."""
    found = _known().get(text.translate(_DRESS)) if len(text) <= MAX_CHARS else None
    if found is None:
        raise Invalid({field: PROBLEM})
    return found


def is_own(text: str) -> bool:
    """Whether it is written as a community's own is; whether there is such a one is not asked."""
    return _OWN.fullmatch(text) is not None


def own_in(text: str) -> list[str]:
    """All in it that are written so."""
    return _OWN.findall(text)


def parse_several(text: str, field: str, *, most: int) -> tuple[str, ...]:
    """The emoji in `text`, each once, in their order, those of a community's own as they are written; spaces and commas
    between them are left out.

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
        if own := _OWN.match(bare, at):
            found[own[0]] = None
            at = own.end()
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
