"""The hub: who listens to which stream, and how one frame reaches all of them.

Followers are grouped by (sight, format, language); each group's frame is encoded once and the same text goes to every
socket in it. A socket that cannot take frames as fast as they come is cut at MAX_BACKLOG_BYTES and comes back by seq;
it never delays another one.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from channel.live.protocol import TOO_SLOW, Format

MAX_BACKLOG_BYTES = 1024 * 1024
MAX_HELD = 2_000  # events that may arrive while one subscription reads its history


@dataclass(frozen=True, slots=True)
class Group:
    """All followers of a stream for whom the same bytes are right."""

    sight: int
    format: Format
    language: str


class Item:
    """One event on its way out: rendered once per group, when the first of the group takes it."""

    __slots__ = ("_frames", "_render", "seq")

    def __init__(self, seq: int, render: Callable[[Group], str]) -> None:
        self.seq = seq
        self._render = render
        self._frames: dict[Group, str] = {}

    def frame(self, group: Group) -> str:
        frame = self._frames.get(group)
        if frame is None:
            frame = self._frames[group] = self._render(group)
        return frame


class Follower(Protocol):
    """One connection, WebSocket or SSE."""

    account_id: str | None
    session_id: str | None
    token_id: str | None
    language: str
    network: str
    backlog_bytes: int

    def push(self, frame: str, *, seq: int | None = None) -> None:
        """Queue a frame; never blocks."""

    def end(self, code: int, reason: str) -> None:
        """Close soon, with a close code of protocol.py; never blocks."""

    async def drained(self) -> None:
        """Wait until what was pushed has mostly gone out, so that a long history does not become a backlog."""


@dataclass(slots=True, eq=False)
class Subscription:
    """One follower in one stream. `held` collects what comes while its history is being read."""

    follower: Follower
    stream: str
    format: Format
    community_id: str | None = None
    room_id: str | None = None
    group: Group | None = None  # None until rights are known
    cursor: int = 0
    held: list[Item] | None = field(default_factory=list)

    def deliver(self, item: Item) -> None:
        """Hand over one event, in order; a repeated one is ignored."""
        if self.held is not None:
            self.held.append(item)
            if len(self.held) > MAX_HELD:
                self.follower.end(TOO_SLOW, "too far behind")
        elif item.seq > self.cursor and self.group is not None:
            self.cursor = item.seq
            self.follower.push(item.frame(self.group), seq=item.seq)
            if self.follower.backlog_bytes > MAX_BACKLOG_BYTES:
                self.follower.end(TOO_SLOW, "reading too slowly")

    def release(self) -> None:
        """The history has been sent: what was held follows, and from here on events go straight through."""
        held, self.held = self.held or [], None
        for item in held:
            self.deliver(item)


class Stream:
    """What this node knows of one stream: its listeners, and up to where they have been told."""

    __slots__ = ("missed", "name", "seen", "subscriptions")

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: int | None = None  # None until the first listener has read the head
        self.missed = False  # a hint came before `seen` was known
        self.subscriptions: set[Subscription] = set()


class Hub:
    """Every open subscription of this node, by stream and by account."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        self.followers: set[Follower] = set()
        self._by_account: dict[str, set[Follower]] = {}
        self._by_network: Counter[str] = Counter()
        self._subscriptions: dict[Follower, dict[str, Subscription]] = {}

    def enter(self, follower: Follower) -> None:
        self.followers.add(follower)
        self._subscriptions[follower] = {}
        self._by_network[follower.network] += 1
        if follower.account_id:
            self._by_account.setdefault(follower.account_id, set()).add(follower)

    def leave(self, follower: Follower) -> None:
        """Forget a connection and all of its subscriptions. Harmless when repeated."""
        if follower not in self.followers:
            return
        for subscription in self._subscriptions.pop(follower, {}).values():
            self._detach(subscription)
        self.followers.discard(follower)
        self._by_network[follower.network] -= 1
        if not self._by_network[follower.network]:
            del self._by_network[follower.network]
        siblings = self._by_account.get(follower.account_id or "")
        if siblings is not None:
            siblings.discard(follower)
            if not siblings:
                del self._by_account[follower.account_id or ""]

    def register(self, subscription: Subscription) -> Stream:
        """Start to hold a stream's events for a follower; one it had on the same stream is replaced."""
        mine = self._subscriptions[subscription.follower]
        if (old := mine.pop(subscription.stream, None)) is not None:
            self._detach(old)
        mine[subscription.stream] = subscription
        stream = self.streams.get(subscription.stream)
        if stream is None:
            stream = self.streams[subscription.stream] = Stream(subscription.stream)
        stream.subscriptions.add(subscription)
        return stream

    def drop(self, follower: Follower, name: str) -> None:
        """Stop one subscription. Harmless when there is none."""
        subscription = self._subscriptions.get(follower, {}).pop(name, None)
        if subscription is not None:
            self._detach(subscription)

    def _detach(self, subscription: Subscription) -> None:
        stream = self.streams.get(subscription.stream)
        if stream is not None:
            stream.subscriptions.discard(subscription)
            if not stream.subscriptions:
                del self.streams[subscription.stream]

    def of_account(self, account_id: str) -> tuple[Follower, ...]:
        return tuple(self._by_account.get(account_id, ()))

    def of_network(self, network: str) -> int:
        """How many connections come from one network."""
        return self._by_network[network]

    def accounts(self) -> tuple[str, ...]:
        return tuple(self._by_account)

    def of_follower(self, follower: Follower) -> tuple[Subscription, ...]:
        return tuple(self._subscriptions.get(follower, {}).values())

    def in_room(self, room_id: str) -> Iterator[Subscription]:
        stream = self.streams.get(f"room:{room_id}")
        return iter(tuple(stream.subscriptions)) if stream else iter(())

    def is_active(self, subscription: Subscription) -> bool:
        """False once it was replaced, dropped or its follower left."""
        return self._subscriptions.get(subscription.follower, {}).get(subscription.stream) is subscription
