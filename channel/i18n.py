"""The two languages of the interface. Strings are English in the code; German comes from locale/de (gettext)."""

import contextlib
import gettext
import re
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "de")
PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
LOCALE = Path(__file__).parent / "locale"


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`; English (no catalogue) for anything unknown."""
    if language not in LANGUAGES or language == "en":
        return gettext.NullTranslations()
    return gettext.translation("channel", LOCALE, [language], fallback=True)


def choose(accept_language: str) -> str:
    """The language a browser likes best among ours (RFC 9110, section 12.5.4); English when it likes none."""
    best, best_weight = "en", 0.0
    for part in accept_language[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameters)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


def noop(message: str) -> str:
    """Mark a string for the catalogue where it is not translated on the spot."""
    return message


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences of the catalogue that have {placeholders}, each as a pattern for finished English text.

    What has more words of its own comes first: "Served as {url}" would also take "Served as {url}, without TLS".
    """
    catalogue = getattr(translation(language), "_catalog", {})
    holed = [
        text for text in catalogue if isinstance(text, str) and PLACEHOLDER.search(text) and catalogue[text]
    ]
    found = []
    for msgid in sorted(holed, key=lambda text: -len(PLACEHOLDER.sub("", text))):
        parts = PLACEHOLDER.split(msgid)
        body = "".join(re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+?)" for n, part in enumerate(parts))
        with contextlib.suppress(re.error):  # the same placeholder twice
            found.append((re.compile(body + r"\Z", re.DOTALL), catalogue[msgid]))
    return tuple(found)


def translate_error(language: str, detail: str) -> str:
    """An English sentence of the domain in `language`, numbers and names in it kept; itself when unknown."""
    known = translation(language).gettext(detail) if detail else detail
    if known != detail or language == "en":
        return known
    for pattern, text in _patterns(language):
        if match := pattern.match(detail):
            return _filled(text, {name: _local(language, value) for name, value in match.groupdict().items()})
    return detail


def _filled(text: str, held: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda hole: held.get(hole[1], hole[0]), text)


def _local(language: str, value: str) -> str:
    """What stood in a hole: a sentence in its turn, a number ("10,001") as German writes it, anything else as it is."""
    if value.endswith("."):
        return translate_error(language, value)
    return value.replace(",", ".") if GROUPED.fullmatch(value) else value
