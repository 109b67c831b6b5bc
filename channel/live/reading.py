"""Read positions: stored, told to the account's other devices, and counted as views.

A post that ten thousand people read is ten thousand positions in a second or two. What comes over live connections is
gathered and written together; whoever asks over HTTP is answered when it is durable.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from channel import members, posts, rooms, topics
from channel.bus import Bus
from channel.errors import ChannelError, Forbidden, NotFound, Unavailable
from channel.live.looking import TOPIC as LOOKING
from channel.members import Entitlement
from channel.rooms import Room
from channel.routing import Services
from channel.storage import Database, Tx
from channel.topics import marks

GATHER_S: Final = 0.2
AGAIN_S: Final = 2.0
AT_ONCE: Final = 500
MAX_GATHERED: Final = (
    200_000  # beyond it the newest are dropped: a position that stays behind costs nobody a post
)

Spot = tuple[str, str]  # the id of a room, and of a topic of it or ""

log = logging.getLogger("channel.live")


@dataclass(frozen=True, slots=True)
class Marked:
    """How far accounts have read in a room, or in one topic of a group, now; and the posts that were seen thereby."""

    room_id: str
    seqs: Mapping[str, int]
    seen: tuple[str, ...]
    topic_id: str = ""


async def mark(services: Services, account_id: str, room_id: str, seq: int, topic_id: str = "") -> None:
    """The account has seen `room_id`, or one topic of it, up to `seq`. Never moves backwards.

    Raises NotFound or Forbidden.
    """
    async with services.db.write() as tx:
        marked = await record(tx, account_id, room_id, seq, topic_id)
    tell(services.bus, marked)


async def record(tx: Tx, account_id: str, room_id: str, seq: int, topic_id: str = "") -> Marked:
    """The same in a transaction of the caller's, who calls `tell` after the commit."""
    entitlement, room, _ = await members.entitlement_by_room(tx, room_id, account_id)
    if not entitlement.visible:
        raise NotFound
    if not entitlement.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.")
    return await _record(tx, room, {account_id: seq}, topic_id)


async def _record(tx: Tx, room: Room, reached: Mapping[str, int], topic_id: str) -> Marked:
    if topic_id:
        topic = await topics.one(tx, topic_id)
        if topic.room_id != room.id:
            raise NotFound("There is no such topic.")
        moved = await marks.mark_read(tx, topic, reached)
        seen = await posts.seen(tx, room, moved, topic.id)
    else:
        moved = await rooms.mark_read(tx, room.id, reached)
        # A group is read topic by topic: "all of it" says that nothing is new, not that it was seen.
        seen = () if room.is_group else await posts.seen(tx, room, moved)
    return Marked(room.id, {account_id: now for account_id, (_, now) in moved.items()}, seen, topic_id)


def tell(bus: Bus, marked: Marked) -> None:
    """Hints for the accounts' other devices and for the counts; they may be lost."""
    if marked.seqs:
        bus.note("read", {**_named(marked.room_id, marked.topic_id), "seqs": dict(marked.seqs)})
    if marked.seen:
        bus.note("counts", {"room_id": marked.room_id, "post_ids": list(marked.seen)})


def _named(room_id: str, topic_id: str) -> dict[str, object]:
    return {"room_id": room_id, "topic_id": topic_id} if topic_id else {"room_id": room_id}


class Reads:
    """What live connections say they have read, for GATHER_S."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus
        self._places: dict[Spot, dict[str, int]] = {}
        self._count = 0
        self._woken = asyncio.Event()

    def note(self, account_id: str, room_id: str, seq: int, topic_id: str = "") -> None:
        """The account, which may read the room, has seen it up to `seq`. Not durable until it is told to its devices."""
        reached = self._places.setdefault((room_id, topic_id), {})
        if account_id not in reached:
            if self._count >= MAX_GATHERED:
                return
            self._count += 1
        reached[account_id] = max(seq, reached.get(account_id, 0))
        self._woken.set()

    async def run(self) -> None:
        """Write what was gathered, until cancelled; then what is left."""
        try:
            while True:
                await self._woken.wait()
                await asyncio.sleep(GATHER_S)
                self._woken.clear()
                try:
                    await self.flush()
                except Unavailable as error:
                    log.warning("read positions wait: %s", error.detail)
                    await asyncio.sleep(AGAIN_S)
                    self._woken.set()
        finally:
            with contextlib.suppress(ChannelError):
                await self.flush()

    async def flush(self) -> None:
        """Write it all, a few hundred positions at once. Raises Unavailable; what was not written is kept."""
        while self._places:
            spot, reached = next(iter(self._places.items()))
            part = dict(islice(reached.items(), AT_ONCE))
            try:
                async with self._db.write(heavy=True) as tx:
                    marked = await self._part(tx, spot, part)
            except NotFound:
                marked = Marked(spot[0], {}, ())  # the room or the topic has gone
            except Unavailable:
                raise
            except Exception:
                log.exception("read positions could not be written and are dropped")
                marked = Marked(spot[0], {}, ())
            self._forget(spot, part)
            tell(self._bus, marked)
            self._tell_looking(spot, [one for one in part if one not in marked.seqs])

    def _tell_looking(self, spot: Spot, still: Sequence[str]) -> None:
        """Those who said where they are, and were there before: see looking."""
        if still:
            self._bus.note(LOOKING, {**_named(*spot), "account_ids": list(still)})

    async def _part(self, tx: Tx, spot: Spot, reached: Mapping[str, int]) -> Marked:
        room_id, topic_id = spot
        _, room, community = await members.entitlement_by_room(tx, room_id, None)
        judged = await members.queries.entitlements_of(tx, community, [*reached])
        theirs = {one: reached[one] for one, by in judged.items() if _reads(by, room)}
        return await _record(tx, room, theirs, topic_id)

    def _forget(self, spot: Spot, part: Mapping[str, int]) -> None:
        reached = self._places[spot]
        for account_id, seq in part.items():
            if reached.get(account_id) == seq:  # else it read on meanwhile
                del reached[account_id]
                self._count -= 1
        if not reached:
            del self._places[spot]


def _reads(by: Entitlement, room: Room) -> bool:
    return by.visible and by.reads(room.min_rank)
