"""What may be named in a text: #rooms, #tags, @people and groups of them. How they are written, and the marks they become.

Somebody with a handle is `@handle`. Everybody can be written as `@[Name](id)`, which holds whoever is called what
tomorrow; the composer's list inserts it for those without a handle. A word that a group has (`@everyone`, a role, the
name of a tier) never means a person.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from markdown_it.rules_inline import StateInline

# Letters, digits and the marks that letters of some scripts cannot do without, which \w leaves out.
_MARKS = r"\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e30-\u0e4e\u0eb0-\u0ecd\u0f71-\u0f84\u102b-\u103e"
_LETTER = rf"(?:[^\W_]|[{_MARKS}])"
_WORD = rf"{_LETTER}(?:(?:[\w-]|[{_MARKS}]){{0,58}}{_LETTER})?(?!{_LETTER})"
_TAG = re.compile(rf"#({_WORD})")
# A handle may begin and end with _; what goes on with @ is an address of somewhere else.
_CALL = re.compile(
    rf"@((?:\w|[{_MARKS}])(?:(?:[\w-]|[{_MARKS}]){{0,58}}(?:\w|[{_MARKS}]))?)(?![\w@]|[{_MARKS}])"
)
_CALL_BY_ID = re.compile(r"@\[[^\[\]\n]{1,120}\]\(([0-9a-f-]{36})\)")
MAX_TAG_CHARS = 40
CALLED: Final = 'data-who="'  # in the HTML of every text that calls somebody
_BEFORE_MENTION = frozenset(" \t\n([{\"'„“‚‘«*_~|>—–")

_BEFORE_WORDS = _BEFORE_MENTION | {""}


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what may be named in a text, besides rooms.

    `people`: (id, name) by what stands after the @, which is a word (folded) or an id. `groups`: words (folded) that
    stand for several people. `tags`: the address that the pages of tags lie below; "" makes no tags.
    """

    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    tags: str = ""


NOBODY: Final = Names()


def folded(word: str) -> str:
    """The one form of a word, however its letters are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


def called(text: str) -> tuple[set[str], set[str]]:
    """The words (folded) and the ids that may be meant by an @, for who looks them up. Some stand in code or in links."""
    return {folded(word) for word in _CALL.findall(text)}, set(_CALL_BY_ID.findall(text))


def hashed(text: str) -> set[str]:
    """The words (folded) that may be tags, in a text that is no Markdown."""
    found = (one for one in _TAG.finditer(text) if text[one.start() - 1 : one.start()] in _BEFORE_WORDS)
    return {tag for one in found if (tag := tag_of(one[1]))}


def tag_of(word: str) -> str:
    """The tag that a word stands for; "" for what is none, as a number."""
    tag = folded(word)
    fits = len(tag) <= MAX_TAG_CHARS and any(char.isalpha() for char in tag)
    return tag if fits and _TAG.fullmatch("#" + tag) else ""


# ---- #rooms, #tags, @people ----


def mention(state: StateInline, silent: bool) -> bool:
    """A room of this name, or else a tag."""
    found = _found(state, _TAG)
    if found is None:
        return False
    href, named = state.env["rooms"].get(folded(found[1])), None
    if href is None and state.env["names"].tags and (tag := tag_of(found[1])):
        href, named = state.env["names"].tags + quote(tag, safe=""), ("tag", tag)
    if href is None:
        return False
    attrs = {"href": href, "class": "hashtag" if named else "mention"}
    return _named(state, silent, found, ("link", "a", found[0]), attrs, named)


def call(state: StateInline, silent: bool) -> bool:
    """Somebody by handle or id, or a group. Of an id the name is printed that the account has, whatever was written."""
    by_id = _found(state, _CALL_BY_ID)
    found = by_id or _found(state, _CALL)
    if found is None:
        return False
    names: Names = state.env["names"]
    key = found[1] if by_id else folded(found[1])
    if not by_id and key in names.groups:
        return _named(state, silent, found, ("call", "span", found[0]), {"class": "mention"}, ("call", key))
    if key not in names.people:
        return by_id is not None and _plainly(state, silent, found)
    account_id, name = names.people[key]
    attrs = {"class": "mention", "data-who": account_id}
    words = f"@{name}" if by_id else found[0]
    return _named(state, silent, found, ("call", "span", words), attrs, ("call", key))


def _found(state: StateInline, wanted: re.Pattern[str]) -> re.Match[str] | None:
    before = state.src[state.pos - 1] if state.pos else " "
    return None if state.linkLevel or before not in _BEFORE_MENTION else wanted.match(state.src, state.pos)


def _plainly(state: StateInline, silent: bool, found: re.Match[str]) -> bool:
    """Somebody who is not here (any more) is a name and nothing else."""
    if not silent:
        state.push("text", "", 0).content = "@" + found[0][2 : found[0].rindex("](")]
    state.pos = found.end()
    return True


def _named(
    state: StateInline,
    silent: bool,
    found: re.Match[str],
    what: tuple[str, str, str],
    attrs: dict[str, Any],
    named: tuple[str, str] | None,
) -> bool:
    if not silent:
        kind, tag, words = what
        opening = state.push(f"{kind}_open", tag, 1)
        opening.attrs, opening.meta = attrs, {"named": named} if named else {}
        state.push("text", "", 0).content = words
        state.push(f"{kind}_close", tag, -1)
    state.pos = found.end()
    return True
