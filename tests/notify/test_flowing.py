"""Plain text fits a terminal, and is whole again where a program joins its lines."""

import pytest

from channel.notify.flowing import flowed

LONG = "word " * 40
ADDRESS = "https://channel.example.org/" + "x" * 100


@pytest.mark.parametrize(
    "text",
    [
        "short",
        LONG,
        f"> {LONG}",
        f"> > {LONG}",
        f"Open it: {ADDRESS}",
        f"- {LONG}\n  - {LONG}",
        "a\n\n-- \nb",
        "From here",
    ],
)
def test_no_line_is_longer_than_a_terminal_but_for_addresses(text: str) -> None:
    lines = flowed(text).split("\n")
    assert [line for line in lines if len(line) > 78 and line != ADDRESS] == []
    assert all(line.startswith(">") for line in lines) is text.startswith(">")


def test_lines_that_are_one_are_joined_by_a_space_at_their_end() -> None:
    assert "".join(flowed(LONG).split("\n")) == LONG.rstrip(" ")
    assert "".join(flowed(f"> {LONG}").split("\n> ")) == f"> {LONG}".rstrip(" ")


def test_lines_that_are_two_stay_two() -> None:
    assert flowed("a \nb\n\n-- \nc") == "a\nb\n\n-- \nc", (
        "a space at the end would join them, but in the sign before a foot"
    )
    assert flowed("  - a\nFrom b") == "   - a\n From b"
