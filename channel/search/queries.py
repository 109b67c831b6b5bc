"""Searching. Who may read what is decided before anything is looked for, and the look goes nowhere else.

A viewer's stretch are the audiences that their entitlement admits, and the single posts that they paid for. An answer
has no total, and its cursor names the last thing on the page: neither can tell of what lies outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from channel import rooms, tiers
from channel.communities import Community
from channel.errors import Invalid, TooSlow
from channel.members.model import Entitlement, needed
from channel.members.paging import Page, cursor_of, place, within
from channel.members.queries import entitlements
from channel.members.tables import unlocks
from channel.posts import horizon
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.rooms.queries import of_communities
from channel.search import facts, names
from channel.search.documents import KINDS, POST
from channel.search.engine import engine_of
from channel.search.matching import Hit, Matching, Stretch
from channel.search.model import Query
from channel.search.places import LAST_MOMENT
from channel.search.tables import audiences, docs
from channel.storage import Prepared, Tx

BUDGET_MS = 400
MAX_UNLOCKED = 500  # single posts that somebody paid for; the newest ones
SLOW = "This search takes too long. Add a word, or say in which room: in:news."

_AUDIENCES = Prepared(
    lambda words: select(audiences.c.id, audiences.c.room_id, audiences.c.rank).where(
        words.among(audiences.c.room_id, "ids")
    )
)
_UNLOCKED = Prepared(
    select(docs.c.place, docs.c.audience_id, posts.c.id, posts.c.author_id, posts.c.comments)
    .select_from(
        unlocks.join(docs, (docs.c.kind == POST) & (docs.c.doc_id == unlocks.c.post_id)).join(
            posts, posts.c.id == unlocks.c.post_id
        )
    )
    .where(unlocks.c.account_id == bindparam("account_id"), unlocks.c.revoked_at.is_(None))
    .order_by(unlocks.c.at.desc())
    .limit(MAX_UNLOCKED)
)


@dataclass(frozen=True, slots=True)
class Reach:
    """A community, what the viewer is in it, and those of its rooms in which is looked: ones that they may enter."""

    community: Community
    by: Entitlement
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class _Audience:
    id: int
    room_id: str
    rank: int


@dataclass(frozen=True, slots=True)
class _Readable:
    """What the viewer may read: the audiences they belong to, and of others the single posts that they paid for."""

    audiences: tuple[_Audience, ...]
    besides: tuple[_Audience, ...]
    single: tuple[Any, ...]  # rows of _UNLOCKED

    @property
    def nothing(self) -> bool:
        return not (self.audiences or self.single)

    @property
    def threads(self) -> dict[int, tuple[str, ...]]:
        """The single posts with comments, by audience."""
        made: dict[int, tuple[str, ...]] = {}
        for row in self.single:
            if row.comments:
                made[row.audience_id] = (*made.get(row.audience_id, ()), row.id)
        return made


async def everywhere(tx: Tx, account_id: str) -> list[Reach]:
    """All that the account follows."""
    here = [one for one in await entitlements(tx, account_id) if not one.community.deleted]
    found = await of_communities(tx, [one.community.id for one in here])
    return [_reach(one.community, one.entitlement, found[one.community.id]) for one in here]


async def inside(tx: Tx, community: Community, by: Entitlement) -> list[Reach]:
    """One community, as the viewer knows it."""
    return [_reach(community, by, await rooms.of_community(tx, community.id))]


def _reach(community: Community, by: Entitlement, found: Sequence[Room]) -> Reach:
    return Reach(community, by, tuple(room for room in found if by.reads(room.min_rank)))


async def search(
    tx: Tx, reach: Sequence[Reach], query: Query, *, cursor: str | None = None, limit: int = 20
) -> Page[Hit]:
    """What is found, newest first. Raises Invalid (q, cursor)."""
    if query.empty:
        raise Invalid(q="Write what you are looking for.")
    last = place(cursor) if cursor else None
    if query.mine and any(one.by.account_id is None for one in reach):
        raise Invalid(q="Sign in to find what you wrote yourself, or name somebody: from:anna.")
    reach = _in_rooms(reach, query.rooms)
    size = within(limit)
    try:
        await tx.within(BUDGET_MS)
        found = await _find(tx, reach, query, last, size + 1)
        await tx.within(None)
    except TooSlow as error:
        raise Invalid(q=SLOW) from error
    more = len(found) > size
    return Page(found[:size], cursor_of(found[size - 1].at, found[size - 1].id) if more else None)


async def _find(
    tx: Tx, reach: Sequence[Reach], query: Query, last: tuple[int, str] | None, most: int
) -> list[Hit]:
    readable = await _readable(tx, reach, query)
    if readable.nothing:
        return []
    begins = await _begins(tx, reach)
    groups = await _facts(tx, reach, query, readable, begins)
    if groups is None:
        return []
    here = (*readable.audiences, *readable.besides)
    stretch = Stretch(
        audiences=tuple(one.id for one in readable.audiences),
        places=tuple(row.place for row in readable.single),
        threads=readable.threads,
        after=query.after or 0,
        before=LAST_MOMENT if query.before is None else query.before,
        last=last,
        limit=most,
        since={one.id: begins[one.room_id] for one in here if one.room_id in begins},
    )
    return await engine_of(tx).find(tx, Matching(query.wanted, query.unwanted, groups), stretch)


def _in_rooms(reach: Sequence[Reach], names: Sequence[str]) -> list[Reach]:
    """Raises Invalid for a room that is not there, in the same words as for one that the viewer may not enter."""
    if not names:
        return list(reach)
    wanted = {name.casefold() for name in names}
    for name in names:
        if not any(_called(room, name.casefold()) for one in reach for room in one.rooms):
            raise Invalid(q=f"No room called “{name}” is open to you here. Write its name or its address.")
    return [
        Reach(one.community, one.by, tuple(r for r in one.rooms if any(_called(r, name) for name in wanted)))
        for one in reach
    ]


def _called(room: Room, name: str) -> bool:
    return name in (room.slug, room.name.casefold())


async def _readable(tx: Tx, reach: Sequence[Reach], query: Query) -> _Readable:
    by = {room.id: one.by for one in reach for room in one.rooms}
    if not by:
        return _Readable((), (), ())
    ranks = await _ranks(tx, reach, query.tiers)
    found = [_Audience(row.id, row.room_id, row.rank) for row in await tx.all(_AUDIENCES, ids=list(by))]
    meant = [one for one in found if ranks is None or one.rank in ranks.get(by[one.room_id].community_id, ())]
    open_to = tuple(one for one in meant if by[one.room_id].reads(_min_rank(one.rank)))
    # Whoever left or is banned has paid for none.
    locked = {one.id: one for one in meant if one not in open_to and by[one.room_id].belongs}
    account_id = next((one.account_id for one in by.values() if one.belongs), None)
    rows = await tx.all(_UNLOCKED, account_id=account_id) if account_id and locked else ()
    single = tuple(row for row in rows if row.audience_id in locked)
    return _Readable(open_to, tuple(locked[id] for id in {row.audience_id for row in single}), single)


def _min_rank(rank: int) -> int | None:
    return None if rank == needed(None) else rank


async def _begins(tx: Tx, reach: Sequence[Reach]) -> dict[str, horizon.First]:
    """Where groups begin that do not show the viewer all of their past."""
    return {
        room.id: await horizon.first(tx, one.by, room)
        for one in reach
        for room in one.rooms
        if horizon.is_short(room, one.by)
    }


async def _ranks(tx: Tx, reach: Sequence[Reach], names: Sequence[str]) -> dict[str, set[int]] | None:
    """By community the ranks of the tiers that are named; None: none were."""
    if not names:
        return None
    wanted = {name.casefold() for name in names}
    return {
        one.community.id: {
            tier.rank
            for tier in await tiers.of_community(tx, one.community.id)
            if tier.name.casefold() in wanted
        }
        for one in reach
    }


async def _facts(
    tx: Tx, reach: Sequence[Reach], query: Query, readable: _Readable, begins: Mapping[str, horizon.First]
) -> tuple[tuple[str, ...], ...] | None:
    """The groups of facts of which one must hold each. None: nothing can be found."""
    groups: list[tuple[str, ...]] = [(facts.has(what),) for what in sorted(query.has)]
    if query.kinds:
        groups.append(tuple(facts.kind(kind) for kind in sorted(query.kinds)))
    if query.mine:
        groups.append(tuple({facts.author(one.by.account_id) for one in reach if one.by.account_id}))
    for name in query.authors:
        named = await names.authors(tx, name, _authors_of(readable))
        groups.append(tuple(facts.author(account_id) for account_id in named))
    groups_here = [room.id for one in reach for room in one.rooms if room.is_group]
    for name in query.topics:
        about = await names.topics(tx, name, groups_here, begins)
        groups.append(tuple(facts.topic(topic_id) for topic_id in about))
    if not groups and not query.wanted:
        groups.append(tuple(facts.kind(kind) for kind in KINDS))
    return tuple(groups) if all(groups) else None


def _authors_of(readable: _Readable) -> names.Where:
    return names.Where(
        tuple(one.id for one in readable.audiences),
        tuple({row.author_id for row in readable.single}),
        tuple(id for some in readable.threads.values() for id in some),
    )
