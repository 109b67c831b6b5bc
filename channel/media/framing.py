"""Which part of a picture is shown. Pure."""

from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.media.pictures.model import SCALE, TURNED, WHOLE, Frame

LEAST: Final = SCALE // 100  # of each side
Shape = Literal["whole", "1:1", "4:5", "16:9"]
SHAPES: Final[tuple[Shape, ...]] = get_args(Shape)


def parse_frame(x: float, y: float, width: float, height: float, turn: int = 0) -> Frame:
    """Of fractions, 0 to 1, of the picture upright and turned clockwise by `turn` degrees. Raises Invalid (crop, turn)."""
    if turn not in TURNED:
        raise Invalid(turn="A picture can be turned by 0, 90, 180 or 270 degrees.")
    left, top, right, bottom = (_part(one) for one in (x, y, x + width, y + height))
    if not (0 <= left < right <= SCALE and 0 <= top < bottom <= SCALE):
        raise Invalid(crop="What is shown lies in the picture: choose a piece between its edges.")
    if right - left < LEAST or bottom - top < LEAST:
        raise Invalid(crop="Show at least one percent of the width and of the height.")
    return Frame(left, top, right - left, bottom - top, turn)


def _part(fraction: float) -> int:
    return round(fraction * SCALE) if -1 < fraction < 2 else -1  # also for what is no number


def shaped(shape: Shape, size: tuple[int, int], turn: int = 0) -> Frame:
    """The largest piece of this shape, from the middle. `size`: of all of the picture, upright and turned already."""
    if shape == "whole":
        return Frame(turn=turn)
    across, down = map(int, shape.split(":"))
    width, height = size
    scale = min(width / across, height / down)
    part = (
        max(LEAST, round(across * scale / width * SCALE)),
        max(LEAST, round(down * scale / height * SCALE)),
    )
    return Frame((SCALE - part[0]) // 2, (SCALE - part[1]) // 2, *part, turn)


def whole_size(frame: Frame, size: tuple[int, int], turn: int) -> tuple[int, int]:
    """Of all of the picture turned by `turn`, about, where what the frame leaves of it has the size `size`."""
    width, height = round(size[0] * SCALE / frame.width), round(size[1] * SCALE / frame.height)
    return (height, width) if (frame.turn - turn) % 180 else (width, height)


def encoded(frame: Frame) -> str:
    if frame == WHOLE:
        return ""
    return f"{frame.x} {frame.y} {frame.width} {frame.height} {frame.turn}"


def decoded(text: str) -> Frame:
    return Frame(*map(int, text.split())) if text else WHOLE
