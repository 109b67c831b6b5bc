"""The German catalogue says everything that the program says, completely, in the house's tone."""

import gettext
import io
import re
from functools import cache
from pathlib import Path

import pytest

from channel.i18n import PLACEHOLDER, translate_error, translation
from channel.render.formats import formats
from channel.web.words import WORDS, words
from tests.check import messages
from tests.check.messages import Message

ROOT = Path(__file__).parents[2]
CATALOGUE = messages.read_catalogue()
HOLES = re.compile(r"%\(\w+\)s|\{\w+\}")
TAGS = re.compile(r"</?\w[^>]*>")
SAMPLES = ("7", "Brandt Keramik, Night Ferry", "a.b (c)", "10.001")
RUN_THIS = "run: make messages, then fill in the German"


@cache
def said() -> dict[Message, list[str]]:
    """What the program says, with its places. To look for it takes seconds, which every process would at its start."""
    return messages.collect()


@cache
def in_german() -> dict[Message, list[str]]:
    return {message: messages.german_of(CATALOGUE, message) for message in said()}


def pairs() -> list[tuple[Message, str, str]]:
    """Every English form beside its German one."""
    return [
        (message, english, german)
        for message, forms in in_german().items()
        for english, german in zip((message.text, message.plural), forms, strict=False)
    ]


def test_the_catalogue_has_what_is_said_and_nothing_else() -> None:
    assert CATALOGUE.obsolete == {}
    assert messages.CATALOGUE.read_bytes() == messages.written(messages.in_step(CATALOGUE)), RUN_THIS


def test_everything_has_its_german() -> None:
    assert messages.missing(CATALOGUE) == [], RUN_THIS
    assert not [message.id for message in CATALOGUE if message.fuzzy]


def test_what_is_installed_is_what_is_written() -> None:
    assert messages.COMPILED.read_bytes() == messages.compiled(messages.in_step(CATALOGUE)), RUN_THIS


def test_german_keeps_every_hole_and_tag() -> None:
    wrong = [
        german
        for _, english, german in pairs()
        if set(HOLES.findall(english)) != set(HOLES.findall(german))
        or sorted(TAGS.findall(english)) != sorted(TAGS.findall(german))
    ]
    assert wrong == []


def test_german_is_set_as_german() -> None:
    """Its own quotation marks, real dashes and ellipses, du, and no space where English has none."""
    wrong = [
        german
        for _, _, german in pairs()
        if re.search(
            r'"|\.\.\.|“[^„]*“|\s-\s(?!und)|\bIhre?[nmrs]?\b|\bIhnen\b|\b(Du|Dein\w*|Dich|Dir)\b(?<!^Du)',
            _bare(german),
        )
    ]
    assert wrong == []


def _bare(german: str) -> str:
    """Without tags, and without the words that open a sentence: those are capital anyway."""
    return re.sub(r"(^|[.?!:„(]\s*|> ?)(Du|Dein\w*|Dich|Dir)\b", r"\1", TAGS.sub("", german))


def test_german_ends_as_english_ends() -> None:
    """A button stays a button, a sentence a sentence."""
    wrong = [
        german for _, english, german in pairs() if _end(english) != _end(german) and english not in MENDED
    ]
    assert wrong == []


MENDED = {
    "@%(wanted)s is taken. @%(free)s is free.",
    "%(thousands)sk",
    "%(millions)sm",
}  # a name to copy, two short forms


def _end(text: str) -> str:
    return last if (last := text.rstrip('“”"')[-1:]) in ".?!…:" else ""


def test_both_files_tell_nothing_of_their_making() -> None:
    text = messages.CATALOGUE.read_text("utf-8")
    assert not re.search(r"^#:|fuzzy|^#~|-Date:|Generated-By|Translator", text, re.MULTILINE)


def test_gettext_counts_in_german() -> None:
    words = translation("de")
    assert words.ngettext("%(num)s unread post", "%(num)s unread posts", 1) == "%(num)s ungelesener Beitrag"
    for count in (0, 2, 1_000_000):
        assert (
            words.ngettext("%(num)s unread post", "%(num)s unread posts", count)
            == "%(num)s ungelesene Beiträge"
        )


def test_moments_and_numbers_are_german() -> None:
    speak = formats("de", translation("de"))
    assert speak["day"](1_772_500_000_000) == "3. März 2026"
    assert speak["number"](48_213) == "48.213"
    assert speak["compact"](12_400) == "12,4\N{NO-BREAK SPACE}Tsd."
    assert speak["compact"](1_250_000) == "1,2\N{NO-BREAK SPACE}Mio."


# --- what scripts say


def test_scripts_have_all_their_words() -> None:
    ours = words(translation("de").gettext)
    assert ours.keys() == WORDS.keys()
    assert [key for key, english in WORDS.items() if Message(english) not in in_german()] == []
    assert [key for key in WORDS if HOLES.findall(WORDS[key]) != HOLES.findall(ours[key])] == []


def test_every_word_that_a_script_asks_for_is_there() -> None:
    asked = set()
    for script in (ROOT / "static" / "js").rglob("*.js"):
        text = script.read_text("utf-8")
        asked |= set(re.findall(r"\bwords\(\s*\"(\w+)\"", text))
        asked |= {
            f"{key}_{form}"
            for key in re.findall(r"\bcounted\(\s*\"(\w+)\"", text)
            for form in ("one", "other")
        }
    assert asked, "no script asks for words; does this still look in the right place?"
    assert sorted(asked - WORDS.keys()) == []


# --- sentences of errors, which the domain fills in before anybody translates them


def sentences_with_holes() -> list[str]:
    coded = {
        message.text
        for message, places in said().items()
        if any(place.split(":")[0].endswith(".py") for place in places)
    }
    return sorted(text for text in coded - set(WORDS.values()) if PLACEHOLDER.search(text))


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_filled_in_error_is_found_again(sample: str) -> None:
    wrong = [
        sentence
        for sentence in sentences_with_holes()
        if translate_error("de", PLACEHOLDER.sub(sample, sentence))
        != PLACEHOLDER.sub(sample, in_german()[Message(sentence)][0])
    ]
    assert wrong == []


def test_there_are_filled_in_errors() -> None:
    assert len(sentences_with_holes()) >= 5


def test_numbers_in_errors_are_grouped_as_in_german() -> None:
    sentence = "A post has at most 10,000 characters; this has 12,345. Make it shorter or two posts of it."
    assert "hat 12.345." in translate_error("de", sentence)


def test_an_error_in_english_stays_as_it_is() -> None:
    assert translate_error(
        "en", "A teaser has at most 280 characters; this has 300. Make it shorter."
    ).startswith("A teaser")


def test_what_nobody_translated_is_shown_as_it_is() -> None:
    assert translate_error("de", "The flux capacitor is empty.") == "The flux capacitor is empty."


# --- the collector itself


def test_the_collector_reads_what_people_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    module = tmp_path / "rooms.py"
    module.write_text(
        '"""A docstring is no message."""\n'
        'log.info("A log line is none.")\n'
        'RULE = line("name", "A name has one character.", at_most=1)\n'
        'TAKEN = {"a": "It is taken. Choose another one."}\n'
        'raise Invalid(text=f"At most {MAX:,} fit; this has {len(text):,}, {len(more)} more.", code="too long for it")\n'
        'raise Conflict("no capital, no stop" if a else f"Only {\', \'.join(owned)} may.", code="a b")\n'
        'raise ValueError("A fault of the program.")\n'
        'said = ngettext("one post", "many posts", n) or pgettext("role", "Owner")\n',
        "utf-8",
    )
    assert {message for _, message in messages.in_code(module)} == {
        Message("A name has one character."),
        Message("It is taken. Choose another one."),
        Message("At most {max} fit; this has {number}, {number_2} more."),
        Message("no capital, no stop"),
        Message("Only {owned} may."),
        Message("one post", "many posts"),
        Message("Owner", context="role"),
    }


def test_the_compiled_catalogue_is_readable() -> None:
    assert gettext.GNUTranslations(io.BytesIO(messages.COMPILED.read_bytes())).gettext("Rooms") == "Räume"
