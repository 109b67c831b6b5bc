"""Pictures of strangers: opened in a child with limits, and made into what every browser can show."""

from .model import MAX_PIXELS, REASONS, Prepared, Reason, Unreadable, Variant
from .ordering import prepare

__all__ = ["MAX_PIXELS", "REASONS", "Prepared", "Reason", "Unreadable", "Variant", "prepare"]
