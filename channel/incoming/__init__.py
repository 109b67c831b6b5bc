"""Mail that comes in: letters that come back, answers, and drafts. How it gets here: spooling."""

from .addresses import Addresses
from .ground import Ground
from .handling import incoming_handler
from .keeping import forget, keep, sweep, wanted
from .spooling import Spool, take_in


def addresses_of(pattern: str, secret: bytes) -> Addresses | None:
    """None where no mail comes in: CHANNEL_INCOMING_ADDRESS is not set."""
    return Addresses(secret, pattern) if pattern else None


__all__ = [
    "Addresses",
    "Ground",
    "Spool",
    "addresses_of",
    "forget",
    "incoming_handler",
    "keep",
    "sweep",
    "take_in",
    "wanted",
]
