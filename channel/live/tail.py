"""The tail: reads the log after each commit and hands what is new to the hub's streams.

A hint ("stream S is at N") wakes it; a slow poll covers lost hints, however many others come meanwhile. What is due
is worked off one stream after another, those of accounts first, so a demotion that was committed before a paid post
is applied before that post is told, in whatever order the hints arrived.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from channel import outbox
from channel.errors import Unavailable
from channel.events import (
    CommentPublished,
    Event,
    MembershipChanged,
    PollClosed,
    PostDeleted,
    PostEdited,
    PostOpened,
    PostPinned,
    PostPreviewed,
    PostsMoved,
    PresenceSet,
    RoomUpdated,
    SessionEnded,
    ThreadEvent,
    TopicChanged,
    account_stream,
)
from channel.ids import is_id
from channel.live import rights
from channel.live.frames import Told, tell
from channel.live.hub import Hub
from channel.live.protocol import SIGNED_OUT, encode
from channel.live.rights import Place
from channel.live.stream import Stream
from channel.live.threads import PREFIX, Threads
from channel.storage import Database

log = logging.getLogger("channel.live")
POLL_S: Final = 2.0
ACCOUNTS_EVERY: Final = 2  # polls: late rights are worse than late posts, and no later than five seconds
PAGE: Final = 200
UNKNOWN: Final = 2**62
# After one of these, what was told of the room's posts before is not to be told again as it was.
CHANGES = (
    PostEdited,
    PostOpened,
    PostDeleted,
    PostPinned,
    PostPreviewed,
    PollClosed,
    TopicChanged,
    PostsMoved,
    RoomUpdated,
)


class Tail:
    """One per node. `hint` may be called from anywhere on the loop; `hints_heard`: those of other nodes come through."""

    def __init__(self, db: Database, hub: Hub, hints_heard: Callable[[], bool] = lambda: True) -> None:
        self._db = db
        self._hub = hub
        self._hints_heard = hints_heard
        self.threads = Threads(db, hub)
        self._polls = 0
        self._polled_version = -1  # of the data, when all streams were asked for
        # Streams of accounts, and of rooms; ordered sets: each once, oldest hint first.
        self._rights_due: dict[str, None] = {}
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._accounts_seen: dict[str, int] = {}
        self.account_hints = 0  # of all accounts, listened to or not: see door.enter
        self.polled_late = 0  # streams that a poll found behind: their hints were lost

    def hint(self, stream: str, seq: int) -> None:
        """`stream` has grown. Cheap for streams nobody here listens to."""
        kind, _, key = stream.partition(":")
        self.account_hints += kind == "account"
        if kind == "room" and self.threads.watches(key):
            self._owe(PREFIX + key)
        if stream in self._hub.streams or (kind == "account" and self._hub.of_account(key)):
            self._owe(stream)
        elif kind == "room":
            self._renew_quotes()

    def _owe(self, stream: str) -> None:
        due = self._rights_due if stream.startswith(("account:", PREFIX)) else self._due
        due[stream] = None
        self._wake.set()

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """A bus note: accounts read on, on one of their devices; the others follow."""
        room_id, seqs = str(data.get("room_id")), data.get("seqs")
        if topic != "read" or not isinstance(seqs, dict) or not is_id(room_id):
            return
        stream = f"room:{room_id}"
        about = {"topic": data["topic_id"]} if isinstance(data.get("topic_id"), str) else {}
        for account_id, seq in seqs.items():
            if not isinstance(seq, int):
                continue
            for follower in self._hub.of_account(account_id):
                follower.say(encode({"type": "read", "stream": stream, "seq": seq, **about}))

    def watch_account(self, account_id: str, head: int) -> None:
        """A first connection of an account came: its stream is followed from `head` on."""
        self._accounts_seen.setdefault(account_id, head)

    def told(self) -> dict[str, int]:
        """The newest seq of each stream that is followed here, as far as it was told."""
        rooms = {name: stream.head for name, stream in self._hub.streams.items() if stream.head is not None}
        return rooms | {account_stream(key): seq for key, seq in self._accounts_seen.items()}

    def forget(self) -> None:
        """The data is of another history: what was seen of it says nothing."""
        self._accounts_seen.clear()
        self._rights_due.clear()
        self._due.clear()
        self.threads.forget()

    def begin(self, stream: Stream, head: int) -> None:
        """The first listener has read the head of its stream: telling starts after it."""
        if stream.head is None:
            stream.head = head
        if stream.missed:
            stream.missed = False
            self._owe(stream.name)

    async def run(self) -> None:
        """Work until cancelled. A database that is away delays telling, and loses nothing."""
        loop = asyncio.get_running_loop()
        poll_at_s = loop.time() + POLL_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(poll_at_s):
                    await self._wake.wait()
            if loop.time() >= poll_at_s:
                await self._guarded(self._poll)
                poll_at_s = loop.time() + POLL_S
            self._wake.clear()
            while (due := self._rights_due or self._due) and loop.time() < poll_at_s:
                stream = next(iter(due))
                del due[stream]
                await self._guarded(self._pump, stream)

    async def _guarded(self, work: Callable[..., Awaitable[None]], *arguments: str) -> None:
        """One broken event must not silence every stream: it is logged, and the next poll tries again."""
        try:
            await work(*arguments)
        except Unavailable as error:
            log.warning("the log could not be read, the next poll tries again: %s", error.detail)
        except Exception:
            log.exception("the tail could not tell %s; the next poll tries again", arguments)

    async def _poll(self) -> None:
        """Rights first: the streams of accounts, then those of rooms. Nothing where nothing was written since."""
        version = self._db.version()
        self._polls += 1
        if self._db.in_place and version == self._polled_version:
            return
        if not self._db.in_place:  # another process may have begun a new one
            async with self._db.read(single=True) as tx:
                self._db.epoch.learn(await outbox.epoch(tx))
        async with self._db.read(single=True) as tx:
            for room_id in await self.threads.late(tx):
                self._owe(PREFIX + room_id)
        names = [name for name, stream in self._hub.streams.items() if stream.head is not None]
        # There are as many accounts as listeners: they are asked for less often while their hints are heard.
        if self._polls % ACCOUNTS_EVERY == 0 or not self._hints_heard():
            names = [*self._account_streams(), *names]
            self._polled_version = version
        for start in range(0, len(names), PAGE):
            async with self._db.read(single=True) as tx:
                heads = await outbox.heads(tx, names[start : start + PAGE])
            late = [name for name, head in heads.items() if head > self._seen(name)]
            self.polled_late += len(late)
            for name in late:
                self._owe(name)
            await asyncio.sleep(0)

    def _account_streams(self) -> list[str]:
        accounts = self._hub.accounts()
        for gone in self._accounts_seen.keys() - set(accounts):
            del self._accounts_seen[gone]
        return [account_stream(account_id) for account_id in accounts]

    def _seen(self, name: str) -> int:
        kind, _, key = name.partition(":")
        if kind == "account":
            return self._accounts_seen.get(key, UNKNOWN)
        stream = self._hub.streams.get(name)
        return UNKNOWN if stream is None or stream.head is None else stream.head

    async def _pump(self, name: str) -> None:
        """Tell everything that is new in one stream."""
        if name.startswith(PREFIX):
            await self.threads.look(name.removeprefix(PREFIX))
            return
        while True:
            stream = self._hub.streams.get(name)
            if stream is not None and stream.head is None:
                stream.missed = True
            seen = self._seen(name)
            if seen == UNKNOWN:
                return
            epoch = self._db.epoch.now
            async with self._db.read() as tx:
                logged = await outbox.events_since(tx, name, seen, PAGE)
                told = await tell(tx, name, logged)
            if stream is not None and isinstance(stream.facts, Place) and stream.facts.post_id:
                # Whatever was committed to its room before these has been looked at before they are told.
                await self.threads.look(stream.facts.room_id)
            for event in told:
                await self._apply_rights(event.logged.event)
                if self._db.epoch.now != epoch:
                    return
                self._apply(name, event)
            if stream is not None:
                self._hub.fanout.stir(stream)
            if len(logged) < PAGE:
                return

    async def _apply_rights(self, event: Event) -> None:
        """First, then comes the event itself: what is told follows the rights of that moment."""
        match event:
            case MembershipChanged(account_id=account_id, community_id=community_id):
                await rights.membership_changed(self._db, self._hub, account_id, community_id)
            case SessionEnded(account_id=account_id, session_id=session_id):
                self._end_session(account_id, session_id)
            case PresenceSet(account_id=account_id, presence=presence):
                self._hub.show(account_id, presence)
            case RoomUpdated(room_id=room_id):
                await rights.room_changed(self._db, self._hub, room_id)
            case _:
                pass

    def _apply(self, name: str, told: Told) -> None:
        event = told.logged.event
        kind, _, key = name.partition(":")
        if kind == "account":
            self._accounts_seen[key] = told.logged.seq
        stream = self._hub.streams.get(name)
        if stream is None or stream.head is None or told.logged.seq <= stream.head:
            return
        if isinstance(event, CHANGES):
            stream.renew()
            self._renew_quotes()
        elif isinstance(event, ThreadEvent) and not isinstance(event, CommentPublished):
            stream.renew()
        stream.append(told.item())
        if stream.quoting:
            self._hub.quoting.add(stream)

    def _renew_quotes(self) -> None:
        """A post somewhere may have changed that is quoted here."""
        for stream in self._hub.quoting:
            stream.renew()
        self._hub.quoting.clear()

    def _end_session(self, account_id: str, session_id: str | None) -> None:
        for follower in self._hub.of_account(account_id):
            if session_id is None or session_id in (follower.session_id, follower.token_id):
                follower.end(SIGNED_OUT, "signed out")
