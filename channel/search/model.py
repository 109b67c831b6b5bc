"""What somebody looks for: words, "phrases", -words and filters, out of one line of text. Pure."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from channel.errors import Invalid
from channel.search.words import beginnings, words

MAX_QUERY_CHARS = 200
MAX_TERMS = 12
# What stands before the colon, in English and German.
FILTERS: Final = {
    "from": "from", "von": "from",
    "in": "in",
    "topic": "topic", "thema": "topic",
    "has": "has", "mit": "has",
    "is": "is", "ist": "is",
    "before": "before", "vor": "before",
    "after": "after", "ab": "after",
    "tier": "tier", "stufe": "tier", "pass": "tier",
}  # fmt: skip
HAS: Final = {
    "link": "link", "links": "link",
    "poll": "poll", "polls": "poll", "umfrage": "poll", "umfragen": "poll",
    "question": "question", "questions": "question", "frage": "question", "fragen": "question",
    "comment": "comments", "comments": "comments", "kommentar": "comments", "kommentare": "comments",
    "picture": "picture", "pictures": "picture", "image": "picture", "images": "picture", "photo": "picture",
    "photos": "picture", "bild": "picture", "bilder": "picture", "foto": "picture", "fotos": "picture",
    "video": "video", "videos": "video", "film": "video", "films": "video", "filme": "video",
    "sound": "sound", "sounds": "sound", "audio": "sound", "recording": "sound", "recordings": "sound", "ton": "sound",
    "aufnahme": "sound", "aufnahmen": "sound",
    "file": "file", "files": "file", "datei": "file", "dateien": "file",
    "media": "media", "medien": "media",
}  # fmt: skip
IS: Final = {
    "post": "post", "posts": "post", "beitrag": "post", "beiträge": "post",
    "message": "message", "messages": "message", "nachricht": "message", "nachrichten": "message",
    "comment": "comment", "comments": "comment", "kommentar": "comment", "kommentare": "comment",
}  # fmt: skip
ME: Final = frozenset(
    [("from", "me"), ("von", "me"), ("von", "mir")]
)  # whoever has such a name is found by @me
_PART = re.compile(r'(?P<not>-?)(?:(?P<name>[^\W\d_]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_QUOTES = str.maketrans(dict.fromkeys("„“”‟«»＂", '"'))  # phones set them by themselves
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to be found. `ways`: any of these sequences of words; `begins`: the last word of each only begins so."""

    ways: tuple[tuple[str, ...], ...]
    begins: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `before` and `after` are epoch ms: from `after` on, up to `before`, without it.

    `mine`: written by whoever asks. `kinds`: one of them, see documents.KINDS; none: all of them.
    """

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    has: frozenset[str] = field(default_factory=frozenset)
    kinds: frozenset[str] = field(default_factory=frozenset)
    mine: bool = False
    before: int | None = None
    after: int | None = None

    @property
    def empty(self) -> bool:
        return self == Query()


def parse(text: str, language: str) -> Query:
    """A line as somebody typed it. `language` (en, de) says which endings are taken off.

    Raises Invalid (q) for what is too long and for a filter that says nothing. A query of nothing is empty.
    """
    if len(text) > MAX_QUERY_CHARS:
        raise Invalid(q="A search has at most 200 characters. Use fewer words.")
    line = _UNPRINTABLE.sub(" ", unicodedata.normalize("NFC", text)).translate(_QUOTES)
    query = Query()
    for part in _PART.finditer(line):
        query = _with(query, part, language)
    if len(query.wanted) + len(query.unwanted) > MAX_TERMS:
        raise Invalid(q="A search has at most 12 words. Leave the less telling ones out.")
    return query


def _with(query: Query, part: re.Match[str], language: str) -> Query:
    name = FILTERS.get((part["name"] or "").casefold())
    quoted = part["quoted"] is not None
    value = part["quoted"] if quoted else part["bare"]
    if name is None:
        said = f"{part['name']} {value}" if part["name"] else value
        return _with_words(query, said, quoted=quoted, unwanted=bool(part["not"]), language=language)
    if part["not"]:
        raise Invalid(q="Only words can be left out with -. Take the - before the filter away.")
    if not quoted and (part["name"].casefold(), value.casefold()) in ME:
        return replace(query, mine=True)
    return _with_filter(query, name, value.strip())


def _with_words(query: Query, said: str, *, quoted: bool, unwanted: bool, language: str) -> Query:
    found = [word.plain for word in words(said)]
    if not found:
        return query
    if quoted or len(found) > 1:
        term = Term((tuple(found),), begins=not quoted)
    else:
        ways = tuple((begin,) for begin in beginnings(said, language)) if said.isalnum() else ((found[0],),)
        term = Term(ways, begins=all(len(way[0]) > 1 for way in ways))
    if unwanted:
        # What is left out is that word itself, or "-tasse" would take the Tassenregal away too.
        exact = Term((tuple(found),), begins=False)
        return replace(query, unwanted=(*query.unwanted, exact))
    return query if term in query.wanted else replace(query, wanted=(*query.wanted, term))


def _with_filter(query: Query, name: str, value: str) -> Query:
    match name:
        case "has":
            return replace(query, has=query.has | {_part(value)})
        case "is":
            kind = IS.get(value.casefold())
            if kind is None:
                raise Invalid(q="After is: comes post, message or comment.")
            return replace(query, kinds=query.kinds | {kind})
        case "before":
            return replace(query, before=_moment(value))
        case "after":
            return replace(query, after=_moment(value))
    plain = value.removeprefix("@") if name == "from" else value.removeprefix("#")
    if not plain:
        raise Invalid(q=_EMPTY[name])
    match name:
        case "from":
            return replace(query, authors=(*query.authors, plain))
        case "in":
            return replace(query, rooms=(*query.rooms, plain))
        case "topic":
            return replace(query, topics=(*query.topics, plain))
    return replace(query, tiers=(*query.tiers, plain))


_EMPTY: Final = {
    "from": "After from: comes a name, as in from:anna.",
    "in": "After in: comes a room, as in in:news.",
    "topic": "After topic: comes the name of a topic.",
    "tier": "After tier: comes the name of a tier.",
}


def _part(value: str) -> str:
    """What a post has, as the index knows it."""
    found = HAS.get(value.casefold())
    if found is not None:
        return found
    raise Invalid(q="After has: comes link, poll, question, comments, picture, video, sound, file or media.")


def _moment(day: str) -> int:
    """The first moment (UTC) of a day, a month or a year."""
    found = _DAY.fullmatch(day)
    year, month, number = (int(part or 1) for part in found.groups()) if found else (0, 0, 0)
    if not (1970 <= year <= 9999 and 1 <= month <= 12 and 1 <= number <= monthrange(year, month)[1]):
        raise Invalid(q="After before: and after: comes a day, as in after:2026-03-31, a month or a year.")
    return int(datetime(year, month, number, tzinfo=UTC).timestamp() * 1000)
