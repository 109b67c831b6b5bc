"""How a letter looks: as the rooms of its community do, in both schemes, and without loading anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from channel.communities import Community
from channel.looks.model import OWN
from channel.render import icons
from channel.render.colours import hex_of

# Lightness and chroma, OKLCH. `hair` is there a line that lets the ground through, which is painted here.
LIGHT: Final = {
    "stage": (0.958, 0.004), "raised": (1.0, 0.0), "sunken": (0.945, 0.005), "ink": (0.205, 0.012),
    "ink_2": (0.455, 0.012), "hair": (0.91, 0.004), "accent": (0.51, 0.19), "on_accent": (1.0, 0.0),
    "accent_text": (0.475, 0.171), "accent_mid": (0.885, 0.07),
}  # fmt: skip
DARK: Final = {
    "stage": (0.15, 0.006), "raised": (0.228, 0.008), "sunken": (0.262, 0.008), "ink": (0.965, 0.004),
    "ink_2": (0.755, 0.01), "hair": (0.33, 0.008), "accent": (0.7, 0.19), "on_accent": (0.19, 0.04),
    "accent_text": (0.83, 0.118), "accent_mid": (0.4, 0.085),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """`mark`: one or two letters that stand for the community's picture. `icon`: the address of that picture; "" where it
    has none or none is loaded. `light`, `dark`: colours by their role."""

    mark: str
    icon: str
    light: Mapping[str, str]
    dark: Mapping[str, str]


def look_of(community: Community, base: str) -> Look:
    """`base`: of our addresses, for a reader who wants pictures to be loaded; "" for who does not."""
    worn = base and community.avatar.startswith(OWN)
    icon = f"{base}{icons.address(community, '180')}" if worn else ""
    return Look(icons.letters(community.name), icon, *colours(community.hue))


@cache
def colours(hue: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Of light and dark letters by their role, those of static/css/tokens.css, as hex: mail programs know no more.

    The lightness of a role is fixed, so that no hue changes a contrast.
    """
    return _hex(LIGHT, hue), _hex(DARK, hue)


def _hex(roles: Mapping[str, tuple[float, float]], hue: int) -> Mapping[str, str]:
    return {role: hex_of(lightness, chroma, hue) for role, (lightness, chroma) in roles.items()}
