"""Cutting a piece of one shape out of a picture, in a few sizes. In a child only."""

from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from .model import Cut

CLEAR = (0, 0, 0, 0)


def cut_of(order: Mapping[str, Any]) -> Cut:
    """As the server wrote it into its order."""
    return Cut(**{**order, "sizes": tuple((width, height) for width, height in order["sizes"])})


def pieces(image: Image.Image, cut: Cut) -> Iterator[Image.Image]:
    """The piece in each of its sizes; a picture that is smaller is made larger, for the page counts on the size."""
    for size in cut.sizes:
        if cut.whole:
            yield _within(image, size, cut)
        else:
            yield _clean(image.resize(size, Image.Resampling.LANCZOS, box=_box(image.size, size, cut)))


def _box(of: tuple[int, int], shape: tuple[int, int], cut: Cut) -> tuple[float, float, float, float]:
    """Left, top, right, bottom: as object-position and scale() place it in a browser."""
    scale = min(of[0] / shape[0], of[1] / shape[1]) * 100 / cut.zoom
    width, height = shape[0] * scale, shape[1] * scale
    left, top = (of[0] - width) * cut.x / 100, (of[1] - height) * cut.y / 100
    return left, top, min(left + width, of[0]), min(top + height, of[1])


def _within(image: Image.Image, size: tuple[int, int], cut: Cut) -> Image.Image:
    scale = min(size[0] / image.width, size[1] / image.height)
    scale = scale if cut.padded else min(scale, 1.0)
    shown = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(shown, Image.Resampling.LANCZOS)
    if shown == size or not cut.padded:
        return _clean(small)
    canvas = Image.new("RGBA", size, CLEAR)
    canvas.paste(small, ((size[0] - shown[0]) // 2, (size[1] - shown[1]) // 2))
    return canvas


def _clean(image: Image.Image) -> Image.Image:
    image.info.clear()
    return image
