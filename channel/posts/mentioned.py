"""Where somebody is named: judged here, at the moment of asking. In what one may not read, nobody is named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, or_, select, tuple_, union_all

from channel.accounts.model import Account
from channel.accounts.queries import several
from channel.communities import Community
from channel.members.model import Belonging, Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.members.queries import entitlements_of
from channel.mentions.model import means
from channel.mentions.tables import mentions
from channel.naming import CALLED
from channel.posts import horizon
from channel.posts.model import Post
from channel.posts.queries import LOOKED_THROUGH, many
from channel.posts.tables import posts
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.rooms.tables import reads, rooms
from channel.storage import Prepared, Tx
from channel.tiers.tables import tiers
from channel.topics.tables import marks

AT_ONCE = 200
_FACTS = [
    mentions.c.community_id, mentions.c.room_id, mentions.c.post_id, mentions.c.seq, mentions.c.created_at,
    mentions.c.kind, mentions.c.word, posts.c.min_rank, tiers.c.rank,
]  # fmt: skip
_WITH_POST = mentions.join(posts, posts.c.id == mentions.c.post_id).outerjoin(
    tiers, tiers.c.id == mentions.c.tier_id
)
_ACCOUNT: Any = bindparam("account_id")
_OF_A_GROUP = mentions.c.account_id.is_(None)
_OF_OTHERS = (posts.c.deleted_at.is_(None), posts.c.author_id != _ACCOUNT)
_REACHED = (
    select(reads.c.seq)
    .where(reads.c.account_id == _ACCOUNT, reads.c.room_id == mentions.c.room_id)
    .correlate(mentions)
    .scalar_subquery()
)
_TOPIC_REACHED = (
    select(marks.c.seq)
    .where(marks.c.account_id == _ACCOUNT, marks.c.topic_id == posts.c.topic_id)
    .correlate(posts)
    .scalar_subquery()
)
_PEOPLE = Prepared(
    lambda words: (
        select(mentions.c.post_id, mentions.c.account_id)
        .where(words.among(mentions.c.post_id, "ids"), mentions.c.account_id.is_not(None))
        .order_by(mentions.c.post_id, mentions.c.word)
    )
)
_OF_POSTS = Prepared(
    lambda words: (
        select(*_FACTS)
        .select_from(_WITH_POST)
        .where(words.among(mentions.c.post_id, "ids"), or_(mentions.c.account_id == _ACCOUNT, _OF_A_GROUP))
    )
)


def _unread_of(who: Any) -> Any:
    def make(words: Any) -> Select[Any]:
        unread = (
            words.among(mentions.c.room_id, "ids"),
            mentions.c.seq > func.coalesce(_REACHED, 0),
            mentions.c.seq > func.coalesce(_TOPIC_REACHED, 0),
        )
        found = select(*_FACTS).select_from(_WITH_POST).where(who, *unread, *_OF_OTHERS)
        return found.order_by(mentions.c.seq.desc()).limit(LOOKED_THROUGH)

    return make


_UNREAD = (Prepared(_unread_of(mentions.c.account_id == _ACCOUNT)), Prepared(_unread_of(_OF_A_GROUP)))


async def people(
    tx: Tx, shown: Sequence[Post], community: Community, known: Mapping[str, Room]
) -> dict[str, tuple[Account, ...]]:
    """Who is named one by one in these posts of one community and may read them, by post id."""
    naming = [post.id for post in shown if CALLED in post.html]
    rows = await tx.all(_PEOPLE, ids=naming) if naming else []
    if not rows:
        return {}
    ids = list(dict.fromkeys(row.account_id for row in rows))
    judged = await entitlements_of(tx, community, ids)
    accounts = await several(tx, ids)
    by_id = {post.id: post for post in shown}
    found: dict[str, dict[str, Account]] = {}
    for row in rows:
        post, by = by_id[row.post_id], judged[row.account_id]
        room = known[post.room_id]
        if not by.belongs or not by.reads(room.min_rank, post.min_rank):
            continue
        if (by.joined_at or 0) <= post.created_at or not await horizon.hides(tx, by, room, post):
            found.setdefault(row.post_id, {})[row.account_id] = accounts[row.account_id]
    return {post_id: tuple(named.values()) for post_id, named in found.items()}


async def unread(
    tx: Tx, account_id: str, here: Iterable[tuple[Room, Entitlement]], since: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """The seqs of the posts after the account's read position that name it, oldest first, for rooms that have some.

    By name and as one of a group, of the newest 1,000 of each; only in what it may read. In a group it has read a message
    with its topic. `since`: the first seq of those rooms of which it sees less than all (horizon).
    """
    by_room = {room.id: (room, by) for room, by in here if by.belongs and by.reads(room.min_rank)}
    found: dict[str, set[int]] = {}
    for query in _UNREAD if by_room else ():
        for row in await tx.all(query, account_id=account_id, ids=[*by_room]):
            room, by = by_room[row.room_id]
            seen = row.seq >= since.get(row.room_id, 0)
            if seen and _means(row, by) and by.reads(room.min_rank, row.min_rank):
                found.setdefault(row.room_id, set()).add(row.seq)
    return {room_id: tuple(sorted(seqs)) for room_id, seqs in found.items()}


def _means(row: Any, by: Entitlement) -> bool:
    return by.belongs and (row.kind == "person" or means(row.word, row.kind, row.rank, by))


async def naming(tx: Tx, account_id: str, post_ids: Sequence[str], by: Mapping[str, Entitlement]) -> set[str]:
    """Which of these posts name the account. `by`: what it may, by community. Whether it may read them is another question."""
    rows = await tx.all(_OF_POSTS, account_id=account_id, ids=post_ids) if post_ids else []
    return {row.post_id for row in rows if row.community_id in by and _means(row, by[row.community_id])}


@dataclass(frozen=True, slots=True)
class _Place:
    at: int
    post_id: str


async def of_account(
    tx: Tx, account_id: str, belongings: Sequence[Belonging], *, cursor: str | None = None, limit: int = 40
) -> Page[Post]:
    """The posts that name the account and that it may read, newest first, of the newest 1,000 that might.

    Raises Invalid for a cursor that is not ours.
    """
    size = within(limit)
    by = {one.community.id: one.entitlement for one in belongings}
    since = await _since(tx, belongings)
    upto = place(cursor) if cursor else None
    found: dict[str, _Place] = {}
    for _ in range(LOOKED_THROUGH // AT_ONCE):
        rows = await tx.all(_newest(account_id, [*by], upto))
        for row in rows:
            mine = by.get(row.community_id)
            seen = row.seq >= since.get(row.room_id, 0)
            if seen and mine and _means(row, mine) and mine.reads(row.room_rank, row.min_rank):
                found.setdefault(row.post_id, _Place(row.created_at, row.post_id))
        if len(rows) < AT_ONCE or len(found) > size:
            break
        upto = (rows[-1].created_at, rows[-1].post_id)
    chosen = [*found.values()][:size]
    posts_by_id = {post.id: post for post in await many(tx, [one.post_id for one in chosen])}
    last = chosen[-1] if chosen and len(found) > size else None
    items = [posts_by_id[one.post_id] for one in chosen if one.post_id in posts_by_id]
    return Page(items, cursor_of(last.at, last.post_id) if last else None)


async def _since(tx: Tx, belongings: Sequence[Belonging]) -> dict[str, int]:
    by = {one.community.id: one.entitlement for one in belongings}
    there = await of_communities(tx, [*by])
    entered = ((room, by[community_id]) for community_id, found in there.items() for room in found)
    return await horizon.of_rooms(tx, entered)


def _newest(account_id: str, community_ids: Sequence[str], upto: tuple[int, str] | None) -> Any:
    parts = [
        mentions.c.account_id == account_id,
        _OF_A_GROUP & mentions.c.community_id.in_(community_ids),
    ]
    order = (mentions.c.created_at.desc(), mentions.c.post_id.desc())
    source = _WITH_POST.join(rooms, rooms.c.id == mentions.c.room_id)
    selects = []
    for part in parts:
        query = select(*_FACTS, rooms.c.min_rank.label("room_rank")).select_from(source)
        query = query.where(part, posts.c.deleted_at.is_(None), posts.c.author_id != account_id)
        if upto:
            query = query.where(
                tuple_(mentions.c.created_at, mentions.c.post_id) < tuple_(literal(upto[0]), literal(upto[1]))
            )
        selects.append(select(query.order_by(*order).limit(AT_ONCE).subquery()))
    both = union_all(*selects).subquery()
    return select(both).order_by(both.c.created_at.desc(), both.c.post_id.desc()).limit(AT_ONCE)
