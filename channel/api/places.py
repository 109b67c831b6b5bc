"""From the words in a path to what they name, as far as the caller may know of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from channel import members, rooms
from channel.api import shapes
from channel.api.endpoint import Call
from channel.communities import Community
from channel.errors import Invalid
from channel.members import Entitlement, queries
from channel.members.model import STAFF_RANK
from channel.render import json, views
from channel.rooms import Room
from channel.storage import Tx

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

When = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset")]
Limit = Annotated[int, Meta(ge=1, le=100)]
CursorText = Annotated[str, Meta(max_length=200, description="next_cursor of the page before")]


class PartQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a list that is short: all of it, unless `limit` says otherwise."""

    limit: Limit | None = None
    cursor: CursorText | None = None


def part_of(items: Sequence[T], given: PartQuery, mark: Callable[[T], str]) -> tuple[list[T], str | None]:
    """That part, and the cursor of the next one: how many came before and the last one's mark, by which it is found
    when others have come in before it meanwhile. Raises Invalid for a cursor that is none."""
    start = 0
    if given.cursor is not None:
        before, _, last = given.cursor.partition(":")
        if not (before.isascii() and before.isdigit() and len(before) <= 6 and last):
            raise Invalid(cursor="This cursor is not one of ours. Start from the first page.")
        there = (place for place, one in enumerate(items, 1) if mark(one) == last)
        start = next(there, int(before))
    end = len(items) if given.limit is None else start + given.limit
    part = list(items[start:end])
    return part, f"{end}:{mark(part[-1])}" if part and end < len(items) else None


class PageQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 50
    cursor: CursorText | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A community, and what the caller is in it."""

    community: Community
    by: Entitlement


async def community(call: Call, tx: Tx) -> Place:
    """The community of `{handle}`. Raises NotFound when the caller may not know of it."""
    found, by = await queries.visible(tx, call.word("handle"), call.account_id)
    return Place(found, by)


async def room_in(call: Call, tx: Tx, place: Place) -> Room:
    """The room of `{slug}`. Rooms above one's rank are listed, so one may know of them."""
    return await rooms.by_slug(tx, place.community.id, call.word("slug"))


async def readable_room(call: Call, tx: Tx, room_id: str) -> tuple[Room, Place]:
    """A room the caller may enter. Raises NotFound for what is not theirs to know, Forbidden above their rank."""
    by, room, found = await members.entitlement_by_room(tx, room_id, call.account_id)
    views.sight(by, room)
    return room, Place(found, by)


def changes(given: Struct) -> dict[str, object]:
    """The fields of a PATCH that were sent, moments as epoch milliseconds, lists as tuples."""
    sent = {name: value for name, value in structs.asdict(given).items() if value is not UNSET}
    return {name: _plain(value) for name, value in sent.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(milliseconds=1)
    return tuple(value) if isinstance(value, list) else value


def milliseconds(moment: datetime | UnsetType | None) -> int | None:
    """Epoch milliseconds of a moment that was sent; None for none."""
    return (moment - EPOCH) // timedelta(milliseconds=1) if isinstance(moment, datetime) else None


def moment(epoch_ms: int | None) -> str | None:
    """RFC 3339, or None for none."""
    return None if epoch_ms is None else json.iso(epoch_ms)


def standing(by: Entitlement) -> shapes.Standing:
    """What the caller is, for an answer. Staff see every tier, which is no rank of theirs: null."""
    rank = by.rank if 0 <= by.rank < STAFF_RANK else None
    return shapes.Standing(
        role=None if by.role is None else by.role.value,
        state=None if by.state is None else by.state.value,
        rank=rank,
    )
