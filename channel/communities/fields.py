"""Reading what somebody typed into the fields of a community, a room, a tier or an invite. Pure.

A check takes a raw value and gives the good one or raises Invalid. `parsed` runs the checks of many fields and names
every field that is not right, at once.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from channel.accounts.model import clean_line
from channel.errors import Invalid

Check = Callable[[Any], Any]


def parsed(checks: Mapping[str, Check], raw: Mapping[str, object]) -> dict[str, Any]:
    """The good value of every field in `raw`. Raises Invalid naming each that is wrong or unknown."""
    good: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, value in raw.items():
        try:
            good[field] = checks.get(field, _unknown(field))(value)
        except Invalid as problem:
            problems |= problem.fields
    if problems:
        raise Invalid(problems)
    return good


def _unknown(field: str) -> Check:
    def check(_: object) -> object:
        raise Invalid({field: "There is no such field. Leave it out."})

    return check


def line(field: str, problem: str, *, at_most: int, at_least: int = 0) -> Check:
    """One line of text within a length in characters; `problem` is said for a wrong length."""

    def check(value: str) -> str:
        text = clean_line(value, field)
        if not at_least <= len(text) <= at_most:
            raise Invalid({field: problem})
        return text

    return check


def prose(field: str, problem: str, *, at_most: int) -> Check:
    """Text of several lines, at most so many characters; line ends become \\n."""

    def check(value: str) -> str:
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if any(char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs") for char in text):
            raise Invalid({field: "Leave out invisible control characters."})
        if len(text) > at_most:
            raise Invalid({field: problem})
        return text

    return check


def number(field: str, problem: str, *, least: int, most: int, null: bool = False) -> Check:
    """A whole number within bounds; None too if `null`."""

    def check(value: int | None) -> int | None:
        if value is None and null:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Invalid({field: problem})
        return value

    return check


def choice(field: str, problem: str, *choices: str) -> Check:
    """One of `choices`."""

    def check(value: str) -> str:
        if value not in choices:
            raise Invalid({field: problem})
        return value

    return check


def flag(field: str) -> Check:
    """True or False."""

    def check(value: bool) -> bool:
        if not isinstance(value, bool):
            raise Invalid({field: "Say yes or no."})
        return value

    return check
