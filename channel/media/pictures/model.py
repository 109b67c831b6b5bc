"""What becomes of a picture, and why one cannot be shown. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from channel.errors import Invalid

MAX_PIXELS = 40_000_000
MAX_FRAMES = 1_200
MAX_PLACEHOLDER_CHARS = 400
WIDTHS: Final = (320, 640, 1280, 2560)
MAX_HEIGHT = 16_000  # WebP knows no more than 16383
SCALE: Final = 10_000
TURNED: Final = (0, 90, 180, 270)

Format = Literal["avif", "webp"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
Reason = Literal["not_a_picture", "too_many_pixels", "broken", "too_long", "too_heavy", "no_heic", "no_pdf"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

TOLD: Final[dict[Reason, str]] = {
    "not_a_picture": "This is not a picture that can be shown. Send a JPEG, PNG, WebP, GIF or AVIF.",
    "too_many_pixels": "This picture has more than 40 million pixels. Make it smaller and send it again.",
    "broken": "This picture is damaged. Save it again with another program, or send another one.",
    "too_long": "This animation has too many pictures. Shorten it, or send it as a video.",
    "too_heavy": "This picture takes too long to prepare. Make it smaller and send it again.",
    "no_heic": "This server cannot read HEIC. Send the photo as a JPEG.",
    "no_pdf": "This server makes no pictures of PDFs.",
}


class Unreadable(Invalid):
    """It cannot be made into a picture. `reason` is stable; the sentence says what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(file=TOLD[reason])
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Variant:
    """One file that can be served as it is: no metadata, sRGB, upright. `size` in bytes."""

    path: Path
    format: Format
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut out of a picture: `sizes` in pixels, smallest first, all of one shape, each made as one WebP.

    `x`, `y`: percent, where the piece lies between the left and the right edge, the upper and the lower one. `zoom`:
    percent; at 100 the piece is as large as fits. `whole`: nothing is cut off, what is missing lets the page through;
    where it is not `padded` nothing is missing, and the picture is as large as fits.
    """

    sizes: tuple[tuple[int, int], ...]
    x: int = 50
    y: int = 50
    zoom: int = 100
    whole: bool = False
    padded: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a picture may be seen: first it is turned clockwise by `turn` degrees, then all but this piece is cut off.

    In parts of SCALE, from the left and from above, of the picture upright and turned.
    """

    x: int = 0
    y: int = 0
    width: int = SCALE
    height: int = SCALE
    turn: int = 0  # one of TURNED

    @property
    def cuts(self) -> bool:
        """Whether it hides something."""
        return (self.width, self.height) != (SCALE, SCALE)


WHOLE: Final = Frame()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture in all its sizes. `width` and `height`: of what of the original is shown, upright.

    `variants`: of each width one AVIF and one WebP, smallest first; of an animation one animated WebP, and in `stills`
    its first picture for those who want nothing to move. `placeholder`: a data: address of a few hundred characters.
    It is made from the picture: whoever may not see the picture may not see it either.
    """

    width: int
    height: int
    animated: bool
    placeholder: str
    variants: tuple[Variant, ...]
    stills: tuple[Variant, ...] = ()
    pages: int = 0  # of the document whose first page it shows


def widths(width: int, height: int) -> tuple[int, ...]:
    """How wide its variants are, smallest first: the usual ones that it exceeds clearly, then its own or the widest."""
    widest = min(width, WIDTHS[-1], max(1, MAX_HEIGHT * width // height))
    return (*(step for step in WIDTHS if step < widest * 0.85), widest)


def height_at(width: int, of: tuple[int, int]) -> int:
    """How high a picture of the size `of` is when it is `width` wide."""
    return max(1, round(of[1] * width / of[0]))
