"""How letters look: in the colours of the rooms, and legible whatever the hue."""

import re
from pathlib import Path

from channel.notify.posted.look import DARK, LIGHT, colours

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
WORDS = (
    ("ink", "stage"), ("ink", "raised"), ("ink", "accent_mid"), ("ink", "sunken"), ("ink_2", "stage"), ("ink_2", "raised"),
    ("on_accent", "accent"), ("accent_text", "raised"),
)  # fmt: skip
ENOUGH = 4.5  # WCAG 2.2, 1.4.3


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_word_can_be_read_in_every_hue_and_scheme() -> None:
    for hue in range(360):
        for scheme in colours(hue):
            for words, ground in WORDS:
                found = contrast(scheme[words], scheme[ground])
                assert found >= ENOUGH, (hue, words, ground, round(found, 2))


def test_the_lightness_of_each_role_is_that_of_the_rooms() -> None:
    """They are written down twice, since no mail program reads our style sheets."""
    css = TOKENS.read_text()
    for role in LIGHT.keys() - {"hair"}:
        name = role.replace("_", "-")
        told = re.search(rf"--{name}: light-dark\(oklch\(([\d.]+) .*?, oklch\(([\d.]+) ", css)
        assert told, name
        assert (LIGHT[role][0], DARK[role][0]) == (float(told[1]), float(told[2])), name
