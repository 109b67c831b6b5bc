"""The tail: reads the log after each commit and tells the hub's listeners.

A hint ("stream S is at N") wakes it; a slow poll covers lost hints. Hints are worked off one after another in the
order of their commits, so a demotion that was committed before a paid post is applied before that post is told.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from channel import outbox
from channel.errors import Unavailable
from channel.events import MembershipChanged, RoomUpdated, SessionEnded, account_stream
from channel.live import rights
from channel.live.frames import Told, tell
from channel.live.hub import Hub, Stream
from channel.live.protocol import SIGNED_OUT, encode
from channel.storage import Database

log = logging.getLogger("channel.live")
POLL_S = 4.0
PAGE = 200
SLICE = 500  # followers told before the loop may do something else


class Tail:
    """One per node. `start` it in a task group; `hint` may be called from anywhere on the loop."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._due: dict[str, None] = {}  # an ordered set: each stream once, oldest hint first
        self._wake = asyncio.Event()
        self._accounts_seen: dict[str, int] = {}

    def hint(self, stream: str, seq: int) -> None:
        """`stream` has grown. Cheap for streams nobody here listens to."""
        kind, _, key = stream.partition(":")
        if stream in self._hub.streams or (kind == "account" and self._hub.of_account(key)):
            self._due[stream] = None
            self._wake.set()

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """A bus note: an account read on, on one of its devices; the others follow."""
        account_id, room_id = data.get("account_id"), data.get("room_id")
        if topic == "read" and isinstance(account_id, str):
            frame = encode({"type": "read", "stream": f"room:{room_id}", "seq": data.get("seq")})
            for follower in self._hub.of_account(account_id):
                follower.push(frame)

    def watch_account(self, account_id: str, head: int) -> None:
        """A first connection of an account came: its stream is followed from `head` on."""
        self._accounts_seen.setdefault(account_id, head)

    def begin(self, stream: Stream, head: int) -> None:
        """The first listener has read the head of its stream: telling starts after it."""
        if stream.seen is None:
            stream.seen = head
        if stream.missed:
            stream.missed = False
            self._due[stream.name] = None
            self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A database that is away delays telling, and loses nothing."""
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                await self._guarded(self._poll)
            self._wake.clear()
            while self._due:
                stream = next(iter(self._due))
                del self._due[stream]
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
        accounts = self._hub.accounts()
        for gone in self._accounts_seen.keys() - set(accounts):
            del self._accounts_seen[gone]
        names = [name for name, stream in self._hub.streams.items() if stream.seen is not None]
        names += [account_stream(account_id) for account_id in accounts]
        for start in range(0, len(names), PAGE):
            part = names[start : start + PAGE]
            async with self._db.read() as tx:
                heads = await outbox.heads(tx, part)
            self._due.update({name: None for name, head in heads.items() if head > self._seen(name)})

    def _seen(self, name: str) -> int:
        stream = self._hub.streams.get(name)
        if stream is not None and stream.seen is not None:
            return stream.seen
        return self._accounts_seen.get(name.partition(":")[2], 2**62)

    async def _pump(self, name: str) -> None:
        """Tell everything that is new in one stream."""
        while True:
            stream = self._hub.streams.get(name)
            if stream is not None and stream.seen is None:
                stream.missed = True
                stream = None
            kind, _, key = name.partition(":")
            seen = self._account_seen(key) if kind == "account" else stream.seen if stream else None
            if seen is None:
                return
            async with self._db.read() as tx:
                logged = await outbox.events_since(tx, name, seen, PAGE)
                told = await tell(tx, name, logged)
            for event in told:
                await self._apply(name, key, event)
            if len(logged) < PAGE:
                return

    def _account_seen(self, account_id: str) -> int | None:
        return self._accounts_seen.get(account_id)

    async def _apply(self, name: str, key: str, told: Told) -> None:
        """Rights first, then the event itself: what is told follows the rights of that moment."""
        match told.logged.event:
            case MembershipChanged(account_id=account_id, community_id=community_id):
                await rights.membership_changed(self._db, self._hub, account_id, community_id)
            case SessionEnded(account_id=account_id, session_id=session_id):
                self._end_session(account_id, session_id)
            case RoomUpdated(room_id=room_id):
                await rights.room_changed(self._db, self._hub, room_id)
            case _:
                pass
        if name.startswith("account:"):
            self._accounts_seen[key] = told.logged.seq
        await self._fan_out(name, told)

    def _end_session(self, account_id: str, session_id: str | None) -> None:
        for follower in self._hub.of_account(account_id):
            if session_id is None or session_id in (follower.session_id, follower.token_id):
                follower.end(SIGNED_OUT, "signed out")

    async def _fan_out(self, name: str, told: Told) -> None:
        stream = self._hub.streams.get(name)
        if stream is None or stream.seen is None:
            return
        item = told.item()
        for count, subscription in enumerate(tuple(stream.subscriptions), 1):
            subscription.deliver(item)
            if count % SLICE == 0:
                await asyncio.sleep(0)
        stream.seen = max(stream.seen, told.logged.seq)


class Counts:
    """Views told live: at most one frame per room and second, however many change."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._dirty: dict[str, set[str]] = {}

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """A bus note: counts of some posts of a room changed."""
        room_id, post_ids = data.get("room_id"), data.get("post_ids")
        if topic != "counts" or not isinstance(room_id, str) or not isinstance(post_ids, list | tuple):
            return
        if f"room:{room_id}" in self._hub.streams:
            self._dirty.setdefault(room_id, set()).update(map(str, post_ids))

    async def run(self) -> None:
        """Once a second, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            dirty, self._dirty = self._dirty, {}
            for room_id, post_ids in dirty.items():
                try:
                    await rights.tell_counts(self._db, self._hub, room_id, tuple(post_ids)[:100])
                except Exception:
                    log.exception("counts could not be told")
