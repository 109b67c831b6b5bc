"""The icon under which a community stands on a home screen: its own picture, or its initials on its colour. PNG.

Browsers take nothing smaller than 144 pixels for an app, and iOS nothing but an opaque square of 180.
"""

import io
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageFont

from channel.communities import Community
from channel.looks.model import OWN, SIZES
from channel.render.colours import hex_of

PLAIN: Final = "any"
MASKABLE: Final = "maskable"  # a launcher cuts any shape out of it: what matters is in the middle four fifths
SOLID: Final = "solid"  # iOS rounds the corners itself and paints black where nothing is
# Name in the address: pixels, and what for.
KINDS: Final[dict[str, tuple[int, str]]] = {
    "180": (180, SOLID),
    "192": (192, PLAIN),
    "512": (512, PLAIN),
    "m512": (512, MASKABLE),
}
MOST_LETTERS: Final = 2
NONE: Final = "-"  # instead of letters that the font has no shapes for
_EDGE: Final = 2  # times larger than needed, then made smaller: smooth edges
_FACE: Final = SIZES["icon"][-1][0]


def letters(name: str) -> str:
    """One or two letters, as faces on pages have them."""
    words = name.split()
    return (words[0][0] + words[-1][0] if len(words) > 1 else name.strip()[:MOST_LETTERS]).upper()


def initials(name: str) -> str:
    """The same; "-" in a script that cannot be drawn here."""
    drawn = letters(name)
    return drawn if is_drawable(drawn) else NONE


def is_drawable(letters: str) -> bool:
    """Whether the font has shapes for them: letters and digits of Latin-1."""
    return 0 < len(letters) <= MOST_LETTERS and all(one.isalnum() and ord(one) < 0x100 for one in letters)


def address(community: Community, kind: str) -> str:
    """Where the icon lies. Another picture, name or colour is another address, so it may be kept for good."""
    if community.avatar.startswith(OWN):
        return f"/looks/{community.avatar.removeprefix(OWN)}/app-{kind}.png"
    return f"/app/icons/{community.hue}-{quote(initials(community.name))}-{kind}.png"


@lru_cache(maxsize=128)
def drawn(hue: int, letters: str, kind: str) -> bytes:
    """Initials on a slope of the colour; the same bytes each time. Takes some 20 ms: not on the event loop."""
    size, purpose = KINDS[kind]
    side = size * _EDGE
    slope = Image.linear_gradient("L").resize((side, side))
    picture = Image.composite(
        Image.new("RGB", (side, side), hex_of(0.42, 0.13, hue)),
        Image.new("RGB", (side, side), hex_of(0.6, 0.14, (hue + 24) % 360)),
        slope,
    )
    pen = ImageDraw.Draw(picture)
    share = 0.34 if purpose == MASKABLE else 0.44
    if letters == NONE:
        _ticket(pen, side, share)
    else:
        font = ImageFont.load_default(side * share)
        pen.text(
            (side / 2, side / 2), letters, fill="#ffffff", font=font, anchor="mm", stroke_width=side // 120
        )
    return _finished(picture, size, purpose)


def worn(content: bytes, kind: str) -> bytes:
    """The picture that a community wears (our own WebP of it) as an icon. Not on the event loop."""
    size, purpose = KINDS[kind]
    with Image.open(io.BytesIO(content), formats=("WEBP",)) as opened:
        picture = opened.convert("RGB")
    if purpose == MASKABLE:
        ground = picture.resize((1, 1), Image.Resampling.BOX).resize((size, size))
        inner = round(size * 0.8)
        ground.paste(picture.resize((inner, inner), Image.Resampling.LANCZOS), ((size - inner) // 2,) * 2)
        picture = ground
    return _finished(picture, size, purpose)


def face_width() -> int:
    """Which of the sizes of a look an icon is made of."""
    return _FACE


def _ticket(pen: ImageDraw.ImageDraw, side: int, share: float) -> None:
    """A pass, which says nothing in any script."""
    half, high = side * share / 1.3, side * share / 2.2
    box = (side / 2 - half, side / 2 - high, side / 2 + half, side / 2 + high)
    pen.rounded_rectangle(box, side * 0.05, outline="#ffffff", width=side // 28)
    x = side / 2 + half * 0.35
    pen.line((x, box[1], x, box[3]), fill="#ffffff", width=side // 40)


def _finished(picture: Image.Image, size: int, purpose: str) -> bytes:
    picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    if purpose == PLAIN:
        mask = Image.new("L", (size * _EDGE, size * _EDGE), 0)
        ImageDraw.Draw(mask).rounded_rectangle(
            (0, 0, size * _EDGE - 1, size * _EDGE - 1), size * _EDGE * 0.22, 255
        )
        picture.putalpha(mask.resize((size, size), Image.Resampling.LANCZOS))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
