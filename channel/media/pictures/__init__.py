"""Pictures of strangers: opened in a child with limits, and made into what every browser can show."""

from .model import MAX_PIXELS, Cut, Frame, Prepared, Unreadable, Variant
from .ordering import PDF, first_page, prepare

__all__ = ["MAX_PIXELS", "PDF", "Cut", "Frame", "Prepared", "Unreadable", "Variant", "first_page", "prepare"]
