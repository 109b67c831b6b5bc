"""What is left of captions: words at times, whatever else stood in the file."""

import pytest

from channel.errors import Invalid
from channel.media.captions import MAX_CHARS, MAX_CUES, parse_captions, parse_language

CUE = "00:01.000 --> 00:02.500"


def test_words_and_times_stay() -> None:
    given = f"\ufeffWEBVTT - made by hand\r\nKind: captions\r\n\r\n1\r\n{CUE} line:90% align:center\r\n<v Anna>Hello</v> <b>you</b> &amp; me\r\nsecond line\r\n\r\n01:00:00.000 --> 01:00:01.000\r\nBye\r\n"
    assert parse_captions(given) == (
        f"WEBVTT\n\n{CUE} line:90% align:center\n<v Anna>Hello</v> <b>you</b> &amp; me\nsecond line\n\n"
        "01:00:00.000 --> 01:00:01.000\nBye\n"
    )


@pytest.mark.parametrize(
    "harm",
    [
        "STYLE\n::cue { background: url(https://192.0.2.1/) }",
        "NOTE https://192.0.2.1/",
        "REGION\nid:a\nlines:3",
        f"{CUE} region:a position:url(1)\nHi",
        f"{CUE}\nHi <script>x</script><img src=https://192.0.2.1/ onerror=x><c.red>",
        f"{CUE}\nHi\u202e\u0000\x07",
        f"{CUE}\nHi <v onclick=x",
    ],
)
def test_nothing_else_does(harm: str) -> None:
    made = parse_captions(f"WEBVTT\n\n{CUE}\nHello\n\n{harm}\n")
    for word in (
        "192.0.2.1",
        "STYLE",
        "REGION",
        "region",
        "url",
        "<script",
        "<img",
        "<c",
        "\u202e",
        "\u0000",
        "onclick",
    ):
        assert word not in made
    assert parse_captions(made) == made


@pytest.mark.parametrize(
    "bad",
    [
        "", "1\n00:00:01,000 --> 00:00:02,000\nSRT", "WEBVTT", f"WEBVTTX\n\n{CUE}\nHi", "WEBVTT\n\n00:01 --> 00:02\nHi",
        "WEBVTT\n\n99:99.000 --> 99:99.000\nHi", f"WEBVTT\n\n{CUE}\n<c>\n", "WEBVTT\n\n" + "x" * MAX_CHARS,
        "WEBVTT\n\n" + f"{CUE}\nx\n\n" * (MAX_CUES + 1), "<!doctype html><script>",
    ],
)  # fmt: skip
def test_what_is_no_captions_is_refused_with_a_reason(bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_captions(bad)
    assert refused.value.facts or refused.value.detail


def test_an_arrow_in_what_is_said_begins_no_cue() -> None:
    made = parse_captions(f"WEBVTT\n\n{CUE}\none --> two\n")
    assert made.count("-->") == 1


@pytest.mark.parametrize(
    ("given", "language"), [("de", "de"), (" PT-br ", "pt-br"), ("zh-hant-tw", "zh-hant-tw")]
)
def test_languages(given: str, language: str) -> None:
    assert parse_language(given) == language


@pytest.mark.parametrize(
    "given", ["", "d", "deutsch", "de_DE", "../x", "de-", "*", "de-x-y-z-toolong-toolong"]
)
def test_what_is_no_language(given: str) -> None:
    with pytest.raises(Invalid):
        parse_language(given)
