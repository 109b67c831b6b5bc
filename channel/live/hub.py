"""The hub: every connection of this node, what each follows, and what becomes of those that do not keep up."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from channel.live.fanout import Fanout
from channel.live.follower import Follower
from channel.live.protocol import HEARTBEAT_S, RESUME_LIMIT, Format
from channel.live.stream import Group, Stream, Subscription
from channel.live.tallies import Tallies
from channel.live.wire import Wire

MAX_BEHIND_BYTES: Final = 1024 * 1024  # a client that reads so much too slowly is cut, and comes back by seq
STALL_S: Final = 30  # and one that has read nothing for so long
FAREWELL_S: Final = 5  # how long a closing connection may take to swallow its last frames
PINGS_AT_ONCE: Final = 512


class Hub:
    """Opened and left by connections, asked by the tail. `now_s` is a clock of whole seconds, for what is not exact."""

    def __init__(self) -> None:
        self.now_s = 0
        self.streams: dict[str, Stream] = {}
        self.followers: set[Follower] = set()
        self.fanout = Fanout(self._fell_behind)
        self.on_behind: Callable[[Stream], None] = lambda stream: None  # somebody needs what only the log has
        self.quoting: set[Stream] = set()  # streams with something at hand that shows a post of another one
        self.tallies = Tallies()
        self._by_account: dict[str, Follower | list[Follower]] = {}
        self._by_network: Counter[str] = Counter()
        self.unseen: set[Follower] = set()  # of those who do not want to be seen here
        self._blocked: set[Follower] = set()
        self._parting: dict[Follower, int] = {}  # who was told goodbye, and when it is cut
        self._beats: list[set[Follower]] = [set() for _ in range(HEARTBEAT_S)]

    def _fell_behind(self, stream: Stream) -> None:
        self.on_behind(stream)

    # --- who is here

    def enter(self, follower: Follower) -> None:
        self.followers.add(follower)
        self._beats[self.now_s % HEARTBEAT_S].add(follower)
        self._by_network[follower.network] += 1
        self.tallies.open[follower.wire.kind] += 1
        if not follower.present:
            self.unseen.add(follower)
        key = follower.account_id
        if key is not None:
            known = self._by_account.get(key)
            if known is None:
                self._by_account[key] = follower
            elif isinstance(known, list):
                known.append(follower)
            else:
                self._by_account[key] = [known, follower]

    def part(self, follower: Follower) -> None:
        """It was told goodbye: it gets nothing more, and does not stay for long."""
        if follower in self.followers:
            self._forget(follower)
            self._parting[follower] = self.now_s + FAREWELL_S

    def leave(self, follower: Follower) -> None:
        """Its connection has ended. Harmless when repeated."""
        self._parting.pop(follower, None)
        if follower in self.followers:
            self._forget(follower)

    def _forget(self, follower: Follower) -> None:
        for subscription in tuple(follower.subscriptions):
            self.detach(subscription)
        self.followers.discard(follower)
        self._blocked.discard(follower)
        self.unseen.discard(follower)
        for beat in self._beats:
            if follower in beat:
                beat.discard(follower)
                break
        self.tallies.open[follower.wire.kind] -= 1
        self._by_network[follower.network] -= 1
        if not self._by_network[follower.network]:
            del self._by_network[follower.network]
        known = self._by_account.get(follower.account_id or "")
        if isinstance(known, list):
            known.remove(follower)
            if len(known) == 1:
                self._by_account[follower.account_id or ""] = known[0]
        elif known is not None:
            del self._by_account[follower.account_id or ""]

    def of_account(self, account_id: str) -> tuple[Follower, ...]:
        known = self._by_account.get(account_id, ())
        return tuple(known) if isinstance(known, list | tuple) else (known,)

    def show(self, account_id: str, present: bool) -> None:
        """Its connections are counted among those who are here, or are not any more."""
        for follower in self.of_account(account_id):
            follower.present = present
            (self.unseen.discard if present else self.unseen.add)(follower)

    def accounts(self) -> tuple[str, ...]:
        return tuple(self._by_account)

    def of_network(self, network: str) -> int:
        """How many connections come from one network."""
        return self._by_network[network]

    def connections(self) -> int:
        """How many are open, those that are being closed included."""
        return len(self.followers) + len(self._parting)

    def blocked(self) -> int:
        """How many take nothing at the moment."""
        return len(self._blocked)

    def groups(self) -> int:
        """How many kinds of bytes there are: one for each stream, sight, format, language and wire."""
        return sum(len(stream.cohorts) for stream in self.streams.values())

    # --- who follows what

    def register(self, follower: Follower, name: str, form: Format) -> Subscription:
        """A subscription that waits for its rights; one of the same follower to the same stream is replaced."""
        self.drop(follower, name)
        stream = self.streams.get(name)
        if stream is None:
            stream = self.streams[name] = Stream(name)
        subscription = Subscription(follower, stream, form)
        stream.waiting.add(subscription)
        follower.subscriptions.append(subscription)
        return subscription

    def admit(self, subscription: Subscription, sight: int, cursor: int) -> None:
        """Its rights are known: from here on it is told what follows `cursor`."""
        stream, follower = subscription.stream, subscription.follower
        stream.waiting.discard(subscription)
        subscription.cursor = cursor
        language = follower.language if subscription.format == "html" else ""
        self._place(subscription, Group(sight, subscription.format, language), follower.wire)

    def regroup(self, subscription: Subscription, sight: int) -> None:
        """Its rights have changed: what it has not been told yet, it is told as somebody of `sight`."""
        old = subscription.cohort
        if old is None or old.group.sight == sight:
            return
        old.remove(subscription)
        self._place(subscription, Group(sight, old.group.format, old.group.language), old.wire)

    def _place(self, subscription: Subscription, group: Group, wire: Wire) -> None:
        cohort = subscription.cohort = subscription.stream.cohort(group, wire)
        if subscription.follower.blocked:
            cohort.park(subscription)
            return
        cohort.admit(subscription)
        if subscription.cursor < (subscription.stream.head or 0):
            self.fanout.tell(cohort)

    def drop(self, follower: Follower, name: str) -> None:
        """Stop one subscription. Harmless when there is none."""
        for subscription in follower.subscriptions:
            if subscription.stream.name == name:
                self.detach(subscription)
                return

    def detach(self, subscription: Subscription) -> None:
        stream = subscription.stream
        subscription.follower.subscriptions.remove(subscription)
        stream.waiting.discard(subscription)
        if subscription.cohort is not None:
            subscription.cohort.remove(subscription)
            subscription.cohort = None
        if stream.empty and self.streams.get(stream.name) is stream:
            del self.streams[stream.name]

    def forget_streams(self) -> None:
        """Nothing of what is known of them holds any more. Who follows one hears nothing until it asks again."""
        self.streams = {}
        self.quoting.clear()

    def in_stream(self, name: str) -> tuple[Subscription, ...]:
        """Everybody who listens to it, those included whose rights are being read."""
        stream = self.streams.get(name)
        return tuple(stream.subscriptions()) if stream else ()

    def follows(self, follower: Follower) -> Iterator[str]:
        return (subscription.stream.name for subscription in follower.subscriptions)

    # --- who keeps up

    def park(self, follower: Follower) -> None:
        """Its socket is full: its subscriptions wait until it has drained."""
        self._blocked.add(follower)
        for subscription in follower.subscriptions:
            if subscription.cohort is not None:
                subscription.cohort.park(subscription)

    def unpark(self, follower: Follower) -> None:
        """It takes more again."""
        self._blocked.discard(follower)
        for subscription in follower.subscriptions:
            self.readmit(subscription)

    def readmit(self, subscription: Subscription) -> None:
        """Out of the park, if nothing keeps it there."""
        cohort = subscription.cohort
        if cohort is None or subscription.place >= 0 or subscription.follower.blocked:
            return
        cohort.admit(subscription)
        if subscription.cursor < (subscription.stream.head or 0):
            self.fanout.tell(cohort)

    def note(self, name: str, payload: bytes) -> None:
        """Tell everybody in a stream something that has no place in its log and may be missed."""
        self.note_each(name, lambda sight: payload)

    def note_each(self, name: str, payload_of: Callable[[int], bytes]) -> None:
        """The same, where what is told depends on what they may see: `payload_of` a sight."""
        stream = self.streams.get(name)
        encoded: dict[tuple[Wire, bytes], bytes] = {}
        for cohort in stream.cohorts.values() if stream else ():
            payload = payload_of(cohort.group.sight)
            key = (cohort.wire, payload)
            if key not in encoded:
                encoded[key] = cohort.wire.note(payload)
            self.fanout.note(cohort, encoded[key])

    async def run(self) -> None:
        """Once a second, until cancelled: pings, whoever does not keep up, what is not fresh any more."""
        loop = asyncio.get_running_loop()
        start_s = loop.time() - self.now_s
        while True:
            await asyncio.sleep(start_s + self.now_s + 1 - loop.time())
            self.now_s = max(self.now_s + 1, int(loop.time() - start_s))
            self._look_after()
            self.tallies.tell()
            await self._ping(self._beats[self.now_s % HEARTBEAT_S])

    async def _ping(self, beat: set[Follower]) -> None:
        """A client hears from us at least every HEARTBEAT_S; one that has been silent for twice that is dropped."""
        for count, follower in enumerate(tuple(beat), 1):
            if follower.speaks and self.now_s - follower.heard_s > 2 * HEARTBEAT_S:
                self.tallies.cut("silent")
                follower.abort()
            else:
                follower.ping()
            if count % PINGS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _look_after(self) -> None:
        for follower in tuple(self._blocked):
            follower.look_again()
            if follower.blocked and (reason := self._too_slow(follower)):
                follower.cut(reason)
        for follower in [one for one, at_s in self._parting.items() if at_s <= self.now_s]:
            follower.abort()
        for stream in self.streams.values():
            stream.tidy()

    def _too_slow(self, follower: Follower) -> str:
        """Why it is to be cut; nothing while it may lag on."""
        if self.now_s - follower.blocked_s > STALL_S:
            return "stalled"
        waiting = follower.unsent_bytes()
        for subscription in follower.subscriptions:
            if subscription.cohort is not None:
                waiting += subscription.stream.bytes - subscription.mark
                if (subscription.stream.head or 0) - subscription.told > RESUME_LIMIT:
                    return "behind"
        return "behind" if waiting > MAX_BEHIND_BYTES else ""
