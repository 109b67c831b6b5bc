"""What counts as an emoji, and as the same one."""

import json
from pathlib import Path

import pytest

from channel import emoji
from channel.errors import Invalid
from channel.rooms.model import FIRST_OFFERED

PICKER = Path(__file__).parent.parent / "static/vendor/emoji-picker-element/data/en.json"
BARE_PARTS = 2  # the group of skin tones and hair, which are no emoji by themselves


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("❤", "❤️"), ("❤️", "❤️"), ("👍", "👍"), ("👍🏽", "👍"), ("👍\ufe0f", "👍"), ("🏳️‍🌈", "🏳️‍🌈"), ("🇩🇪", "🇩🇪"),
        ("#️⃣", "#️⃣"), ("👩🏽‍🤝‍👨🏻", "👫"), ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)  # fmt: skip
def test_an_emoji_has_one_spelling_and_no_skin_tone(typed: str, meant: str) -> None:
    assert emoji.parse(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "a",
        "1",
        "#",
        "❤️❤️",
        "❤️ ",
        "a❤️",
        "\0",
        "❤️\0",
        "🏽",
        "\ufe0f",
        "\u200d",
        "<b>",
        ":heart:",
        "❤" * 1000,
        "\ud83d",
    ],
)
def test_nothing_else_is_one(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        emoji.parse(typed, "reaction_default")
    assert set(refused.value.fields) == {"reaction_default"}


def test_several_are_read_in_their_order_and_once() -> None:
    assert emoji.parse_several("👍 ❤,👍🏽👨‍👩‍👧👨  🎉", "set", most=12) == ("👍", "❤️", "👨‍👩‍👧", "👨", "🎉")
    assert emoji.parse_several(FIRST_OFFERED, "set", most=12) == tuple(FIRST_OFFERED.split())


@pytest.mark.parametrize("typed", ["", " , ", "👍 and ❤️", "👍❤️🎉", "👍" * 500, "\0"])
def test_none_too_many_or_words_among_them_are_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        emoji.parse_several(typed, "set", most=2 if typed == "👍❤️🎉" else 12)


def test_whatever_the_picker_offers_is_taken() -> None:
    offered = [one for one in json.loads(PICKER.read_text("utf-8")) if one["group"] != BARE_PARTS]
    assert len(offered) > 1900
    for one in offered:
        meant = emoji.parse(one["emoji"])
        for toned in one.get("skins", ()):
            assert emoji.parse(toned["emoji"]) == meant
    assert len({emoji.parse(one["emoji"]) for one in offered}) == len(offered)
