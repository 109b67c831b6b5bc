"""OKLCH as sRGB, for pictures that must look the same where style sheets do not reach."""

import math
from functools import lru_cache
from typing import Final

# What lies behind all else of a page (--stage of tokens.css): lightness and chroma.
STAGES: Final = {"light": (0.958, 0.004), "dark": (0.15, 0.006)}
STEPS = 24  # halvings of the chroma until the colour exists in sRGB


def hex_of(lightness: float, chroma: float, hue: float) -> str:
    """`#rrggbb` of an OKLCH colour (lightness 0 to 1, hue in degrees); as much of the chroma as sRGB can show."""
    low, high = 0.0, chroma
    if _is_inside(_linear(lightness, chroma, hue)):
        low = chroma
    else:
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if _is_inside(_linear(lightness, middle, hue)) else (low, middle)
    return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in _linear(lightness, low, hue))


@lru_cache(720)
def stage(hue: int, scheme: str) -> str:
    """The ground of a page of that hue, light or dark: browsers paint with it what is theirs around the page."""
    return hex_of(*STAGES[scheme], hue)


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear sRGB by the matrices of the OKLab paper (Ottosson 2020)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_inside(parts: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _gamma(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
