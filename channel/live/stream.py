"""What this node knows of one stream: its newest events, and who listens, in cohorts that get the same bytes.

A cohort is everybody of the same sight, format, language and wire. It keeps dense arrays, a descriptor and a cursor
for each subscription, so that telling all of them is one short loop. A cursor is the seq that its follower has been
sent up to; frames are taken from the stream's newest events, encoded once in each cohort.

Only the events of the last moments are kept (FRESH_S): what an event says is loaded when it is told, and a post may
be edited, deleted or locked meanwhile. Whoever is further behind gets them from the log, read once for all who are.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from channel.live.protocol import Format
from channel.live.wire import Wire

if TYPE_CHECKING:
    from channel.live.follower import Follower

FRESH_S: Final = 2.0
MAX_WINDOW: Final = 2_000  # events kept of one stream, however fresh
CHUNK_BYTES: Final = 65_536  # written to a follower at once; one larger frame goes alone


@dataclass(frozen=True, slots=True)
class Group:
    """All followers of a stream for whom the same words are right."""

    sight: int
    format: Format
    language: str


class Item:
    """One event on its way out. `render` prints it for a group, as compact JSON.

    `about_bytes`: how long that will be, about. `quotes`: it shows something of another stream's post.
    """

    __slots__ = ("about_bytes", "at_s", "quotes", "render", "seq")

    def __init__(
        self, seq: int, render: Callable[[Group], bytes], *, about_bytes: int = 500, quotes: bool = False
    ) -> None:
        self.seq = seq
        self.render = render
        self.about_bytes = about_bytes
        self.quotes = quotes
        self.at_s = monotonic()


class Subscription:
    """One follower in one stream.

    `cohort` is None until its rights are known. `place` is where it stands in the cohort's arrays, -1 while it is
    parked: its connection takes nothing at the moment, or its next event has to be read from the log first.
    `cursor` holds only while it is parked; else the array does. `mark`: the stream's bytes when it was parked.
    `stale`: rights changed while they were being read for it.
    """

    __slots__ = ("cohort", "cursor", "follower", "format", "mark", "place", "stale", "stream")

    def __init__(self, follower: "Follower", stream: "Stream", form: Format) -> None:
        self.follower = follower
        self.stream = stream
        self.format: Format = form
        self.cohort: Cohort | None = None
        self.place = -1
        self.cursor = 0
        self.mark = 0
        self.stale = False

    @property
    def told(self) -> int:
        """The seq it has been sent up to."""
        return self.cohort.cursors[self.place] if self.cohort and self.place >= 0 else self.cursor


class Cohort:
    """The subscriptions of a stream that get the same bytes."""

    __slots__ = ("_frames", "again", "at", "cursors", "fds", "group", "members", "parked", "stream", "wire")

    def __init__(self, stream: "Stream", group: Group, wire: Wire) -> None:
        self.stream = stream
        self.group = group
        self.wire = wire
        self.members: list[Subscription] = []
        self.fds = array("i")
        self.cursors = array("q")
        self.parked: set[Subscription] = set()
        self.at = 0  # where the pass stands that is telling
        self.again = False  # somebody before `at` has not been told all
        self._frames: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self.members) + len(self.parked)

    def admit(self, subscription: Subscription) -> None:
        """Take it among those that are told, from its cursor on."""
        self.parked.discard(subscription)
        subscription.place = len(self.members)
        self.members.append(subscription)
        self.fds.append(subscription.follower.fd)
        self.cursors.append(subscription.cursor)

    def park(self, subscription: Subscription) -> None:
        """Take it out of the arrays for now."""
        if subscription.place >= 0:
            self._take_out(subscription)
        subscription.mark = self.stream.bytes
        self.parked.add(subscription)

    def remove(self, subscription: Subscription) -> None:
        if subscription.place >= 0:
            self._take_out(subscription)
        self.parked.discard(subscription)

    def _take_out(self, subscription: Subscription) -> None:
        """Fill its place with the last one: arrays stay dense, whatever their length."""
        place, last = subscription.place, self.members.pop()
        subscription.cursor, subscription.place = self.cursors[place], -1
        fd, cursor = self.fds.pop(), self.cursors.pop()
        if last is not subscription:
            self.members[place], self.fds[place], self.cursors[place] = last, fd, cursor
            last.place = place
            self.again = self.again or place < self.at

    def chunk(self, cursor: int) -> tuple[bytes, int] | None:
        """What follows `cursor`, as much as is written at once, and the seq it reaches; None: it must be read first."""
        items = self.stream.items
        if not items or cursor + 1 < items[0].seq:
            return None
        first = cursor + 1 - items[0].seq
        data = self._frame(items[first])
        parts, size = [data], len(data)
        while self.wire.joins and (first := first + 1) < len(items):
            data = self._frame(items[first])
            if size + len(data) > CHUNK_BYTES:
                break
            parts.append(data)
            size += len(data)
        return (parts[0] if len(parts) == 1 else b"".join(parts)), cursor + len(parts)

    def _frame(self, item: Item) -> bytes:
        data = self._frames.get(item.seq)
        if data is None:
            data = self.wire.event(item.render(self.group), self.stream.epoch, item.seq)
            self._frames[item.seq] = data
        return data

    def forget(self, before: int) -> None:
        """Drop the frames of events that the stream dropped."""
        for seq in [seq for seq in self._frames if seq < before]:
            del self._frames[seq]


class Stream:
    """One stream with at least one subscription here, or one that is being made.

    `head`: the seq up to which it has been told here; None until the first subscription has read the log's.
    `missed`: a hint came before that. `facts`: of a room's stream, the room and its community, see rights.py.
    """

    __slots__ = (
        "bytes",
        "cohorts",
        "epoch",
        "facts",
        "head",
        "items",
        "missed",
        "name",
        "quoting",
        "waiting",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = ""
        self.quoting = 0  # of the events at hand, how many show something of another stream's post
        self.bytes = 0  # about as many as one follower was told since it began
        self.head: int | None = None
        self.missed = False
        self.items: deque[Item] = deque()  # of consecutive seqs, the last one being `head`
        self.cohorts: dict[tuple[Group, Wire], Cohort] = {}
        self.waiting: set[Subscription] = set()  # registered, their rights not known yet
        self.facts: Any = None

    @property
    def empty(self) -> bool:
        return not self.waiting and not any(map(len, self.cohorts.values()))

    def subscriptions(self) -> Iterator[Subscription]:
        """Everybody who listens, those that are parked or still joining included."""
        for cohort in self.cohorts.values():
            yield from cohort.members
            yield from cohort.parked
        yield from self.waiting

    def listeners(self) -> int:
        """How many listen."""
        return sum(map(len, self.cohorts.values()))

    def cohort(self, group: Group, wire: Wire) -> Cohort:
        """The cohort of these, made when it is the first time."""
        key = (group, wire)
        found = self.cohorts.get(key)
        if found is None:
            found = self.cohorts[key] = Cohort(self, group, wire)
        return found

    def append(self, item: Item) -> None:
        """The log's next event. What is no longer right is dropped by `renew`, before."""
        if self.items and item.seq != self.items[-1].seq + 1:
            self._drop(len(self.items))
        self.items.append(item)
        self.quoting += item.quotes
        self.head = item.seq
        self.bytes += item.about_bytes
        if len(self.items) > MAX_WINDOW:
            self._drop(len(self.items) - MAX_WINDOW)

    def prepend(self, older: list[Item]) -> None:
        """What was read from the log for those who are behind; only what joins on to the newest is taken."""
        following = self.items[0].seq if self.items else (self.head or 0) + 1
        if older and older[-1].seq + 1 == following:
            self.items.extendleft(reversed(older))
            self.quoting += sum(item.quotes for item in older)

    def renew(self) -> None:
        """Something that was told has changed: nothing of it is sent any more as it was."""
        self._drop(len(self.items))

    def tidy(self) -> None:
        """Drop what is not fresh any more, and cohorts without members."""
        stale, now_s = 0, monotonic()
        for item in self.items:
            if item.at_s > now_s - FRESH_S:
                break
            stale += 1
        if stale:
            self._drop(stale)
        for key in [key for key, cohort in self.cohorts.items() if not len(cohort)]:
            del self.cohorts[key]

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self.quoting -= self.items.popleft().quotes
        before = self.items[0].seq if self.items else (self.head or 0) + 1
        for cohort in self.cohorts.values():
            cohort.forget(before)
