"""Whoever is muted reads, and says nothing: no message, comment, reaction or vote. The one place that says so."""

from datetime import UTC, datetime

from channel.errors import Forbidden
from channel.members.model import FOR_GOOD_MS, Entitlement, State


def require_unmuted(by: Entitlement) -> None:
    """Raises Forbidden (muted) for who is muted now; it says until when and why, and carries `until`."""
    refusal = refusal_of(by)
    if refusal is not None:
        raise refusal


def refusal_of(by: Entitlement) -> Forbidden | None:
    """The same as an answer. Each is a sentence that the catalogue knows whole."""
    if by.state is not State.MUTED:
        return None
    until, reason = by.muted_until, by.muted_for
    if until is None or until >= FOR_GOOD_MS:
        if not reason:
            return Forbidden("You are muted here: you can read, and nothing else.", code="muted", until=None)
        return Forbidden(
            f"You are muted here: you can read, and nothing else. Reason: {reason}", code="muted", until=None
        )
    end = f"{datetime.fromtimestamp(until // 1000, UTC):%Y-%m-%d %H:%M}"
    if not reason:
        return Forbidden(
            f"You are muted here until {end} UTC: you can read, and nothing else.", code="muted", until=until
        )
    return Forbidden(
        f"You are muted here until {end} UTC: you can read, and nothing else. Reason: {reason}",
        code="muted",
        until=until,
    )
