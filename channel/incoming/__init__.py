"""Mail that comes in: letters that come back, answers, and drafts. How it gets here: keeping.sort and keeping.keep."""

from .addresses import Addresses
from .handling import incoming_handler
from .keeping import Arrived, forget, keep, sort, sweep


def addresses_of(pattern: str, secret: bytes) -> Addresses | None:
    """None where no mail comes in: CHANNEL_INCOMING_ADDRESS is not set."""
    return Addresses(secret, pattern) if pattern else None


__all__ = ["Addresses", "Arrived", "addresses_of", "forget", "incoming_handler", "keep", "sort", "sweep"]
