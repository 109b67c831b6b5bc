"""What a picture that somebody wears is, and how it is cut. Pure."""

import re
from typing import Final, Literal

from channel.errors import Invalid
from channel.media.pictures.model import Cut

Purpose = Literal["avatar", "icon", "cover"]
MAX_BYTES: Final = 20 * 1024 * 1024  # of what is sent; what is made of it is a few KiB
OWN: Final = "own:"  # in `avatar` and `cover`, before the id of a look
SQUARES: Final = ((96, 96), (256, 256))
SIZES: Final[dict[Purpose, tuple[tuple[int, int], ...]]] = {
    "avatar": SQUARES,
    "icon": SQUARES,
    "cover": ((640, 360), (1280, 720)),
}
MAX_ZOOM: Final = 400
_ID: Final = re.compile(r"[0-9a-f]{32}")


def is_look(text: str) -> bool:
    """Whether it can be the id of one, so that a database may be asked."""
    return bool(_ID.fullmatch(text))


def parse_cut(purpose: Purpose, x: int | None = None, y: int | None = None, zoom: int | None = None) -> Cut:
    """The piece that is shown; what is None is the middle, all of it. Raises Invalid (x, y, zoom)."""
    problems = {}
    x, y, zoom = 50 if x is None else x, 50 if y is None else y, 100 if zoom is None else zoom
    for name, value in (("x", x), ("y", y)):
        if not 0 <= value <= 100:
            problems[name] = "Where the piece lies is given in percent: 0 to 100."
    if not 100 <= zoom <= MAX_ZOOM:
        problems["zoom"] = "A picture can be enlarged to 100 to 400 percent."
    if problems:
        raise Invalid(problems)
    return Cut(SIZES[purpose], x, y, zoom)


def address(worn: str, width: int) -> str:
    """Where the picture that `worn` names lies, for everybody; empty when it is none of one's own.

    Another picture has another address, so a browser may keep it for good.
    """
    return f"/looks/{worn.removeprefix(OWN)}/{width}.webp" if worn.startswith(OWN) else ""
