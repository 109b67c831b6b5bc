"""Writing rooms and read positions. No rights are checked here: call members.governing for a person's wish."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError

from channel.communities.actions import hold
from channel.communities.fields import parsed
from channel.errors import Conflict, Invalid, NotFound
from channel.events import RoomUpdated, room_stream
from channel.ids import new_id
from channel.outbox import emit, head
from channel.outbox import hold as hold_stream
from channel.rooms.announcing import announce_room
from channel.rooms.model import CHANGEABLE, CHECKS, MAX_ROOMS, Room
from channel.rooms.queries import of_community, one, read_positions
from channel.rooms.rules import require_whole
from channel.rooms.tables import former, reads, rooms
from channel.storage import Prepared, Tx

_POSITIONS = Prepared(
    # Locked in one order, or two who overlap would wait for each other.
    lambda words: words.locking(
        select(reads.c.account_id, reads.c.seq)
        .where(reads.c.room_id == bindparam("room_id"), words.among(reads.c.account_id, "ids"))
        .order_by(reads.c.account_id)
    )
)
_MARK = (
    update(reads)
    .where(reads.c.account_id == bindparam("who"), reads.c.room_id == bindparam("room"))
    .values(seq=bindparam("upto"), at=bindparam("now"))
)
MAX_FORMER = 20  # addresses that a room had, of which it is known
TAKEN = "Another room has this address. Choose another one."


async def create(
    tx: Tx,
    community_id: str,
    *,
    slug: str,
    name: str,
    kind: str = "channel",
    min_rank: int | None = None,
    about: str = "",
    **more: object,
) -> Room:
    """A room at the end of the list, with `more` of CHANGEABLE. Raises Invalid (also for a taken slug), Conflict at
    MAX_ROOMS."""
    fields = {"slug": slug, "name": name, "kind": kind, "min_rank": min_rank, "about": about, **more}
    row = parsed(CHECKS, fields)
    require_whole(kind, row)
    await hold(tx, community_id)
    there = await of_community(tx, community_id)
    if len(there) >= MAX_ROOMS:
        raise Conflict("A community has at most 100 rooms. Delete one first.", code="too_many_rooms")
    room_id = new_id(tx.now)
    row |= {
        "id": room_id, "community_id": community_id, "position": max((room.position for room in there), default=0) + 1, "created_at": tx.now,
    }  # fmt: skip
    if not await tx.run(tx.insert(rooms).values(**row).on_conflict_do_nothing()):
        raise Invalid(slug=TAKEN)
    await _take_over(tx, community_id, row["slug"])
    return await one(tx, room_id)


async def _take_over(tx: Tx, community_id: str, slug: str) -> None:
    """What went out under the address leads to whoever has it now."""
    here = (former.c.community_id == community_id, former.c.slug == slug)
    await tx.run(delete_from(former).where(*here))


async def _remember(tx: Tx, room: Room) -> None:
    """The address that it is about to lose goes on leading to it; so do the last MAX_FORMER, and none before."""
    row = {"community_id": room.community_id, "slug": room.slug, "room_id": room.id, "at": tx.now}
    await tx.run(tx.insert(former).values(**row).on_conflict_do_nothing())
    newest = (
        select(former.c.slug).where(former.c.room_id == room.id).order_by(former.c.at.desc(), former.c.slug)
    )
    kept = [one.slug for one in await tx.all(newest.limit(MAX_FORMER))]
    await tx.run(delete_from(former).where(former.c.room_id == room.id, former.c.slug.not_in(kept)))


async def update_fields(tx: Tx, room: Room, **changes: object) -> Room:
    """Change some of CHANGEABLE and tell the room. Raises Invalid with every wrong field at once.

    An address that it has already may stay, also one that was reserved after it was chosen.
    """
    changes = {field: value for field, value in changes.items() if field != "slug" or value != room.slug}
    good = parsed({field: CHECKS[field] for field in CHANGEABLE}, changes)
    if all(getattr(room, field) == value for field, value in good.items()):
        return room
    require_whole(room.kind, asdict(room) | good)
    await hold_stream(tx, room_stream(room.id))
    try:
        await tx.run(update(rooms).where(rooms.c.id == room.id).values(**good))
    except IntegrityError as error:
        raise Invalid(slug=TAKEN) from error
    if "slug" in good:
        await _take_over(tx, room.community_id, good["slug"])
        await _remember(tx, room)
    await emit(tx, RoomUpdated(room_id=room.id))
    changed = await one(tx, room.id)
    await announce_room(tx, room, changed)
    return changed


async def delete(tx: Tx, room: Room) -> None:
    """Remove the room with everything in it. Raises Conflict for the last one: joining has to lead somewhere."""
    await hold(tx, room.community_id)
    if len(await of_community(tx, room.community_id)) <= 1:
        raise Conflict("A community keeps at least one room. Make another one first.", code="last_room")
    # The stream outlives its room: who hears this looks again, finds nothing and is let go.
    await emit(tx, RoomUpdated(room_id=room.id))
    await tx.run(delete_from(rooms).where(rooms.c.id == room.id))


async def move(tx: Tx, room: Room, position: int) -> list[Room]:
    """Put the room at `position` (1 is first; beyond the end is last) and return all in their new order."""
    await hold(tx, room.community_id)
    order = [other for other in await of_community(tx, room.community_id) if other.id != room.id]
    order.insert(max(0, position - 1), room)
    for place, other in enumerate(order, start=1):
        if other.position != place or other.id == room.id:
            await tx.run(update(rooms).where(rooms.c.id == other.id).values(position=place))
    return await of_community(tx, room.community_id)


async def announce(tx: Tx, community_id: str) -> None:
    """Tell every room of the community that what decides about it changed: live viewers ask for their rights again."""
    for room in sorted(await of_community(tx, community_id), key=lambda room: room.id):
        await emit(tx, RoomUpdated(room_id=room.id))


async def mark_read(tx: Tx, room_id: str, reached: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Remember up to which seq accounts have read, by account id; of those who moved: where they were and are now.

    Never goes back, whichever device reports last, and never beyond what has happened. Raises NotFound.
    """
    last = await head(tx, room_stream(room_id))
    known = await _held(tx, room_id, [*reached])
    new = sorted(reached.keys() - known.keys())
    fresh = [{"account_id": account_id, "room_id": room_id, "seq": 0, "at": tx.now} for account_id in new]
    try:
        await tx.run_many(tx.insert(reads).on_conflict_do_nothing(), fresh)
    except IntegrityError as error:  # the room went since it was read
        raise NotFound("There is no such room.") from error
    known |= await _held(tx, room_id, new) if new else {}
    moved = {
        account_id: (before, min(reached[account_id], last))
        for account_id, before in known.items()
        if min(reached[account_id], last) > before
    }
    rows = [{"who": who, "room": room_id, "upto": now, "now": tx.now} for who, (_, now) in moved.items()]
    await tx.run_many(_MARK, rows)
    return moved


async def _held(tx: Tx, room_id: str, account_ids: Sequence[str]) -> dict[str, int]:
    """The positions that there are, which nobody else moves until this transaction ends."""
    rows = await tx.all(_POSITIONS, room_id=room_id, ids=account_ids)
    return {row.account_id: int(row.seq) for row in rows}


async def mark_all_read(tx: Tx, account_id: str, reached: Mapping[str, int]) -> dict[str, int]:
    """Move the account's positions forward to the seqs of `reached`, by room id; those that moved, and where to.

    The rooms are there, and these seqs have happened: the caller has just read them.
    """
    before = await read_positions(tx, account_id, [*reached])
    moved = {room_id: seq for room_id, seq in sorted(reached.items()) if seq > before[room_id]}
    rows = [
        {"account_id": account_id, "room_id": room, "seq": seq, "at": tx.now} for room, seq in moved.items()
    ]
    insert = tx.insert(reads)
    await tx.run_many(
        insert.on_conflict_do_update(
            index_elements=["account_id", "room_id"],
            set_={"seq": insert.excluded.seq, "at": insert.excluded.at},
            where=reads.c.seq < insert.excluded.seq,
        ),
        rows,
    )
    return moved
