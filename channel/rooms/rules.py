"""The rules of a group, as far as they hang together. Pure."""

from collections.abc import Mapping
from typing import Any

from channel.errors import Invalid
from channel.rooms.model import DAY_MINUTES, RULES, Room

MINUTE_MS = 60_000


def require_whole(kind: str, held: Mapping[str, Any]) -> None:
    """Raises Invalid for rules of a group in a channel, and for quiet hours with one end or without a length."""
    if kind != "group":
        wrong = {field: "Only a group has this rule." for field in RULES if held.get(field) not in (None, 0)}
        if wrong:
            raise Invalid(wrong)
    start, end = held.get("quiet_from"), held.get("quiet_to")
    if (start is None) != (end is None):
        missing = "quiet_to" if end is None else "quiet_from"
        raise Invalid({missing: "Quiet hours have a beginning and an end. Write both, or neither."})
    if start is not None and start == end:
        raise Invalid(quiet_to="Quiet hours end at another time than they begin.")


def quiet_until(room: Room, now: int) -> int | None:
    """When the quiet hours that hold at `now` (epoch ms) end; None outside of them. The clock is UTC's."""
    if room.quiet_from is None or room.quiet_to is None:
        return None
    minute = now // MINUTE_MS
    length = (room.quiet_to - room.quiet_from) % DAY_MINUTES
    since = (minute - room.quiet_from) % DAY_MINUTES
    return None if since >= length else (minute + length - since) * MINUTE_MS
