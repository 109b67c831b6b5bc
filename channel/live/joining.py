"""Joining a stream without a gap and without a double.

Register first, holding what arrives; then read the rights and the log after the client's cursor; send; release what was
held with a larger seq. The cursor is (epoch, seq): one from another epoch, or ahead of the log, is answered with
`reset`, never with silence.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from channel import members, outbox
from channel.errors import ChannelError, Forbidden, Invalid, NotFound
from channel.ids import is_id
from channel.live.frames import tell
from channel.live.hub import Follower, Group, Hub, Subscription
from channel.live.protocol import RESUME_LIMIT, Cursor, Format, encode
from channel.live.rights import group_of
from channel.live.tail import Tail
from channel.storage import Database, Prepared, Tx
from channel.storage.tables import instance

PAGE = 200
_EPOCH = Prepared(select(instance.c.epoch))


@dataclass(frozen=True, slots=True)
class Live:
    """The parts that work together on one node."""

    db: Database
    hub: Hub
    tail: Tail


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


async def epoch(tx: Tx) -> str:
    """The epoch of this data; another one after every restore."""
    return str(await tx.value(_EPOCH))


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
    begun: list[tuple[Subscription, _Start]] = []
    for cursor in cursors:
        try:
            begun.append(await _begin(live, follower, cursor, form))
        except ChannelError as error:
            live.hub.drop(follower, stream_name(cursor.stream, follower))
            follower.push(_refusal(error, cursor.stream, message_id))
    if not begun:
        return
    streams = [start.facts(subscription.stream) for subscription, start in begun]
    follower.push(encode({"type": "subscribed", "id": message_id, "streams": streams}))
    for subscription, start in begun:
        await catch_up(live, subscription, start.head)


def _refusal(error: ChannelError, stream: str, message_id: int | str | None) -> str:
    facts = {"type": "error", "id": message_id, "code": error.code, "detail": error.detail, "stream": stream}
    return encode(facts)


def stream_name(stream: str, follower: Follower) -> str:
    """The stream's full name; `me` is the follower's own account."""
    return f"account:{follower.account_id}" if stream == "me" else stream


async def require_hearing(live: Live, follower: Follower, stream: str) -> None:
    """Raise Invalid, NotFound or Forbidden when the follower may not hear the stream: for a way in that can still say
    so in its status."""
    kind, key = _parsed(stream_name(stream, follower))
    async with live.db.read() as tx:
        await _authorise(tx, Subscription(follower, stream, "json"), kind, key)


def _parsed(name: str) -> tuple[str, str]:
    kind, _, key = name.partition(":")
    if kind not in ("room", "account") or not is_id(key):
        raise Invalid(stream=f"There is no stream {name[:60]!r}. Streams are room:ID and me.")
    return kind, key


async def _begin(live: Live, follower: Follower, cursor: Cursor, form: Format) -> tuple[Subscription, _Start]:
    name = stream_name(cursor.stream, follower)
    kind, key = _parsed(name)
    subscription = Subscription(follower, name, form)
    stream = live.hub.register(subscription)
    async with live.db.read() as tx:
        await _authorise(tx, subscription, kind, key)
        start = start_of(cursor, await outbox.head(tx, name), await epoch(tx))
    live.tail.begin(stream, start.head)
    subscription.cursor = start.cursor
    return subscription, start


async def _authorise(tx: Tx, subscription: Subscription, kind: str, key: str) -> None:
    """Set what the follower may see of the stream, or raise Forbidden or NotFound."""
    follower = subscription.follower
    if kind == "account":
        if key != follower.account_id:
            raise NotFound("There is no such stream.")
        subscription.group = Group(-1, subscription.format, follower.language)
        return
    entitlement, room, community = await members.entitlement_by_room(tx, key, follower.account_id)
    subscription.community_id, subscription.room_id = community.id, room.id
    if not entitlement.visible:
        banned = entitlement.state is members.State.BANNED
        raise (
            Forbidden("You are banned from this community.")
            if banned
            else NotFound("There is no such stream.")
        )
    if not entitlement.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.")
    subscription.group = group_of(entitlement, room, subscription)


async def catch_up(live: Live, subscription: Subscription, head: int) -> None:
    """Send the history up to `head` in pages, then let go of what was held.

    Rights may change between pages: each page is printed for the group of that moment.
    """
    follower = subscription.follower
    while subscription.cursor < head and live.hub.is_active(subscription):
        async with live.db.read() as tx:
            logged = await outbox.events_since(tx, subscription.stream, subscription.cursor, PAGE)
            told = await tell(tx, subscription.stream, logged)
        if not told or subscription.group is None:
            break
        for event in told:
            if event.logged.seq > head or not live.hub.is_active(subscription):
                break
            follower.push(event.render(subscription.group), seq=event.logged.seq)
            subscription.cursor = event.logged.seq
        await follower.drained()
    if live.hub.is_active(subscription):
        subscription.release()
