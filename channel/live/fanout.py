"""Telling everybody: short loops over dense arrays, in slices, so that the event loop is never held.

A pass walks through a cohort and writes to each socket whatever follows its cursor. Posts that arrive meanwhile ride
along: those who have not had their turn get all of them in one write. A socket that cannot take everything is parked
with the rest on its transport, and comes back when that has drained; it never delays another one.
"""

import asyncio
from array import array
from collections import deque
from collections.abc import Callable
from os import write
from time import monotonic
from typing import Final

from channel.live.stream import Cohort, Stream, Subscription
from channel.metrics import Histogram, Peak

SLICE: Final = 256  # sockets between two looks at the clock
HOLD_S: Final = 0.004  # after so long other work has its turn

Behind = Callable[[Stream], None]


class Fanout:
    """One per node. `behind` is told of a stream in which somebody's next event has to be read from the log."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._due: deque[Callable[[], bool]] = deque()  # each does a slice and says whether all is done
        self._passing: dict[Cohort, float] = {}  # and since when
        self._scheduled = False
        self.passes = 0
        self.writes = 0
        self.events = 0  # told, counted for each follower
        self.bytes = 0  # of those, written to sockets without going through the follower
        self.notes = 0  # told beside the log
        self.pass_s = 0.0  # how long the loop was held by telling, in all
        self.longest_s = 0.0  # and at once, at the most
        self.slices = Peak()  # the same, of late
        self.seconds = Histogram()  # until everybody of a cohort had been written to

    def stir(self, stream: Stream) -> None:
        """A stream has grown: tell its cohorts."""
        for cohort in stream.cohorts.values():
            self.tell(cohort)

    def tell(self, cohort: Cohort) -> None:
        """Somebody in the cohort may be behind."""
        if cohort in self._passing:
            cohort.again = True
        elif cohort.members:
            self._passing[cohort] = monotonic()
            self._due.append(lambda: self._pass(cohort))
            self._schedule()

    def note(self, cohort: Cohort, data: bytes) -> None:
        """Write something to the whole cohort that has no place in the log. Those who are parked do without it."""
        at = 0

        def some() -> bool:
            nonlocal at
            until = at + SLICE
            while at < (stop := min(until, len(cohort.members))):
                at = self._write(cohort, at, stop, data)
            return at >= len(cohort.members)

        if cohort.members:
            self._due.append(some)
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        started_s = now_s = monotonic()
        while self._due and now_s - started_s < HOLD_S:
            work = self._due.popleft()
            if not work():
                self._due.append(work)
            now_s = monotonic()
        self.pass_s += now_s - started_s
        self.longest_s = max(self.longest_s, now_s - started_s)
        self.slices.note(now_s - started_s, now_s)
        if self._due:
            self._schedule()

    def _pass(self, cohort: Cohort) -> bool:
        """One slice. True when the pass is over and everybody has been told what there was when it ended."""
        done = self._slice(cohort, cohort.at + SLICE)
        if not done:
            return False
        self.passes += 1
        cohort.at = 0
        if cohort.again:
            cohort.again = False
            return False
        self.seconds.observe(monotonic() - self._passing.pop(cohort))
        return True

    def _slice(self, cohort: Cohort, until: int) -> bool:
        """Tell the members from `at` up to `until`. True when the end was reached."""
        members, cursors = cohort.members, cohort.cursors
        head = cohort.stream.head or 0
        chunks: dict[int, tuple[bytes, int] | None] = {}
        at = cohort.at
        while at < (end := min(until, len(members))):
            cursor = cursors[at]
            if cursor >= head:
                at += _alike(cursors, at, end)
                continue
            if cursor not in chunks:
                chunks[cursor] = cohort.chunk(cursor)
            chunk = chunks[cursor]
            if chunk is None:
                self._fall_behind(members[at])
                continue
            data, reached = chunk
            if reached < head:
                cohort.again = True
            at = self._write(cohort, at, at + _alike(cursors, at, end), data, reached)
        cohort.at = at
        return at >= len(members)

    def _write(self, cohort: Cohort, at: int, stop: int, data: bytes, reached: int | None = None) -> int:
        """Write to the members from `at` on, and move their cursors to `reached`. Returns where to go on.

        That is before `stop` when one did not take everything: it was parked, or it has gone, and another one
        stands there now.
        """
        members, fds, cursors = cohort.members, cohort.fds, cohort.cursors
        events = 0 if reached is None else reached - cursors[at]
        if fds[at] < 0:
            member = members[at]
            if reached is not None:
                cursors[at] = reached
            self._count(1, events)
            member.follower.send(data)
            return at + (at < len(members) and members[at] is member)
        size, sent, done = len(data), len(data), at
        try:
            for fd in fds[at:stop]:
                sent = write(fd, data)
                if sent != size:
                    break
                done += 1
        except BlockingIOError:
            sent = 0
        except OSError:
            done += 1  # it has gone; its transport will say so
            sent = size
        told = done + (sent != size)
        self.writes += told - at
        self.bytes += size * (told - at)
        self._count(told - at, events)
        if reached is not None:
            cursors[at:told] = array("q", (reached,)) * (told - at)
        if sent != size:
            members[done].follower.overflow(data[sent:])
        return done

    def _count(self, followers: int, events: int) -> None:
        """So many were told so many events each, or something that is none."""
        if events:
            self.events += followers * events
        else:
            self.notes += followers

    def _fall_behind(self, subscription: Subscription) -> None:
        if subscription.cohort is not None:
            subscription.cohort.park(subscription)
        self._behind(subscription.stream)


def _alike(cursors: "array[int]", at: int, end: int) -> int:
    """How many stand at the same cursor from `at` on; nearly always all of them."""
    cursor = cursors[at]
    if cursors[at:end].count(cursor) == end - at:
        return end - at
    return next((place for place in range(at, end) if cursors[place] != cursor), end) - at
