"""The parts of a video or a recording: a time and a title each. Pure.

As lines of a form (`0:00 Title`), as WebVTT, and as the JSON that podcast programs read.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from channel.errors import Invalid
from channel.media.model import Chapter

MAX_CHAPTERS: Final = 100
MAX_TITLE_CHARS: Final = 120
MAX_CHARS: Final = MAX_CHAPTERS * (MAX_TITLE_CHARS + 20)
JSON_NAME: Final = "chapters.json"
VTT_NAME: Final = "chapters.vtt"
CHAPTERS_TYPE: Final = "application/json+chapters"  # of Podcasting 2.0
LONGEST_MS: Final = 100 * 3_600_000
_LINE: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?:\s+|$)(.*)")


def parse_lines(text: str, duration_ms: int | None) -> tuple[Chapter, ...]:
    """Of lines like `0:00 Title` or `1:02:03 Title`; empty ones count for nothing. Raises Invalid (chapters)."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found.append(_of_line(line.strip(), number))
    return parse_chapters(found, duration_ms)


def _of_line(line: str, number: int) -> Chapter:
    match = _LINE.fullmatch(line)
    if match is None or (match[1] and int(match[2]) > 59):
        raise Invalid(
            chapters=f"Line {number} of the chapters has no time. Write it like 0:00 Title, or 1:02:03 Title."
        )
    seconds = (int(match[1] or 0) * 60 + int(match[2])) * 60 + int(match[3])
    return Chapter(seconds * 1000, match[4])


def parse_chapters(given: Sequence[Chapter], duration_ms: int | None) -> tuple[Chapter, ...]:
    """In their order, each inside of what is played, the first at its beginning. Raises Invalid (chapters).

    `duration_ms` None: it is not known yet, and what lies beyond will not be shown.
    """
    if len(given) > MAX_CHAPTERS:
        raise Invalid(chapters="There are at most 100 chapters. Leave some out.")
    made = tuple(Chapter(one.at_ms, _title(one, place)) for place, one in enumerate(given, start=1))
    if made and made[0].at_ms != 0:
        raise Invalid(chapters="The first chapter begins at 0:00. Add one there.")
    last = -1
    for one in made:
        if one.at_ms <= last:
            raise Invalid(
                chapters=f"The chapter at {clock(one.at_ms)} does not begin after the one before. Put them in order."
            )
        if one.at_ms >= (LONGEST_MS if duration_ms is None else duration_ms):
            raise Invalid(
                chapters=f"The chapter at {clock(one.at_ms)} lies behind the end. Give it an earlier time."
            )
        last = one.at_ms
    return made


def _title(one: Chapter, place: int) -> str:
    title = " ".join("".join(char for char in one.title if _visible(char)).split())
    if not title:
        raise Invalid(chapters=f"Chapter {place} has no title. Write one behind its time.")
    if len(title) > MAX_TITLE_CHARS:
        raise Invalid(chapters=f"The title of chapter {place} has more than 120 characters. Make it shorter.")
    return title


def _visible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def clock(at_ms: int) -> str:
    """A moment as people write it: 0:00, 12:34, 1:02:03."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def lines(chapters: Sequence[Chapter]) -> str:
    """What parse_lines reads, in whole seconds."""
    return "\n".join(f"{clock(one.at_ms)} {one.title}" for one in chapters)


def inside(chapters: Sequence[Chapter], duration_ms: int | None) -> tuple[Chapter, ...]:
    """Those that begin before the end: they may have been written before it was known."""
    return tuple(one for one in chapters if duration_ms is None or one.at_ms < duration_ms)


def as_vtt(chapters: Sequence[Chapter], duration_ms: int | None) -> str:
    """A track of chapters (WebVTT, section 1.5): each lasts until the next one begins."""
    ends = [one.at_ms for one in chapters[1:]] + [duration_ms or LONGEST_MS]
    cues = [
        f"{_stamp(one.at_ms)} --> {_stamp(end)}\n{_escaped(one.title)}"
        for one, end in zip(chapters, ends, strict=True)
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _stamp(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


def _escaped(title: str) -> str:
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_json(chapters: Sequence[Chapter]) -> str:
    """What podcast programs read (Podcasting 2.0, JSON chapters 1.2.0): times in seconds."""
    told = [{"startTime": one.at_ms / 1000, "title": one.title} for one in chapters]
    return json.dumps({"version": "1.2.0", "chapters": told}, ensure_ascii=False)


def encoded(chapters: Sequence[Chapter]) -> str:
    if not chapters:
        return ""
    return json.dumps([[one.at_ms, one.title] for one in chapters], ensure_ascii=False)


def decoded(text: str) -> tuple[Chapter, ...]:
    return tuple(Chapter(at_ms, title) for at_ms, title in json.loads(text)) if text else ()
