"""Words to a video, as WebVTT: times and what is said, and nothing else of what such a file may hold. Pure."""

import re
from collections.abc import Iterator

from channel.errors import Invalid

MAX_CHARS = 400_000  # four hours of talk are 300,000
MAX_CUES = 10_000
MAX_LANGUAGES = 20
MAX_LINE_CHARS = 500

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")
_TIME = r"(?:\d{2,3}:)?[0-5]\d:[0-5]\d\.\d{3}"
_TIMES = re.compile(rf"({_TIME})[ \t]+-->[ \t]+({_TIME})(.*)")
_SETTING = re.compile(
    r"(?:vertical:(?:rl|lr)|align:(?:start|center|end|left|right)"
    r"|(?:line|position|size):-?\d{1,3}(?:\.\d{1,2})?%?(?:,(?:start|center|end|line-left|line-right))?)"
)
_TAG = re.compile(r"<[^<>]*>?")
_KEPT = re.compile(r"</?[biu]>|<v [^<>&]{1,80}>|</v>")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def parse_language(text: str) -> str:
    """A tag of BCP 47, in lower case. Raises Invalid (captions)."""
    language = text.strip().lower()
    if not _LANGUAGE.fullmatch(language):
        raise Invalid(captions="Name the language of captions as de, en or pt-br.")
    return language


def parse_captions(text: str) -> str:
    """The same words at the same times, without styles, notes, regions and tags that a player could act on.

    Raises Invalid (captions).
    """
    if len(text) > MAX_CHARS:
        raise Invalid(captions="Captions have at most 400,000 characters. Send a shorter file.")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head, _, rest = lines.partition("\n")
    if not re.fullmatch(r"(?:WEBVTT|WEBVTT[ \t].*)", head):
        raise Invalid(captions="Captions are a WebVTT file: its first line says WEBVTT. Export them as .vtt.")
    cues = list(_cues(rest))
    if not cues:
        raise Invalid(captions="There is nothing said in these captions. Send another file.")
    if len(cues) > MAX_CUES:
        raise Invalid(captions="Captions have at most 10,000 parts. Send a shorter file.")
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _cues(text: str) -> Iterator[str]:
    for block in re.split(r"\n{2,}", text.strip("\n")):
        lines = block.split("\n")
        at = next((n for n, line in enumerate(lines[:2]) if "-->" in line), None)
        if at is None:
            continue  # NOTE, STYLE, REGION, or what nobody can time
        times = _TIMES.fullmatch(lines[at].strip())
        if times is None:
            raise Invalid(captions=f"These captions have a time that cannot be read: {lines[at][:60]}")
        said = [line for line in map(_clean, lines[at + 1 :]) if line]
        if said:
            settings = [one for one in times[3].split() if _SETTING.fullmatch(one)]
            yield "\n".join([" ".join([f"{times[1]} --> {times[2]}", *settings]), *said])


def _clean(line: str) -> str:
    """Without what is no word of it. An arrow would begin another cue."""
    plain = _TAG.sub(lambda tag: tag[0] if _KEPT.fullmatch(tag[0]) else "", _UNSEEN.sub("", line))
    return plain.replace("-->", "→").strip()[:MAX_LINE_CHARS]
