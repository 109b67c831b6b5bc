"""Joining a stream without a gap and without a double.

Register first; then read the rights and the log's head in one snapshot; then take part from the client's cursor on.
What is told follows the cursor, whether it was logged before or after. The cursor is (epoch, seq): one from another
epoch, or ahead of the log, is answered with `reset`, never with silence.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from channel import comments, members
from channel.errors import ChannelError, Forbidden, Invalid, NotFound, Unauthorized
from channel.events import room_stream
from channel.ids import is_id
from channel.live.entrance import Entrance
from channel.live.follower import Follower
from channel.live.history import History
from channel.live.hub import Hub
from channel.live.protocol import RESUME_LIMIT, Cursor, Format, encode
from channel.live.pulse import Presence
from channel.live.reading import Reads
from channel.live.rights import Place, sight_of
from channel.live.stream import Subscription
from channel.live.tail import Tail
from channel.outbox import head, streams
from channel.posts import horizon
from channel.storage import Database, Prepared, Tx
from channel.storage.tables import instance

_HEADS = Prepared(
    lambda words: select(instance.c.epoch, streams.c.stream, streams.c.seq).select_from(
        instance.outerjoin(streams, words.among(streams.c.stream, "names"))
    )
)
OWN_SIGHT = -1  # of an account in its own stream


@dataclass(frozen=True, slots=True)
class Live:
    """The parts that work together on one node."""

    db: Database
    hub: Hub
    tail: Tail
    history: History
    presence: Presence
    reads: Reads
    entrance: Entrance


@dataclass(slots=True)
class _Start:
    """Where a subscription begins: the head it was read at, and what the client is told about its cursor."""

    head: int
    epoch: str
    cursor: int
    gap: dict[str, int] | None = None
    reset: bool = False

    def facts(self, stream: str) -> dict[str, Any]:
        return {
            "stream": stream,
            "head": self.head,
            "epoch": self.epoch,
            "gap": self.gap,
            "reset": self.reset,
        }


@dataclass(frozen=True, slots=True)
class _Begun:
    """A subscription whose rights are known."""

    subscription: Subscription
    cursor: Cursor
    start: _Start
    sight: int


def start_of(cursor: Cursor, head: int, current: str) -> _Start:
    """Decide where the events for this client begin."""
    start = _Start(head, current, head)
    if cursor.after is None:
        return start
    if cursor.after > head or cursor.epoch not in (None, current):
        start.reset = True
        return start
    start.cursor = cursor.after
    if head - cursor.after > RESUME_LIMIT:
        start.cursor = head - RESUME_LIMIT
        start.gap = {"from": cursor.after + 1, "to": start.cursor}
    return start


async def subscribe(
    live: Live, follower: Follower, cursors: list[Cursor], form: Format, message_id: int | str | None
) -> None:
    """Answer one `subscribe`: one `subscribed` frame for what may be heard, an error frame for each that may not."""
    begun = await _begin(live, follower, cursors, form, message_id)
    while again := [one.cursor for one in begun if one.subscription.stale]:
        begun = [one for one in begun if not one.subscription.stale]
        begun += await _begin(live, follower, again, form, message_id)
    if not begun or follower.closing:
        return
    streams = [one.start.facts(one.subscription.stream.name) for one in begun]
    follower.say(encode({"type": "subscribed", "id": message_id, "streams": streams}))
    _count(live.hub, begun)
    for one in begun:
        live.hub.admit(one.subscription, one.sight, one.start.cursor)


def _count(hub: Hub, begun: list[_Begun]) -> None:
    for one in begun:
        hub.tallies.resumed(_way_back(one), one.subscription.stream.name)


def _way_back(begun: _Begun) -> str:
    """Where it gets from what it missed."""
    start, stream = begun.start, begun.subscription.stream
    if start.reset or start.gap:
        return "reset" if start.reset else "gap"
    if begun.cursor.after is None:
        return "new"
    if start.cursor >= (stream.head or 0):
        return "current"
    return "memory" if stream.items and start.cursor + 1 >= stream.items[0].seq else "log"


def _refusal(error: ChannelError, stream: str, message_id: int | str | None) -> bytes:
    facts = {"type": "error", "id": message_id, "code": error.code, "detail": error.detail, "stream": stream}
    return encode(facts)


def stream_name(stream: str, follower: Follower) -> str:
    """The stream's full name; `me` is the follower's own account."""
    return f"account:{follower.account_id}" if stream == "me" else stream


async def require_hearing(live: Live, account_id: str | None, stream: str) -> None:
    """Raise Invalid, Unauthorized, NotFound or Forbidden when the account may not hear the stream: for a way in that can still say
    so in its status."""
    kind, key = _asked_for(stream, account_id)
    async with live.db.read() as tx:
        await _sight(tx, account_id, kind, key)


def _asked_for(stream: str, account_id: str | None) -> tuple[str, str]:
    """Kind and key. Raises Invalid, and Unauthorized for `me` of nobody."""
    if stream == "me" and account_id is None:
        raise Unauthorized("Only who is signed in has a stream of their own. Sign in, or bring a token.")
    return _parsed(f"account:{account_id}" if stream == "me" else stream)


def _parsed(name: str) -> tuple[str, str]:
    kind, _, key = name.partition(":")
    if kind not in ("room", "thread", "account") or not is_id(key):
        raise Invalid(stream=f"There is no stream {name[:60]!r}. Streams are room:ID, thread:ID and me.")
    return kind, key


async def _begin(
    live: Live, follower: Follower, cursors: list[Cursor], form: Format, message_id: int | str | None
) -> list[_Begun]:
    """Register for these streams, then read rights and heads in one snapshot. Says what may not be heard."""
    asked: list[tuple[Subscription, Cursor]] = []
    for cursor in cursors:
        name = stream_name(cursor.stream, follower)
        try:
            _asked_for(cursor.stream, follower.account_id)
        except ChannelError as error:
            follower.say(_refusal(error, cursor.stream, message_id))
        else:
            asked.append((live.hub.register(follower, name, form), cursor))
    begun: list[_Begun] = []
    async with live.db.read() as tx:
        now, heads = await _heads(tx, [subscription.stream.name for subscription, _ in asked])
        for subscription, cursor in asked:
            try:
                at = heads.get(subscription.stream.name, 0)
                begun.append(await _start(live, tx, subscription, start_of(cursor, at, now), cursor))
            except ChannelError as error:
                live.hub.drop(follower, subscription.stream.name)
                follower.say(_refusal(error, cursor.stream, message_id))
    return begun


async def _heads(tx: Tx, names: list[str]) -> tuple[str, dict[str, int]]:
    """The epoch, and the newest seq of each of these streams; one without events is missing."""
    rows = await tx.all(_HEADS, names=names)
    return str(rows[0].epoch), {row.stream: row.seq for row in rows if row.stream is not None}


async def _start(live: Live, tx: Tx, subscription: Subscription, start: _Start, cursor: Cursor) -> _Begun:
    stream, account_id = subscription.stream, subscription.follower.account_id
    sight, place, since = await _sight(tx, account_id, *_parsed(stream.name))
    if cursor.after is not None and not start.reset and start.cursor + 1 < since:
        # What came before is not theirs to read: the log begins for them where the room does.
        start.cursor = since - 1
        start.gap = {"from": cursor.after + 1, "to": start.cursor}
    stream.facts, stream.epoch = place, start.epoch
    if place is not None and place.post_id:
        live.tail.threads.watch(place.room_id, await head(tx, room_stream(place.room_id)))
    live.tail.begin(stream, start.head)
    return _Begun(subscription, cursor, start, sight)


async def _sight(tx: Tx, account_id: str | None, kind: str, key: str) -> tuple[int, Place | None, int]:
    """What the account may see of the stream, where that is, and from which seq on. Raises Forbidden or NotFound."""
    if kind == "account":
        if key != account_id:
            raise NotFound("There is no such stream.")
        return OWN_SIGHT, None, 0
    if kind == "thread":
        thread = await comments.thread(tx, key, account_id)
        return thread.sight, Place(thread.room.id, thread.community.id, thread.post.id), 0
    entitlement, room, community = await members.entitlement_by_room(tx, key, account_id)
    if not entitlement.visible:
        banned = entitlement.state is members.State.BANNED
        raise (
            Forbidden("You are banned from this community.")
            if banned
            else NotFound("There is no such stream.")
        )
    since = await horizon.first_seq(tx, entitlement, room)
    return sight_of(entitlement, room), Place(room.id, community.id), since
