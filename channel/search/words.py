"""Words as the index holds them and as a query asks for them. Pure.

A word is stored in one plain spelling (lower case, ä as ae, é as e) and, where that differs, in a second one (ä as a),
so that Käse is found by Käse, Kaese and Kase. Endings are taken off the words of a query, never off those of the
index: the beginning that is left matches every form, and one index serves all languages.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

MAX_WORD_CHARS = 64  # of a longer one the beginning counts
LEAST_STEM_CHARS = 4  # shorter beginnings are those of too many other words

# Chinese, Japanese and Korean are written without spaces: each character is a word, several are a phrase.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_ASCII_WORD = re.compile(f"([0-9a-z]{{1,{MAX_WORD_CHARS}}})[0-9a-z]*")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "œ": "oe"})
_ENDINGS = {
    "de": ("ungen", "innen", "ern", "en", "er", "es", "em", "in", "e", "n", "s"),
    "en": ("ings", "ing", "ied", "ies", "ed", "es", "ly", "y", "e", "s"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, from `start` to `end`; `second` is its other spelling, "" when there is none."""

    plain: str
    second: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words of a text in the order in which they stand. The text should be in NFC."""
    for found in _WORD.finditer(text):
        plain, second = spellings(found[0])
        if plain:
            yield Word(plain, second, found.start(), found.end())


def spelled(text: str) -> tuple[tuple[str, str], ...]:
    """The two spellings of each word of a text, in their order: what `words` finds, for the index."""
    if text.isascii():  # most of what is filed is, and has no second spelling: a fifth of the time
        return tuple(zip(_ASCII_WORD.findall(text.lower()), repeat("")))
    return tuple((word.plain, word.second) for word in words(text))


def spellings(word: str) -> tuple[str, str]:
    """How the index spells a word, and how it spells it besides: "" for not at all."""
    lower = word.casefold()
    if lower.isascii():
        return lower[:MAX_WORD_CHARS], ""
    plain, second = _bare(lower.translate(_UMLAUTS)), _bare(lower)
    return plain, second if second != plain else ""


def _bare(word: str) -> str:
    """Without accents, and without whatever else is no letter and no digit after taking it apart."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(char for char in parts if char.isalnum()).casefold()[:MAX_WORD_CHARS]


def beginnings(word: str, language: str) -> tuple[str, ...]:
    """What a word of the index must begin with to be meant by this one of a query; a single letter stands alone."""
    made: list[str] = []
    for spelling in spellings(word):
        begins = _stem(spelling, language) if spelling else ""
        if begins and begins not in made:
            made.append(begins)
    return tuple(made)


def _stem(word: str, language: str) -> str:
    for ending in _ENDINGS.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM_CHARS:
            return word.removesuffix(ending)
    return word
