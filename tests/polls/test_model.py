"""The rules for making a poll, without a database."""

from typing import Any

import pytest

from channel.errors import Invalid
from channel.polls.model import (
    MAX_OPTION_CHARS,
    MAX_OPTIONS,
    MAX_QUESTION_CHARS,
    PollDraft,
    bits,
    ids_of,
    new_code,
    parse_code,
    shown_code,
)
from channel.render.polls import share


@pytest.mark.parametrize(
    ("options", "more", "field"),
    [
        (["One"], {}, "poll_options"),
        ([str(n) for n in range(MAX_OPTIONS + 1)], {}, "poll_options"),
        (["One", "  "], {}, "poll_options"),
        (["One", "\u200b"], {}, "poll_options"),
        (["One", " one "], {}, "poll_options"),
        (["One", "x" * (MAX_OPTION_CHARS + 1)], {}, "poll_options"),
        (["One", "Two"], {"question": "x" * (MAX_QUESTION_CHARS + 1)}, "poll_question"),
        (["One", "Two"], {"kind": "riddle"}, "poll_kind"),
        (["One", "Two"], {"kind": "quiz"}, "poll_right"),
        (["One", "Two"], {"kind": "quiz", "right": [3]}, "poll_right"),
        (["One", "Two"], {"kind": "quiz", "right": [1, 2]}, "poll_right"),
        (["One", "Two"], {"kind": "quiz", "right": [1], "may_change": True}, "poll_may_change"),
        (["One", "Two"], {"right": [1]}, "poll_right"),
        (["One", "Two"], {"explanation": "Because."}, "poll_explanation"),
        (["One", "Two"], {"min_rank": -2}, "poll_min_rank"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(options: list[str], more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as told:
        PollDraft.parse(options, **more)
    assert list(told.value.fields) == [field]


def test_a_poll_at_its_limits_is_taken() -> None:
    options = [f"{n:0{MAX_OPTION_CHARS}}" for n in range(MAX_OPTIONS)]
    made = PollDraft.parse(options, question="q" * MAX_QUESTION_CHARS)
    assert (len(made.options), made.may_change, made.anonymous) == (MAX_OPTIONS, True, True)
    quiz = PollDraft.parse(["One", "Two"], kind="quiz", right=[2, 2, 1], multiple=True)
    assert (quiz.right, quiz.may_change) == ((1, 2), False)


def test_control_characters_leave_what_is_asked() -> None:
    assert PollDraft.parse(["One\x00\nline", "Two"]).options == ("One line", "Two")


def test_a_code_is_found_again_however_it_is_typed() -> None:
    code = new_code()
    assert parse_code(f"  {shown_code(code).lower()} ") == code
    assert parse_code("0" * 12) is None, "no digit that looks like a letter"
    assert parse_code("\0" * 12) is None
    assert len({new_code() for _ in range(1_000)}) == 1_000


def test_a_choice_survives_being_kept() -> None:
    for chosen in [(1,), (2, 12), tuple(range(1, 13))]:
        assert ids_of(bits(chosen)) == chosen


def test_percent_are_rounded_as_people_expect() -> None:
    assert [share(1, 3), share(2, 3), share(1, 8), share(0, 0), share(5, 5)] == [33, 67, 13, 0, 100]
