"""What everybody may read of a community's reach, if its creator wants that: sums and averages of what was kept.

Only kept reports are looked at, which are floored and move no more; only of posts that a stranger may read whole. Of the
others it is said how many there were.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import select

from channel import following, members, rooms
from channel.communities import Community
from channel.errors import NotFound
from channel.posts.tables import posts
from channel.reach.floor import floored
from channel.reach.keeping import FEWEST_COMPARED
from channel.reach.model import Report
from channel.reach.tables import post_reach
from channel.rooms import Room
from channel.storage import Tx

WEEKS: Final = 6
WEEK_MS: Final = 7 * 24 * 3_600_000
MOST: Final = 500  # posts that are looked at


@dataclass(frozen=True, slots=True)
class RoomReach:
    """A room that strangers read. `posts`: those that count; `accepted`, `seen`: of 100 who might see a post, how many a
    notice reached and how many saw it, None for fewer than three posts."""

    room: Room
    posts: int
    accepted: int | None
    seen: int | None


@dataclass(frozen=True, slots=True)
class OpenReach:
    """`followers`: without an account, in full tens; `locked`: posts of these weeks that not everybody may read; `ways`: how
    often a post came to somebody, by `push`, `mail`, `live` and, without an account, `outside_push` and `outside_mail`; in full tens."""

    members: int
    followers: int
    posts: int
    locked: int
    ways: dict[str, int] = field(default_factory=dict)
    rooms: tuple[RoomReach, ...] = ()


async def open_reach(tx: Tx, community: Community) -> OpenReach:
    """Of the last six weeks. The same for everybody, so a stranger's eyes judge. Raises NotFound where the creator does not
    show it, and where strangers see nothing."""
    stranger = await members.entitlement(tx, community, None)
    if not community.reach_shown or not stranger.visible or community.deleted:
        raise NotFound("There is no such room.")  # as for any other word behind a handle
    there = [one for one in await rooms.of_community(tx, community.id) if not one.is_group]
    shown = [one for one in there if stranger.reads(one.min_rank)]
    rows = await _kept(tx, community, [one.id for one in shown])
    reports = [(row.room_id, msgspec.json.decode(row.counts, type=Report)) for row in rows]
    reports = [(room_id, one) for room_id, one in reports if not one.is_few]
    each = tuple(_of_room(room, [one for of, one in reports if of == room.id]) for room in shown)
    return OpenReach(
        members=community.member_count, followers=floored(await following.count(tx, community.id)),
        posts=len(reports), locked=await _locked(tx, community, there, shown),
        ways=_ways([one for _, one in reports]), rooms=each,
    )  # fmt: skip


async def _kept(tx: Tx, community: Community, shown: Sequence[str]) -> Sequence[Any]:
    query = select(post_reach.c.room_id, post_reach.c.counts).join(posts, posts.c.id == post_reach.c.post_id)
    query = query.where(
        post_reach.c.community_id == community.id, post_reach.c.published_at > tx.now - WEEKS * WEEK_MS,
        posts.c.room_id.in_(shown), posts.c.min_rank.is_(None), posts.c.deleted_at.is_(None),
    )  # fmt: skip
    return await tx.all(query.order_by(post_reach.c.published_at.desc()).limit(MOST))


async def _locked(tx: Tx, community: Community, there: Sequence[Room], shown: Sequence[Room]) -> int:
    """Posts of channels in these weeks that a stranger may not read, at most as many as are looked at."""
    closed = posts.c.min_rank.is_not(None) | posts.c.room_id.not_in([one.id for one in shown])
    query = select(posts.c.id).where(
        posts.c.community_id == community.id, posts.c.created_at > tx.now - WEEKS * WEEK_MS, closed,
        posts.c.room_id.in_([one.id for one in there]), posts.c.deleted_at.is_(None),
    )  # fmt: skip
    return len(await tx.all(query.limit(MOST)))


def _of_room(room: Room, found: Sequence[Report]) -> RoomReach:
    if len(found) < FEWEST_COMPARED:
        return RoomReach(room, len(found), None, None)
    base = sum(one.may_see for one in found)
    accepted, seen = (sum(getattr(one, name) for one in found) for name in ("accepted", "seen"))
    return RoomReach(room, len(found), 100 * accepted // base, 100 * seen // base)


def _ways(found: Sequence[Report]) -> dict[str, int]:
    sums: Counter[str] = Counter({"push": 0, "mail": 0, "live": 0, "outside_push": 0, "outside_mail": 0})
    for one in found:
        sums.update(one.ways)
        if one.outside is not None:
            sums.update({f"outside_{way}": count for way, count in one.outside.ways.items()})
    return dict(sums)
