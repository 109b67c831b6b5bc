"""Open a stranger's PDF: a picture of its first page, and how many pages it has. In a child only.

PDFium is built without a script engine, and no form is drawn: nothing in the file runs.
"""

from typing import Any, BinaryIO, Final

from PIL import Image

from .model import WIDTHS, Unreadable
from .opened import Opened

MAX_WIDTH: Final = WIDTHS[-2]
MAX_HEIGHT: Final = 2_000
MAX_SCALE: Final = 4.0  # of points: a stamp is not made into a poster
MOST_POINTS: Final = 10_000_000.0
MOST_PAGES: Final = 9_999_999


def ready() -> Any:
    """Load all that opening will need."""
    return __import__("pypdfium2")


def opened(file: BinaryIO, pdfium: Any) -> tuple[Opened, int]:
    """The first page and the number of pages. Raises Unreadable, or what PDFium raises."""
    document = pdfium.PdfDocument(file)
    pages = len(document)
    if not 0 < pages <= MOST_PAGES:
        raise Unreadable("broken")
    page = document[0]
    width, height = page.get_size()
    if not (0 < width <= MOST_POINTS and 0 < height <= MOST_POINTS):
        raise Unreadable("broken")
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height, MAX_SCALE)
    image: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return Opened(image, image.size, 1, animated=False), pages
