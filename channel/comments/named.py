"""Where comments name somebody, answer them or have a tag: judged here, at the moment of asking, as for posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from channel.accounts.model import Account
from channel.accounts.queries import several
from channel.comments import queries, reading
from channel.comments.model import DAY_MS, Comment
from channel.comments.tables import comments, marks
from channel.communities import Community
from channel.members.model import Belonging, Entitlement
from channel.members.paging import Page, cursor_of, merged, place, within
from channel.members.queries import entitlements_of
from channel.members.tables import unlocks
from channel.mentions.model import means
from channel.mentions.tables import comment_mentions
from channel.naming import CALLED
from channel.posts.model import Post
from channel.posts.queries import many
from channel.posts.tables import posts
from channel.posts.tagged import LOOKED_THROUGH, open_to
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.rooms.tables import rooms
from channel.storage import Prepared, Tx
from channel.tags.tables import comment_tags
from channel.tiers.tables import tiers

Why = Literal["mention", "answer"]
WINDOW_MS: Final = 30 * DAY_MS  # what was said longer ago nobody catches up on
AT_ONCE: Final = 200
TRIES: Final = 5
_parent, _later = comments.alias("parent"), comments.alias("later")
_PEOPLE = Prepared(
    lambda words: (
        select(comment_mentions.c.comment_id, comment_mentions.c.account_id)
        .where(words.among(comment_mentions.c.comment_id, "ids"), comment_mentions.c.account_id.is_not(None))
        .order_by(comment_mentions.c.comment_id, comment_mentions.c.word)
    )
)
_MARKS = Prepared(
    select(marks.c.community_id, marks.c.at).where(marks.c.account_id == bindparam("account_id"))
)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment that everybody who may read its post sees, and where it stands."""

    comment: Comment
    post: Post
    room: Room
    community: Community
    entitlement: Entitlement
    why: tuple[Why, ...] = ()

    @property
    def place(self) -> tuple[int, str]:
        """By which it stands in lists."""
        return self.comment.shown_at or self.comment.created_at, self.comment.id


async def people(tx: Tx, found: Sequence[Comment], community: Community) -> dict[str, tuple[Account, ...]]:
    """Who is named one by one in these comments under one post, is in, and may read the post; by comment."""
    naming = {one.id: one for one in found if CALLED in one.html}
    rows = await tx.all(_PEOPLE, ids=[*naming]) if naming else []
    if not rows:
        return {}
    ids = list(dict.fromkeys(row.account_id for row in rows))
    (thread_id,) = {one.thread_id for one in naming.values()}
    judged = await entitlements_of(tx, community, ids)
    readers = await reading.sights(tx, thread_id, ids)
    accounts = await several(tx, ids)
    named: dict[str, dict[str, Account]] = {}
    for row in rows:
        if row.account_id in readers and judged[row.account_id].belongs:
            named.setdefault(row.comment_id, {})[row.account_id] = accounts[row.account_id]
    return {comment_id: tuple(there.values()) for comment_id, there in named.items()}


async def of_account(
    tx: Tx, account_id: str, belongings: Sequence[Belonging], *, cursor: str | None = None, limit: int = 40
) -> Page[Said]:
    """The comments that name the account and that it may read, newest first. Raises Invalid for a cursor not ours."""
    by = {one.community.id: one for one in belongings}
    selects = _naming(account_id, [*by])
    return await _walk(tx, selects, by, account_id, _Walk(cursor, limit, newest=True))


async def missed(
    tx: Tx,
    account_id: str,
    belongings: Sequence[Belonging],
    *,
    upto: int,
    cursor: str | None = None,
    limit: int = 40,
) -> Page[Said]:
    """The comments of the last thirty days, up to `upto` (epoch ms), that name the account or answer it, oldest first.

    Without those from before it marked all as read, and those after which it said something in the same branch.
    Raises Invalid for a cursor that is not ours.
    """
    by = {one.community.id: one for one in belongings}
    seen = {row.community_id: row.at for row in await tx.all(_MARKS, account_id=account_id)}
    floor = upto - WINDOW_MS
    unseen = or_(false(), *(
        and_(comments.c.community_id == one, comments.c.shown_at > max(floor, seen.get(one, 0))) for one in by
    ))  # fmt: skip
    branch = func.coalesce(comments.c.reply_to, comments.c.id)
    answered = exists().where(
        _later.c.thread_id == comments.c.thread_id, _later.c.author_id == account_id,
        _later.c.seq > comments.c.seq, _later.c.state == "shown",
        func.coalesce(_later.c.reply_to, _later.c.id) == branch,
    )  # fmt: skip
    fresh = (unseen, comments.c.shown_at <= upto, ~answered)
    selects = [one.where(*fresh) for one in [*_naming(account_id, [*by]), _answering(account_id)]]
    return await _walk(tx, selects, by, account_id, _Walk(cursor, limit, newest=False))


async def mark(tx: Tx, account_id: str, belongings: Sequence[Belonging], upto: int) -> None:
    """What was said until `upto` (epoch ms) is seen; never less than was seen before."""
    for one in sorted(belongings, key=lambda one: one.community.id):
        row = tx.insert(marks).values(account_id=account_id, community_id=one.community.id, at=upto)
        later = row.on_conflict_do_update(
            index_elements=["account_id", "community_id"], set_={"at": upto}, where=marks.c.at < upto
        )
        await tx.run(later)


async def tagged(
    tx: Tx, community: Community, by: Entitlement, tag: str, *, cursor: str | None = None, limit: int = 40
) -> Page[Said]:
    """The comments with this tag (folded) under posts that the viewer may read, newest first. Raises Invalid (cursor)."""
    newest = select(comment_tags.c.comment_id, comment_tags.c.at)
    newest = newest.where(comment_tags.c.community_id == by.community_id, comment_tags.c.tag == tag)
    if cursor:
        at, comment_id = place(cursor)
        before = tuple_(literal(at), literal(comment_id))
        newest = newest.where(tuple_(comment_tags.c.at, comment_tags.c.comment_id) < before)
    order = (comment_tags.c.at.desc(), comment_tags.c.comment_id.desc())
    found = newest.order_by(*order).limit(LOOKED_THROUGH).subquery()
    query = select(found.c.comment_id).join_from(found, comments, comments.c.id == found.c.comment_id)
    query = query.join(posts, posts.c.id == comments.c.thread_id).join(rooms, rooms.c.id == posts.c.room_id)
    query = query.where(comments.c.state == "shown", rooms.c.kind == "channel", *open_to(by))
    size = within(limit)
    rows = await tx.all(query.order_by(found.c.at.desc(), found.c.comment_id.desc()).limit(size + 1))
    here = {community.id: Belonging(community, by, "")}
    items = await _loaded(tx, here, {row.comment_id: () for row in rows[:size]})
    return Page(items, cursor_of(*items[-1].place) if len(rows) > size and items else None)


def both(shown: Page[Post], said: Page[Said], limit: int) -> Page[Post | Said]:
    """Posts and comments that were asked for from one place on, newest first."""
    pages: list[Page[Post | Said]] = [
        Page([*shown.items], shown.next_cursor),
        Page([*said.items], said.next_cursor),
    ]
    return merged(
        pages,
        limit,
        lambda one: one.place if isinstance(one, Said) else (one.created_at, one.id),
        newest=True,
    )


# ---- the comments that are for one account ----


@dataclass(frozen=True, slots=True)
class _Walk:
    cursor: str | None
    limit: int
    newest: bool


def _rows(kind: Any, word: Any, rank: Any, source: Any, account_id: str) -> Select[Any]:
    """Comments that all who may read their posts see, of others than the account, with what decides about them."""
    paid = exists().where(
        unlocks.c.post_id == posts.c.id, unlocks.c.account_id == account_id, unlocks.c.revoked_at.is_(None)
    )
    query = select(
        comments.c.id, comments.c.shown_at.label("at"), comments.c.community_id, kind.label("kind"),
        word.label("word"), rank.label("rank"), posts.c.min_rank, rooms.c.min_rank.label("room_rank"),
        paid.label("paid"),
    )  # fmt: skip
    joined = source.join(posts, posts.c.id == comments.c.thread_id).join(rooms, rooms.c.id == posts.c.room_id)
    return query.select_from(joined).where(
        comments.c.state == "shown", comments.c.author_id != account_id, posts.c.deleted_at.is_(None),
        rooms.c.kind == "channel",
    )  # fmt: skip


def _naming(account_id: str, community_ids: Sequence[str]) -> list[Select[Any]]:
    """By name, and as one of a group."""
    kept = comment_mentions
    source = kept.join(comments, comments.c.id == kept.c.comment_id)
    source = source.outerjoin(tiers, tiers.c.id == kept.c.tier_id)
    rows = _rows(kept.c.kind, kept.c.word, tiers.c.rank, source, account_id)
    of_groups = and_(kept.c.account_id.is_(None), kept.c.community_id.in_(community_ids))
    return [rows.where(kept.c.account_id == account_id), rows.where(of_groups)]


def _answering(account_id: str) -> Select[Any]:
    source = comments.join(_parent, _parent.c.id == comments.c.reply_to)
    rows = _rows(literal("answer"), literal(""), cast(null(), Integer), source, account_id)
    return rows.where(_parent.c.author_id == account_id)


def _span(selects: Sequence[Select[Any]], walk: _Walk, reached: tuple[int, str] | None, first: bool) -> Any:
    """The next of all of them in one order, after the place that was reached.

    Not the `first` time: with the comment there, of which rows may have been left over.
    """
    at = tuple_(comments.c.shown_at, comments.c.id)
    order = [comments.c.shown_at, comments.c.id]
    parts = []
    for query in selects:
        if reached:
            here = tuple_(literal(reached[0]), literal(reached[1]))
            after = at < here if walk.newest else at > here
            query = query.where(after if first else or_(after, at == here))  # noqa: PLW2901
        ordered = query.order_by(*(one.desc() if walk.newest else one for one in order))
        parts.append(select(ordered.limit(AT_ONCE).subquery()))
    both = union_all(*parts).subquery()
    by_place = [both.c.at.desc(), both.c.id.desc()] if walk.newest else [both.c.at, both.c.id]
    return select(both).order_by(*by_place).limit(AT_ONCE)


async def _walk(
    tx: Tx, selects: Sequence[Select[Any]], by: Mapping[str, Belonging], account_id: str, walk: _Walk
) -> Page[Said]:
    size = within(walk.limit)
    reached = place(walk.cursor) if walk.cursor else None
    found: dict[str, tuple[Why, ...]] = {}
    for turn in range(TRIES if by else 0):
        rows = await tx.all(_span(selects, walk, reached, turn == 0))
        for row in rows:
            if row.community_id in by and _is_for(row, by[row.community_id].entitlement):
                why: Why = "answer" if row.kind == "answer" else "mention"
                found[row.id] = tuple(sorted({*found.get(row.id, ()), why}, reverse=True))
        if len(rows) < AT_ONCE or len(found) > size:
            break
        reached = (rows[-1].at, rows[-1].id)
    items = await _loaded(tx, by, dict([*found.items()][:size]))
    return Page(items, cursor_of(*items[-1].place) if len(found) > size and items else None)


def _is_for(row: Any, by: Entitlement) -> bool:
    named = row.kind in ("person", "answer") or means(row.word, row.kind, row.rank, by)
    open_to_them = by.reads(row.room_rank) and (by.reads(row.min_rank) or row.paid)
    return bool(by.belongs and named and open_to_them)


async def _loaded(tx: Tx, by: Mapping[str, Belonging], found: Mapping[str, tuple[Why, ...]]) -> list[Said]:
    """In their order."""
    by_id = {one.id: one for one in await queries.many(tx, [*found])}
    above = {one.id: one for one in await many(tx, sorted({one.thread_id for one in by_id.values()}))}
    there = await of_communities(tx, sorted({one.community_id for one in by_id.values()}))
    by_room = {room.id: room for rooms_of in there.values() for room in rooms_of}
    return [
        Said(one, above[one.thread_id], by_room[above[one.thread_id].room_id],
             by[one.community_id].community, by[one.community_id].entitlement, found[one.id])
        for one in (by_id[comment_id] for comment_id in found if comment_id in by_id)
        if one.thread_id in above
    ]  # fmt: skip
