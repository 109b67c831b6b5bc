"""The words of questions: what fits, what is alike, and how an answer quotes them."""

import pytest

from channel import markdown
from channel.errors import Invalid
from channel.questions.answering import Answering, quoting
from channel.questions.model import MAX_CHARS, Terms, Words, likeness

NOW = 1_767_225_600_000


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "a\x00b", "x" * (MAX_CHARS + 1)])
def test_what_is_no_question_names_its_field(text: str) -> None:
    with pytest.raises(Invalid) as told:
        Words.parse(text, show_name=True)
    assert set(told.value.fields) == {"text"}


def test_a_question_may_be_as_long_as_it_may_be() -> None:
    assert len(Words.parse("x" * MAX_CHARS, show_name=False).text) == MAX_CHARS


def test_terms_name_every_wrong_field_at_once() -> None:
    with pytest.raises(Invalid) as told:
        Terms.parse(NOW, open_until=NOW, min_rank=-1, shown="some")
    assert set(told.value.fields) == {"open_until", "prompt_rank", "shown"}
    assert Terms.parse(NOW) == Terms(None, 0, True, "all")


def test_questions_about_the_same_are_alike() -> None:
    assert likeness("When does the kiln open again?", "Is the kiln open on Sunday, and when?") > 0.34
    assert likeness("When does the kiln open again?", "Which glaze did you use here?") == 0
    assert likeness("?!", "?!") == 0


@pytest.mark.parametrize("text", [
    "**bold** _it_ ||hidden|| ~~gone~~ `code` #news @anna", "[link](https://example.org) ![x](y)", "# Heading\n- a\n1. b\n+ c",
    "    indented\n\n> nested", "<b>x</b> &amp; a|b", "line\n===\n---", "1) one",
])  # fmt: skip
def test_the_words_of_who_asked_are_quoted_as_they_were_typed(text: str) -> None:
    source = quoting(Answering("id", text, "Mara *B*"), "**Yes**")
    html = markdown.render(source, rooms={"news": "/@anna/news"})
    quoted, _, reply = html.partition("</blockquote>")
    assert quoted.startswith("<blockquote>")
    for tag in (
        "<strong",
        "<em",
        "<code",
        "<h1",
        "<h2",
        "<ul",
        "<ol",
        "<pre",
        "<s>",
        "<img",
        "<hr",
        "mention",
        "spoiler",
        "<blockquote>\n<blockquote",
    ):
        assert tag not in quoted, (tag, quoted)
    assert "[link](" not in text or "href" not in quoted.replace('href="https://example.org"', "")
    assert "Mara *B*" in quoted
    assert "<strong>Yes</strong>" in reply


def test_a_name_that_is_not_shown_is_nowhere() -> None:
    assert quoting(Answering("id", "Why?", ""), "So.") == "> Why?\n\nSo."


def test_an_answer_of_nothing_is_nothing() -> None:
    assert quoting(Answering("id", "Why?", "Mara"), "  ") == ""
