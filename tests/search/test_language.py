"""What somebody types becomes what is looked for, and what cannot be is said in words."""

import pytest

from channel.errors import Invalid
from channel.search.model import MAX_QUERY_CHARS, Query, Term, parse
from channel.search.snippets import SNIPPET_CHARS, snippet
from channel.search.words import beginnings, spellings, words

DAY_MS = 24 * 3600 * 1000
NEW_YEAR_2026_MS = 1_767_225_600_000


def ways(text: str, language: str = "en") -> list[tuple[tuple[str, ...], ...]]:
    return [term.ways for term in parse(text, language).wanted]


@pytest.mark.parametrize(
    ("word", "plain", "second"),
    [
        ("Käse", "kaese", "kase"),
        ("Straße", "strasse", ""),
        ("CAFÉ", "cafe", ""),
        ("Œuvre", "oeuvre", "œuvre"),
        ("plain", "plain", ""),
        ("x²", "x2", ""),
    ],
)
def test_a_word_has_one_spelling_or_two(word: str, plain: str, second: str) -> None:
    assert spellings(word) == (plain, second)


def test_words_know_where_they_stand() -> None:
    text = "Größe: 3-fach!"
    assert [text[word.start : word.end] for word in words(text)] == ["Größe", "3", "fach"]


def test_characters_of_languages_without_spaces_are_words() -> None:
    assert [word.plain for word in words("日本語 ok")] == ["日", "本", "語", "ok"]
    assert ways("日本") == [(("日", "本"),)]


@pytest.mark.parametrize(
    ("word", "language", "begins"),
    [
        ("Tassen", "de", "tass"),
        ("Kurse", "de", "kurs"),
        ("Haus", "de", "haus"),
        ("Leben", "de", "lebe"),
        ("glazing", "en", "glaz"),
        ("stories", "en", "stor"),
        ("bus", "en", "bus"),
        ("Tassen", "fr", "tassen"),
    ],
)
def test_endings_are_taken_off_where_enough_is_left(word: str, language: str, begins: str) -> None:
    assert beginnings(word, language) == (begins,)


def test_both_spellings_of_an_umlaut_are_looked_for() -> None:
    assert set(beginnings("Häuser", "de")) == {"haeus", "haus"}


def test_words_phrases_and_what_is_left_out() -> None:
    query = parse('glaze "first firing" -kiln -"raw clay"', "en")
    assert query.wanted == (Term((("glaz",),), begins=True), Term((("first", "firing"),), begins=False))
    assert query.unwanted == (Term((("kiln",),), begins=False), Term((("raw", "clay"),), begins=False))


@pytest.mark.parametrize("line", ["„first firing“", "“first firing”", "«first firing»"])
def test_quotation_marks_of_any_language_hold_words_together(line: str) -> None:
    assert parse(line, "en") == parse('"first firing"', "en")
    assert parse(f"topic:{line}", "en").topics == ("first firing",)


def test_a_word_with_marks_in_it_is_a_phrase() -> None:
    assert ways("e-mail's") == [(("e", "mail", "s"),)]
    assert ways("C++ https://example.org/a_b") == [(("c",),), (("https", "example", "org", "a", "b"),)]


def test_a_single_letter_stands_for_itself() -> None:
    assert parse("a", "en").wanted == (Term((("a",),), begins=False),)


def test_filters_in_both_languages() -> None:
    query = parse('from:@Anna von:"Jo Mai" in:#news has:link mit:Umfrage tier:Gold topic:glazes', "de")
    assert query.authors == ("Anna", "Jo Mai")
    assert query.rooms == ("news",)
    assert query.has == {"link", "poll"}
    assert query.tiers == ("Gold",)
    assert query.topics == ("glazes",)
    assert not query.wanted


def test_kinds_parts_and_oneself() -> None:
    query = parse("is:comment ist:Beitrag has:question mit:kommentare from:me", "en")
    assert query.kinds == {"comment", "post"}
    assert query.has == {"question", "comments"}
    assert parse("has:picture mit:Video has:audio mit:Dateien", "de").has == {
        "picture",
        "video",
        "sound",
        "file",
    }
    assert parse("has:media", "en").has == parse("mit:Medien", "de").has == {"media"}
    assert query.mine and not query.authors
    assert parse("von:mir", "de").mine
    assert parse('from:@me von:"mir" from:mir', "de").authors == ("me", "mir", "mir")
    assert parse('topic:"raw clay" thema:ton', "de").topics == ("raw clay", "ton")


def test_days_months_and_years() -> None:
    query = parse("after:2026 before:2026-01-02", "en")
    assert (query.after, query.before) == (NEW_YEAR_2026_MS, NEW_YEAR_2026_MS + DAY_MS)
    assert parse("ab:2026-1", "de").after == NEW_YEAR_2026_MS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("has:cheese", "link, poll, question, comments, picture"),
        ("is:locked", "post, message or comment"),
        ("-is:comment", "Only words"),
        ("before:yesterday", "comes a day"),
        ("after:2026-02-30", "comes a day"),
        ("after:٢٠٢٦", "comes a day"),
        ('from:""', "comes a name"),
        ("from:@", "comes a name"),
        ("-from:anna", "Only words"),
        ("x" * (MAX_QUERY_CHARS + 1), "at most 200 characters"),
        (" ".join(f"w{n}" for n in range(13)), "at most 12 words"),
    ],
)
def test_what_cannot_be_looked_for_is_said(text: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, "en")
    assert says in refused.value.fields["q"]


@pytest.mark.parametrize("text", ["", "  ", '"', "-", "!!!", "\0\x07", '"" -""', "***", "()^{}"])
def test_nothing_is_nothing(text: str) -> None:
    assert parse(text, "en") == Query()


def test_the_snippet_shows_the_first_thing_that_was_found() -> None:
    text = "word " * 100 + "the Käse and the käsekuchen " + "tail " * 100
    pieces = snippet(text, parse("kase", "de").wanted)
    assert [piece.text for piece in pieces if piece.found] == ["Käse", "käsekuchen"]
    whole = "".join(piece.text for piece in pieces)
    assert whole.startswith("… ") and whole.endswith(" …") and len(whole) <= SNIPPET_CHARS + 4


def test_the_snippet_of_nothing_found_is_the_beginning() -> None:
    pieces = snippet("Short and sweet", ())
    assert [(piece.text, piece.found) for piece in pieces] == [("Short and sweet", False)]


def test_a_phrase_is_marked_as_one() -> None:
    pieces = snippet("After the first firing came another firing", parse('"first firing"', "en").wanted)
    assert [piece.text for piece in pieces if piece.found] == ["first firing"]
