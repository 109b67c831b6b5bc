"""How fast letters may go to one host of recipients, and who has to wait because a mail server asked for less.

How many went is known to all processes together (see queue.py). Who asked for less is known to the one that heard it, and
forgotten when that ends: it then asks once more and hears it again.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MINUTE_MS: Final = 60_000
FIRST_PAUSE_MS: Final = MINUTE_MS
LONGEST_PAUSE_MS: Final = 60 * MINUTE_MS
CLOSED_MS: Final = 24 * 60 * MINUTE_MS
MOST_HOSTS: Final = 10_000  # beyond them those that nobody waits for are forgotten
RELAY: Final = ""  # the mail server that we hand everything to, beside the hosts that it is for


def host_of(address: str) -> str:
    """What stands behind the @, in lower case."""
    return address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Reached:
    """See _Host."""

    next_at: float = 0.0
    line_at: float = 0.0


@dataclass(slots=True)
class _Host:
    """Moments are epoch ms. `next_at`: when as many letters have gone as may until then; `line_at`: when the last of
    those that wait has its turn; `until`: the end of the pause that was asked for, of `pause_ms`; `since`: when it first
    asked for one, 0 when it has taken a letter after it."""

    next_at: float = 0.0
    line_at: float = 0.0
    until: int = 0
    pause_ms: int = 0
    since: int = 0

    def idle(self, now: int) -> bool:
        return max(self.next_at, self.line_at, self.until + self.pause_ms + LONGEST_PAUSE_MS) <= now


class Pace:
    """`per_minute`: letters to one host in any minute, at most; 0: as many as there are. A tenth of them may go at once,
    so that they need not be waited for one by one."""

    def __init__(self, per_minute: int = 0) -> None:
        at_once = max(1, per_minute // 10)
        # So that even those that go at once, and the others after them, are no more than that in any minute.
        self._gap_ms = MINUTE_MS / (per_minute - at_once + 1) if per_minute else 0.0
        self._ahead_ms = self._gap_ms * (at_once - 1)
        self._hosts: dict[str, _Host] = {}
        self._unwilling: set[str] = set()  # who asked for less, and has taken nothing since
        self._paused_until = 0
        self.sent_away = 0  # letters that were looked at and have to wait

    @property
    def is_bounded(self) -> bool:
        """Whether it is counted how many go."""
        return self._gap_ms > 0

    def reached(self, host: str) -> Reached:
        """How far the letters to it have come."""
        known = self._hosts.get(host, _Host())
        return Reached(known.next_at, known.line_at)

    def recall(self, host: str, reached: Reached, now: int) -> None:
        """So far they have come by what all processes sent."""
        known = self._known(host, now)
        known.next_at, known.line_at = reached.next_at, reached.line_at

    def binds(self, now: int) -> bool:
        """Whether any host has to be asked after at all."""
        return self._gap_ms > 0 or self._paused_until > now or bool(self._unwilling)

    def opens_at(self, host: str, now: int) -> float:
        """When the next letter to it may go; now, when it may at once."""
        known = self._hosts.get(host)
        return now if known is None else max(now, known.next_at - self._ahead_ms, known.until)

    def paused_until(self, host: str, now: int) -> int:
        """When the pause ends that it asked for; 0 without one."""
        known = self._hosts.get(host)
        return known.until if known is not None and known.until > now else 0

    def goes(self, host: str, now: int) -> None:
        """One letter more leaves for it."""
        if self._gap_ms:
            known = self._known(host, now)
            known.next_at = max(known.next_at, now) + self._gap_ms

    def has_line(self, host: str, now: int) -> bool:
        """Whether some wait for their turn already."""
        known = self._hosts.get(host)
        return known is not None and known.line_at > now

    def turn(self, host: str, now: int) -> int:
        """When one comes to its turn that has to wait, behind all that wait already."""
        known = self._known(host, now)
        known.line_at = max(known.line_at + self._gap_ms, self.opens_at(host, now))
        return math.ceil(known.line_at)

    def soon(self, host: str, now: int, before: int) -> int:
        """When one goes whose turn has come, but a little too early: `before` others are in the same case."""
        return math.ceil(self.opens_at(host, now) + before * self._gap_ms)

    def slow(self, host: str, now: int) -> int:
        """It asked for less. Until the moment that is returned nothing goes there, each time for twice as long, an hour at
        most; as at first once it has taken letters for as long as the last pause was."""
        known = self._known(host, now)
        if known.until > now:  # of a letter that was on its way already
            return known.until
        again = known.pause_ms and (known.since or now - known.until < known.pause_ms)
        known.since = known.since or now
        self._unwilling.add(host)
        known.pause_ms = min(LONGEST_PAUSE_MS, known.pause_ms * 2) if again else FIRST_PAUSE_MS
        known.until = now + known.pause_ms
        self._paused_until = max(self._paused_until, known.until)
        return known.until

    def took(self, host: str) -> None:
        """It has taken a letter."""
        known = self._hosts.get(host)
        if known is not None:
            known.since = 0
            self._unwilling.discard(host)

    def is_closed(self, host: str, now: int) -> bool:
        """Whether it has asked for less for a day, and taken nothing."""
        known = self._hosts.get(host)
        return known is not None and known.since > 0 and now - known.since > CLOSED_MS

    def _known(self, host: str, now: int) -> _Host:
        if host not in self._hosts and len(self._hosts) >= MOST_HOSTS:
            self._hosts = {name: one for name, one in self._hosts.items() if not one.idle(now)}
            self._unwilling &= self._hosts.keys()
        return self._hosts.setdefault(host, _Host())


@dataclass(frozen=True, slots=True)
class Due:
    """A letter whose time has come. `waited`: it has had a turn; `old`: it tells nothing new any more."""

    key: tuple[str, str]
    address: str
    waited: bool
    old: bool


@dataclass(slots=True)
class Sorted:
    """`first`: those that may go. `turns`: when others may (epoch ms), by their keys. `over`: those that waited too long."""

    first: list[tuple[str, str]] = field(default_factory=list)
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    over: list[tuple[str, str]] = field(default_factory=list)


def sort(due: Iterable[Due], pace: Pace, now: int, most: int) -> Sorted:
    """Find `most` letters that may go. Those before them whose hosts are not open get out of the way."""
    done, early = Sorted(), dict[str, int]()
    for one in due:
        if len(done.first) == most:
            break
        host = host_of(one.address)
        paused = pace.paused_until(host, now) > 0
        if one.old and pace.is_closed(host, now):
            done.over.append(one.key)
        elif paused or (pace.has_line(host, now) and not one.waited):
            done.turns[one.key] = pace.turn(host, now)
        elif not host or pace.opens_at(host, now) <= now:
            pace.goes(host, now)
            done.first.append(one.key)
        elif one.waited:
            done.turns[one.key] = pace.soon(host, now, early.get(host, 0))
            early[host] = early.get(host, 0) + 1
        else:
            done.turns[one.key] = pace.turn(host, now)
    pace.sent_away += len(done.turns) + len(done.over)
    return done
