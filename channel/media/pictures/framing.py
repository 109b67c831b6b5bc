"""Which pixels of a file a frame leaves to be seen. In a child only."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PIL import Image

from .model import SCALE, Frame
from .opened import QUARTERS, TURNS, Opened

CLOCKWISE: Final = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
# Where a point lay before the picture was turned so.
BEFORE: Final[dict[Image.Transpose, Callable[[int, int], tuple[int, int]]]] = {
    Image.Transpose.FLIP_LEFT_RIGHT: lambda x, y: (SCALE - x, y),
    Image.Transpose.ROTATE_180: lambda x, y: (SCALE - x, SCALE - y),
    Image.Transpose.FLIP_TOP_BOTTOM: lambda x, y: (x, SCALE - y),
    Image.Transpose.TRANSPOSE: lambda x, y: (y, x),
    Image.Transpose.ROTATE_270: lambda x, y: (y, SCALE - x),
    Image.Transpose.TRANSVERSE: lambda x, y: (SCALE - y, SCALE - x),
    Image.Transpose.ROTATE_90: lambda x, y: (SCALE - y, x),
}


def framed(picture: Opened, frame: Frame) -> Opened:
    """The same, of which no more may be seen than the frame leaves."""
    turn = CLOCKWISE.get(frame.turn)
    size = (picture.size[1], picture.size[0]) if turn in QUARTERS else picture.size
    turned = replace(picture, size=size, turn=turn)
    if not frame.cuts:
        return turned
    corners = ((frame.x, frame.y), (frame.x + frame.width, frame.y + frame.height))
    (left, top), (right, bottom) = (_in_file(turned, corner) for corner in corners)
    across = _pixels(left, right, picture.image.width)
    down = _pixels(top, bottom, picture.image.height)
    shown = (across[1] - across[0], down[1] - down[0])
    if turned.sideways:
        shown = (shown[1], shown[0])
    return replace(turned, size=shown, box=(across[0], down[0], across[1], down[1]))


def _in_file(picture: Opened, point: tuple[int, int]) -> tuple[int, int]:
    for turn in (picture.turn, TURNS.get(picture.orientation)):
        if turn is not None:
            point = BEFORE[turn](*point)
    return point


def _pixels(one: int, other: int, of: int) -> tuple[int, int]:
    """From the first to behind the last of those that lie in it whole: half a pixel would tell of what was cut off."""
    low, high = sorted((one, other))
    first = min(-(-low * of // SCALE), of - 1)
    return first, max(first + 1, high * of // SCALE)
