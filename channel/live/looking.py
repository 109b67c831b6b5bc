"""Who has a place (a room, or a topic of a group) before their eyes, and what is new in it further down: no device of theirs
is told of that for now.

A page says so by telling how far it has read once more, though that has not changed: every ten seconds, while it is
looked at and something new waits below. Whoever reads everything at once never does, so this costs nothing where
most are. It is kept in memory alone, on every node: what is lost of it is a notice that was not needed, never one that
is missing.
"""

from collections.abc import Callable, Mapping
from typing import Final

from channel.ids import is_id

TOPIC: Final = "looking"
LASTS_MS: Final = 25_000  # two tellings that come late
MOST: Final = 100_000  # beyond it those who come later are told on their devices, too


class Looking:
    """One per node. `clock` as the database's: epoch ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], int] = {}

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """A bus note from any node, this one included."""
        place_id, accounts = str(data.get("topic_id") or data.get("room_id")), data.get("account_ids")
        if topic != TOPIC or not isinstance(accounts, list) or not is_id(place_id):
            return
        now = self._clock()
        for account_id in accounts:
            self._until.pop((account_id, place_id), None)  # so that the oldest come first
            self._make_room(now)
            if len(self._until) < MOST:
                self._until[account_id, place_id] = now + LASTS_MS

    def _make_room(self, now: int) -> None:
        while self._until:
            oldest, until = next(iter(self._until.items()))
            if until > now:
                return
            del self._until[oldest]

    def at(self, account_id: str, place_id: str) -> bool:
        """Whether the account looks at the place right now, on any device."""
        return self._until.get((account_id, place_id), 0) > self._clock()
