"""What is told of a stream beside its log, coalesced: counts, who is here, who is typing. All of it may be missed.

However much happens, a stream costs one frame a second of each kind, encoded once, and no work for each follower.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from channel import accounts, members, polls, posts, reactions, rooms
from channel.comments import reading
from channel.emotes import Pictures
from channel.errors import NotFound
from channel.ids import is_id, new_token
from channel.live.follower import Follower
from channel.live.hub import Hub
from channel.live.protocol import encode
from channel.members import Action, Entitlement, State
from channel.members.model import STAFF_RANK, needed
from channel.posts.model import Post
from channel.questions import queries as questions
from channel.reactions.model import Tally
from channel.render import json
from channel.render.emotes import pictures_for
from channel.render.polls import tally
from channel.rooms import Room
from channel.storage import Database, Tx

log = logging.getLogger("channel.live")
EVERY_S: Final = 1.0
MAX_POSTS: Final = 100  # whose counts one frame tells
HERE_EVERY_S: Final = 5
LEAST_HERE: Final = 5  # fewer are nobody's business
FORGET_NODE_S: Final = 15
MAX_NODES: Final = 1_000
MOST_HERE: Final = 10_000_000  # on one node; whoever says more is not believed
STREAMS_AT_ONCE: Final = 1_000  # in one note
TYPISTS: Final = 3  # named; more are a number

Note = Callable[[str, Mapping[str, object]], None]


class Counts:
    """Views, reactions, and how polls stand, told live."""

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
            dirty = self._dirty.setdefault(room_id, set())
            dirty.update(one for one in post_ids[: MAX_POSTS - len(dirty)] if is_id(one))

    async def beat(self) -> None:
        """Once a second. Counts are no content: the same for every rank, but for what a poll says to its readers."""
        dirty, self._dirty = self._dirty, {}
        for room_id, post_ids in dirty.items():
            async with self._db.read() as tx:
                found = await posts.many(tx, tuple(post_ids)[:MAX_POSTS])
                live = [post for post in found if post.room_id == room_id and not post.deleted_at]
                room = await _room(tx, room_id)
                ids = [post.id for post in live]
                asked, collected = await polls.of_posts(tx, ids), await questions.counts(tx, ids)
                reacted = await reactions.counts_of(tx, ids) if room and room.offered else {}
                pictures = await pictures_for(tx, room.community_id, reacted.values()) if room else {}
            if room and live:
                self._hub.note_each(
                    f"room:{room_id}", _frames(room, live, asked, reacted, collected, pictures)
                )


def _frames(
    room: Room,
    live: Sequence[Post],
    asked: Mapping[str, polls.Poll],
    reacted: Mapping[str, Tally],
    collected: Mapping[str, int],
    pictures: Pictures,
) -> Callable[[int], bytes]:
    """The frame of counts for each sight: tallies go to those who may read the post that asks.

    In a group that hides its past a sight does not say from when on; there the team alone is told them.
    """
    stream, least = f"room:{room.id}", None if room.history is None else STAFF_RANK

    @cache
    def frame(told: tuple[bool, ...]) -> bytes:
        counted = {
            post.id: json.counts(post, reacted.get(post.id, ()), pictures)
            | ({"questions": collected[post.id]} if post.id in collected else {})
            | ({"poll": tally(asked[post.id])} if reads and post.id in asked else {})
            for post, reads in zip(live, told, strict=True)
        }
        return encode({"type": "counts", "stream": stream, "posts": counted})

    return lambda sight: frame(tuple(sight >= max(needed(post.min_rank), needed(least)) for post in live))


async def _room(tx: Tx, room_id: str) -> Room | None:
    """None: it has gone."""
    try:
        return await rooms.one(tx, room_id)
    except NotFound:
        return None


class Presence:
    """How many listen to a room on all nodes, and who is writing there."""

    def __init__(self, db: Database, hub: Hub, note: Note) -> None:
        self._db = db
        self._hub = hub
        self._send = note
        self._node = new_token(6)
        self._elsewhere: dict[str, dict[str, tuple[int, int]]] = {}  # stream, node: how many, until when
        self._told: dict[str, int] = {}
        self._typing: dict[str, dict[str, None]] = {}
        self._beats = 0

    def types(self, follower: Follower, name: str) -> None:
        """A follower is writing in a stream that it follows."""
        if follower.account_id is not None and follower.present and name in self._hub.follows(follower):
            self._send("typing", {"stream": name, "account_id": follower.account_id})

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """A bus note from any node, this one included."""
        if topic == "typing":
            stream, account_id = str(data.get("stream")), str(data.get("account_id"))
            if stream in self._hub.streams and is_id(account_id):
                typing = self._typing.setdefault(stream, {})
                if len(typing) < MAX_POSTS:
                    typing[account_id] = None
        elif topic == "here" and data.get("node") != self._node and isinstance(data.get("streams"), dict):
            self._hear_node(str(data.get("node")), data["streams"])  # type: ignore[arg-type]

    def _hear_node(self, node: str, streams: Mapping[str, int]) -> None:
        until_s = self._hub.now_s + FORGET_NODE_S
        for name, count in streams.items():
            if name in self._hub.streams and isinstance(count, int) and 0 <= count <= MOST_HERE:
                nodes = self._elsewhere.setdefault(name, {})
                if node in nodes or len(nodes) < MAX_NODES:
                    nodes[node] = (count, until_s)

    async def beat(self) -> None:
        """Once a second."""
        typing, self._typing = self._typing, {}
        for name, account_ids in typing.items():
            await self._tell_typing(name, tuple(account_ids))
        self._beats += 1
        if self._beats % HERE_EVERY_S == 0:
            self._tell_here()

    def _tell_here(self) -> None:
        rooms = {name: stream for name, stream in self._hub.streams.items() if name.startswith("room:")}
        unseen = Counter(
            one.stream.name
            for follower in self._hub.unseen
            for one in follower.subscriptions
            if one.cohort is not None
        )
        here = {name: stream.listeners() - unseen[name] for name, stream in rooms.items()}
        names = list(here)
        for start in range(0, len(names), STREAMS_AT_ONCE):
            some = {name: here[name] for name in names[start : start + STREAMS_AT_ONCE]}
            self._send("here", {"node": self._node, "streams": some})
        for gone in (self._told.keys() | self._elsewhere.keys()) - here.keys():
            self._told.pop(gone, None)
            self._elsewhere.pop(gone, None)
        for name, count in here.items():
            others = self._elsewhere.get(name, {})
            for gone in [node for node, (_, until_s) in others.items() if until_s <= self._hub.now_s]:
                del others[gone]
            total = count + sum(many for many, _ in others.values())
            shown = rounded(total) if total >= LEAST_HERE else 0
            if shown != self._told.get(name, 0):
                self._told[name] = shown
                self._hub.note(name, encode({"type": "presence", "stream": name, "here": shown or None}))

    async def _tell_typing(self, name: str, account_ids: tuple[str, ...]) -> None:
        """Only of those who may write there."""
        kind, _, key = name.partition(":")
        if kind not in ("room", "thread") or not is_id(key):
            return
        async with self._db.read() as tx:
            try:
                if kind == "thread":
                    writing = await reading.writers(tx, key, account_ids[:MAX_POSTS])
                else:
                    writing = await _writers(tx, key, account_ids[:MAX_POSTS])
            except NotFound:
                return
            known = await accounts.queries.several(tx, writing)
        # What came over the bus says nothing of who wants to be seen.
        seen = [known[one] for one in writing if one in known and known[one].presence]
        who = [{"id": one.id, "name": one.name} for one in seen[:TYPISTS]]
        if who:
            frame = {"type": "typing", "stream": name, "who": who, "more": max(0, len(seen) - TYPISTS)}
            self._hub.note(name, encode(frame))


async def _writers(tx: Tx, room_id: str, account_ids: Sequence[str]) -> list[str]:
    """Those of them who may write in the room. Raises NotFound."""
    _, room, community = await members.entitlement_by_room(tx, room_id, None)
    judged = await members.queries.entitlements_of(tx, community, account_ids)
    return [one for one, entitlement in judged.items() if _writes(entitlement, room)]


def _writes(by: Entitlement, room: Room) -> bool:
    if room.is_group:
        return by.belongs and by.state is not State.MUTED and by.reads(room.min_rank, room.write_rank)
    return by.may(Action.POST)


def rounded(count: int) -> int:
    """Two digits of it: while a crowd comes or goes, a number that reads the same need not be told again."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return count // unit * unit


async def run(*beating: Counts | Presence) -> None:
    """Let them beat, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        for one in beating:
            try:
                await one.beat()
            except Exception:
                log.exception("what is beside the log could not be told")
