"""Open a stranger's picture: few formats, few pixels, upright, sRGB, and nothing but pixels left. In a child only."""

import contextlib
import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from .model import MAX_PIXELS, Unreadable, height_at, widths

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MOVING: Final = frozenset(
    {"GIF", "WEBP", "PNG", "AVIF"}
)  # the second picture of a JPEG is a depth map or the like
# Named, so that all are loaded before the child may open no more files.
PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin, ImageFile)  # fmt: skip
ORIENTATION = 0x0112
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS: Final = frozenset({5, 6, 7, 8})
QUARTERS: Final = frozenset({Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270})
SRGB: Final = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Opened:
    """`size`: as it is shown, upright. `animated`: more than one picture, to be shown one after the other.

    `box`: all that may be seen of it, in pixels of `image` (left, top, right, bottom); None for everything. `turn`: by
    what it is turned once it is upright.
    """

    image: Image.Image
    size: tuple[int, int]
    orientation: int
    animated: bool
    box: tuple[int, int, int, int] | None = None
    turn: Image.Transpose | None = None

    @property
    def sideways(self) -> bool:
        """Whether what is its width in the file is its height where it is shown."""
        return (self.orientation in SIDEWAYS) != (self.turn in QUARTERS)

    def upright(self, image: Image.Image) -> Image.Image:
        """`image`, which is as the file has it, as it is shown."""
        for turn in (TURNS.get(self.orientation), self.turn):
            image = image if turn is None else image.transpose(turn)
        return image

    def seen(self, image: Image.Image) -> Image.Image:
        """`image` without what may not be seen. A copy: what is made smaller afterwards knows nothing of its surroundings."""
        return image if self.box is None else image.crop(self.box)


def ready(heic: bool) -> tuple[str, ...]:
    """Load all that opening will need, and return the formats that can be opened."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    if not heic:
        return FORMATS
    pillow_heif = __import__("pillow_heif")
    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
    return (*FORMATS, "HEIF")


def opened(file: BinaryIO, formats: tuple[str, ...]) -> Opened:
    """Read the head of `file`. Raises Unreadable."""
    try:
        image = Image.open(file, formats=formats)
    except UnidentifiedImageError as error:
        raise Unreadable("broken") from error  # it begins like one
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("too_many_pixels") from error
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable("too_many_pixels")
    orientation = _orientation(image)
    size = (image.height, image.width) if orientation in SIDEWAYS else image.size
    animated = image.format in MOVING and bool(getattr(image, "is_animated", False))
    return Opened(image, size, orientation, animated)


def _orientation(image: Image.Image) -> int:
    """Metadata that cannot be read turns nothing: the pixels may be fine all the same."""
    found: object = 1
    with contextlib.suppress(Exception):
        found = image.getexif().get(ORIENTATION, 1)
    return found if isinstance(found, int) and found in TURNS else 1


def still(picture: Opened) -> Image.Image:
    """Its first picture, as large as the widest variant at most: RGB, or RGBA where something shows through."""
    image = picture.image
    profile = image.info.get("icc_profile")
    widest = widths(*picture.size)[-1]
    target = (widest, height_at(widest, picture.size))
    if picture.sideways:
        target = (target[1], target[0])
    if picture.box is None:
        image.draft(image.mode, target)  # a JPEG is decoded at a half or a quarter where that is enough
    image.load()
    small = shrunk(_cropped(picture, plain(image)), target)
    return _opaque(in_srgb(picture.upright(small), profile))


def _cropped(picture: Opened, image: Image.Image) -> Image.Image:
    seen = picture.seen(image)
    if seen is not image:
        image.close()
    return seen


def plain(image: Image.Image) -> Image.Image:
    """In a mode that can be made smaller: L, RGB, CMYK, or RGBa, which is RGBA multiplied. It takes the place of `image`.

    One of 40 million pixels takes 160 MiB, so that there is no room for each step beside the one before.
    """
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _instead(_instead(image, "RGBA"), "RGBa")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode.startswith("I"):  # 16 bits for a pixel, which convert() would cut off at 255
        return _instead(_instead(image, "I").point(lambda value: value * (1 / 256)), "L")
    return _instead(image, "L" if image.mode == "1" else "RGB")


def _instead(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == mode:
        return image
    converted = image.convert(mode)
    image.close()
    return converted


def shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`image` at `size`, which is never larger. Nothing of its metadata comes along."""
    small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0) if size != image.size else image
    small = small.convert("RGBA") if small.mode == "RGBa" else small
    small.info.clear()
    return small


def in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Its colours as a browser takes them that is told nothing. A profile that is wrong changes nothing."""
    wanted = "RGBA" if image.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if image.mode != "RGB" or not ImageCms.getProfileDescription(theirs).startswith("sRGB"):
                converted = ImageCms.profileToProfile(image, theirs, SRGB, outputMode=wanted)
                if converted is not None:
                    image = converted
    image = image if image.mode == wanted else image.convert(wanted)
    image.info.clear()
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """Without an alpha channel that hides nothing."""
    if image.mode != "RGBA" or image.getchannel("A").getextrema()[0] != 255:
        return image
    return image.convert("RGB")
