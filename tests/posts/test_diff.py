"""What an edit changed, for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channel.posts.diff import diff


def test_a_changed_word_stands_beside_the_old_one() -> None:
    assert diff("The kiln is open.", "The kiln was open.") == [
        ("same", "The kiln "),
        ("gone", "is "),
        ("new", "was "),
        ("same", "open."),
    ]


def test_a_first_text_is_all_new() -> None:
    assert diff("", "Hello there") == [("new", "Hello there")]
    assert diff("Hello", "Hello") == [("same", "Hello")]
    assert diff("", "") == []


@given(some.text("ab \n.ä", max_size=60), some.text("ab \n.ä", max_size=60))
def test_both_texts_can_be_read_from_the_steps(old: str, new: str) -> None:
    steps = diff(old, new)
    assert "".join(text for op, text in steps if op != "new") == old
    assert "".join(text for op, text in steps if op != "gone") == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 5_000, "b " * 5_000),
        ("a b " * 2_500, "b a " * 2_500),
        ("a b c d e f g " * 700, "g f e d c b a " * 700),
        ("a\n" * 5_000, "a\n" * 4_999),
        ("x" * 10_000, "y" * 10_000),
        ("a b c d e f g " * 40, "g f e d c b a " * 40),
    ],
)
def test_monotonous_texts_are_compared_too(old: str, new: str) -> None:
    """A comparison that tries everything would not come back from these."""
    steps = diff(old, new)
    assert "".join(text for op, text in steps if op != "new") == old
    assert "".join(text for op, text in steps if op != "gone") == new
