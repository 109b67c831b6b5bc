"""Searching. Who may read what is decided before anything is looked for, and the look goes nowhere else.

A viewer's stretch are the audiences that their entitlement admits, and the single posts that they paid for. An answer
has no total, and its cursor names the last thing on the page: neither can tell of what lies outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from channel import rooms, tiers
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Invalid, TooSlow
from channel.ids import is_id
from channel.members.model import Entitlement, needed
from channel.members.paging import Page, cursor_of, place, within
from channel.members.queries import entitlements
from channel.members.tables import unlocks
from channel.posts import horizon
from channel.rooms.model import Room
from channel.rooms.queries import of_communities
from channel.search import facts
from channel.search.engine import engine_of
from channel.search.matching import Hit, Matching, Stretch
from channel.search.model import Query
from channel.search.places import LAST_MOMENT
from channel.search.tables import audiences, authors, docs
from channel.search.words import spellings
from channel.storage import Prepared, Tx
from channel.topics import queries as topics

BUDGET_MS = 400
MAX_AUTHORS = 5_000  # that one `from:` looks through
MAX_NAMED = 50
MAX_UNLOCKED = 500  # single posts that somebody paid for; the newest ones
SLOW = "This search takes too long. Add a word, or say in which room: in:news."

_AUDIENCES = Prepared(
    lambda words: select(audiences.c.id, audiences.c.room_id, audiences.c.rank).where(
        words.among(audiences.c.room_id, "ids")
    )
)
_UNLOCKED = Prepared(
    select(docs.c.place, docs.c.audience_id, audiences.c.room_id, audiences.c.rank)
    .select_from(
        unlocks.join(docs, (docs.c.kind == "post") & (docs.c.doc_id == unlocks.c.post_id)).join(
            audiences, audiences.c.id == docs.c.audience_id
        )
    )
    .where(unlocks.c.account_id == bindparam("account_id"), unlocks.c.revoked_at.is_(None))
    .order_by(unlocks.c.at.desc())
    .limit(MAX_UNLOCKED)
)
_AUTHORS = Prepared(
    lambda words: (
        select(accounts.c.id, accounts.c.handle, accounts.c.name)
        .where(
            accounts.c.id.in_(select(authors.c.account_id).where(words.among(authors.c.audience_id, "ids"))),
            accounts.c.state != "deleted",
        )
        .limit(MAX_AUTHORS)
    )
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
    reach = _in_rooms(reach, query.rooms)
    try:
        await tx.within(BUDGET_MS)
        open_to, single = await _readable(tx, reach, query)
        groups = await _facts(tx, query, [*open_to, *single.values()])
        if groups is None or not (open_to or single):
            await tx.within(None)
            return Page([], None)
        size, since = within(limit), await _since(tx, reach, open_to)
        stretch = Stretch(
            tuple(one.id for one in open_to), tuple(single), query.after or 0,
            LAST_MOMENT if query.before is None else query.before, last, size + 1, since,
        )  # fmt: skip
        found = await engine_of(tx).find(tx, Matching(query.wanted, query.unwanted, groups), stretch)
        await tx.within(None)
    except TooSlow as error:
        raise Invalid(q=SLOW) from error
    more = len(found) > size
    return Page(found[:size], cursor_of(found[size - 1].at, found[size - 1].id) if more else None)


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


async def _readable(
    tx: Tx, reach: Sequence[Reach], query: Query
) -> tuple[list[_Audience], dict[int, _Audience]]:
    """The audiences that the viewer belongs to, and by their places the single documents that are open to them besides."""
    by = {room.id: one.by for one in reach for room in one.rooms}
    if not by:
        return [], {}
    ranks = await _ranks(tx, reach, query.tiers)
    found = [_Audience(row.id, row.room_id, row.rank) for row in await tx.all(_AUDIENCES, ids=list(by))]
    meant = [one for one in found if ranks is None or one.rank in ranks.get(by[one.room_id].community_id, ())]
    open_to = [one for one in meant if by[one.room_id].reads(_min_rank(one.rank))]
    return open_to, await _single(tx, by, {one.id: one for one in meant if one not in open_to})


def _min_rank(rank: int) -> int | None:
    return None if rank == needed(None) else rank


async def _single(
    tx: Tx, by: Mapping[str, Entitlement], locked: Mapping[int, _Audience]
) -> dict[int, _Audience]:
    """What the viewer paid for by itself, in rooms that they may enter. Whoever left or is banned has paid for none."""
    account_id = next((one.account_id for one in by.values() if one.belongs), None)
    if account_id is None or not locked:
        return {}
    return {
        row.place: locked[row.audience_id]
        for row in await tx.all(_UNLOCKED, account_id=account_id)
        if row.audience_id in locked and by[row.room_id].belongs
    }


async def _since(tx: Tx, reach: Sequence[Reach], open_to: Sequence[_Audience]) -> dict[int, horizon.First]:
    """Where groups begin that do not show the viewer all of their past, by audience."""
    begins = {
        room.id: await horizon.first(tx, one.by, room)
        for one in reach
        for room in one.rooms
        if horizon.is_short(room, one.by)
    }
    return {one.id: begins[one.room_id] for one in open_to if one.room_id in begins}


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


async def _facts(tx: Tx, query: Query, here: Sequence[_Audience]) -> tuple[tuple[str, ...], ...] | None:
    """The groups of facts of which one must hold each. None: nothing can be found."""
    groups: list[tuple[str, ...]] = [(facts.has(what),) for what in sorted(query.has)]
    for name in query.authors:
        named = await _named(tx, name, {one.id for one in here})
        if not named:
            return None
        groups.append(tuple(facts.author(account_id) for account_id in named))
    for name in query.topics:
        about = await topics.named(tx, sorted({one.room_id for one in here}), name, MAX_NAMED)
        if not about:
            return None
        groups.append(tuple(facts.topic(topic_id) for topic_id in about))
    if not groups and not query.wanted:
        groups.append((facts.kind("post"),))
    return tuple(groups)


async def _named(tx: Tx, name: str, here: set[int]) -> list[str]:
    """The accounts with that handle, or with a name of which a word begins so, of those who wrote for these audiences."""
    if not here:
        return []
    if is_id(name):
        return [name.lower()]
    wanted = [spelling for spelling in spellings(name) if spelling]
    rows = await tx.all(_AUTHORS, ids=sorted(here))
    exact = [row.id for row in rows if row.handle == name.casefold()]
    return exact or [row.id for row in rows if _begins(row.name, wanted)][:MAX_NAMED]


def _begins(name: str, wanted: Sequence[str]) -> bool:
    spelled = [*spellings(name), *(spelling for word in name.split() for spelling in spellings(word))]
    return any(one.startswith(begin) for one in spelled if one for begin in wanted)
