"""Read positions: stored once, told to the account's other devices, and counted as views."""

from dataclasses import dataclass

from channel import members, posts, rooms
from channel.errors import Forbidden, NotFound
from channel.routing import Services
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Marked:
    """How far the account has read now; `moved` when that is further than before, `seen` the posts it saw thereby."""

    account_id: str
    room_id: str
    seq: int
    moved: bool
    seen: tuple[str, ...]


async def mark(services: Services, account_id: str, room_id: str, seq: int) -> None:
    """The account has seen `room_id` up to `seq`. Never moves backwards. Raises NotFound or Forbidden."""
    async with services.db.write() as tx:
        marked = await record(tx, account_id, room_id, seq)
    tell(services, marked)


async def record(tx: Tx, account_id: str, room_id: str, seq: int) -> Marked:
    """The same in a transaction of the caller's, who calls `tell` after the commit."""
    entitlement, room, _ = await members.entitlement_by_room(tx, room_id, account_id)
    if not entitlement.visible:
        raise NotFound
    if not entitlement.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.")
    before = (await rooms.read_positions(tx, account_id, [room.id]))[room.id]
    moved = await rooms.mark_read(tx, account_id, room.id, seq)
    now = (await rooms.read_positions(tx, account_id, [room.id]))[room.id]
    seen = await posts.seen(tx, account_id, room, before, now) if moved else ()
    return Marked(account_id, room.id, now, moved, tuple(seen))


def tell(services: Services, marked: Marked) -> None:
    """Hints for the account's other devices and for the counts; they may be lost."""
    if marked.moved:
        note = {"account_id": marked.account_id, "room_id": marked.room_id, "seq": marked.seq}
        services.bus.note("read", note)
    if marked.seen:
        services.bus.note("counts", {"room_id": marked.room_id, "post_ids": list(marked.seen)})
