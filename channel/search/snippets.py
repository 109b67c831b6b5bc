"""The words around what was found, as pieces of plain text. Whoever prints them escapes them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from channel.search.model import Term
from channel.search.words import Word, words

SNIPPET_CHARS = 240
BEFORE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """`found`: this is what was looked for."""

    text: str
    found: bool


def snippet(text: str, terms: Sequence[Term]) -> tuple[Piece, ...]:
    """A part of `text` with the first thing that was found in it, or its beginning. At most some 240 characters."""
    marks = _marks([*words(text)], terms)
    start = _start(text, marks[0][0]) if marks else 0
    end = _end(text, start + SNIPPET_CHARS)
    pieces = [Piece("… ", False)] if start else []
    at = start
    for first, last in marks:
        if first < at or last > end:
            continue
        pieces += [Piece(text[at:first], False)] if first > at else []
        pieces.append(Piece(text[first:last], True))
        at = last
    rest = text[at:end] + (" …" if end < len(text) else "")
    return (*pieces, Piece(rest, False)) if rest else tuple(pieces)


def first_with(texts: Sequence[str], terms: Sequence[Term]) -> str:
    """The first of these in which something was found; the first that says anything when it is in none."""
    said = [text for text in texts if text]
    return next((text for text in said if _marks([*words(text)], terms)), said[0] if said else "")


def _marks(found: Sequence[Word], terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand, in the order of the text, none within another."""
    spans = {
        (found[at].start, found[at + len(way) - 1].end)
        for term in terms
        for way in term.ways
        for at in range(len(found) - len(way) + 1)
        if _stands(found[at : at + len(way)], way, begins=term.begins)
    }
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def _stands(here: Sequence[Word], way: tuple[str, ...], *, begins: bool) -> bool:
    for number, (word, wanted) in enumerate(zip(here, way, strict=True), 1):
        if begins and number == len(way):
            fits = word.plain.startswith(wanted) or word.second.startswith(wanted)
        else:
            fits = wanted in (word.plain, word.second)
        if not fits:
            return False
    return True


def _start(text: str, first: int) -> int:
    """Some words before what was found; the beginning when that is near."""
    if first <= BEFORE_CHARS:
        return 0
    space = text.find(" ", first - BEFORE_CHARS, first)
    return first if space < 0 else space + 1


def _end(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", end - BEFORE_CHARS, end)
    return end if space < 0 else space
