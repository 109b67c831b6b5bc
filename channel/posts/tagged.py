"""The page of a tag: the posts that have it, as far as the viewer may know that they do."""

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, tuple_

from channel.members.model import Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.members.tables import unlocks
from channel.posts import horizon
from channel.posts.model import Post
from channel.posts.queries import many
from channel.posts.tables import posts
from channel.rooms.queries import of_community
from channel.rooms.tables import rooms
from channel.storage import Tx
from channel.tags.tables import post_tags

LOOKED_AT = 60  # tags, of the most frequent ones
LOOKED_THROUGH = 5_000  # of the newest posts with the tag, for each page


async def tagged(
    tx: Tx, by: Entitlement, tag: str, *, cursor: str | None = None, limit: int = 40
) -> Page[Post]:
    """The posts of the community with this tag (folded), newest first.

    A post that is locked to the viewer is among them only when the tag stands in its teaser: what stands in a locked
    text is not revealed, not even by a count. Raises Invalid for a cursor that is not ours.
    """
    newest = select(post_tags.c.post_id, post_tags.c.created_at, post_tags.c.open)
    newest = newest.where(post_tags.c.community_id == by.community_id, post_tags.c.tag == tag)
    if cursor:
        at, post_id = place(cursor)
        before = tuple_(literal(at), literal(post_id))
        newest = newest.where(tuple_(post_tags.c.created_at, post_tags.c.post_id) < before)
    order = (post_tags.c.created_at.desc(), post_tags.c.post_id.desc())
    found = newest.order_by(*order).limit(LOOKED_THROUGH).subquery()
    query = select(found.c.post_id, found.c.created_at)
    query = query.join_from(found, posts, posts.c.id == found.c.post_id).join(
        rooms, rooms.c.id == posts.c.room_id
    )
    query = query.where(*open_to(by, found.c.open))
    for room_id, since in (await _begins(tx, by)).items():
        query = query.where(or_(posts.c.room_id != room_id, posts.c.seq >= since))
    size = within(limit)
    rows = await tx.all(query.order_by(found.c.created_at.desc(), found.c.post_id.desc()).limit(size + 1))
    more = len(rows) > size
    by_id = {post.id: post for post in await many(tx, [row.post_id for row in rows[:size]])}
    items = [by_id[row.post_id] for row in rows[:size] if row.post_id in by_id]
    return Page(items, cursor_of(rows[size - 1].created_at, rows[size - 1].post_id) if more else None)


async def often(tx: Tx, by: Entitlement, limit: int) -> list[str]:
    """The tags of the community that stand in most posts, of those that the viewer may know of; most frequent first."""
    counted = (
        select(post_tags.c.tag, func.count().label("posts"))
        .where(post_tags.c.community_id == by.community_id)
        .group_by(post_tags.c.tag)
        .order_by(func.count().desc(), post_tags.c.tag)
        .limit(LOOKED_AT)
        .subquery()
    )
    seen = (
        select(post_tags.c.post_id)
        .join_from(post_tags, posts, posts.c.id == post_tags.c.post_id)
        .join(rooms, rooms.c.id == posts.c.room_id)
        .where(
            post_tags.c.community_id == by.community_id, post_tags.c.tag == counted.c.tag,
            posts.c.topic_id.is_(None), *open_to(by, post_tags.c.open),
        )
    )  # fmt: skip
    query = select(counted.c.tag).where(seen.correlate(counted).exists())
    rows = await tx.all(query.order_by(counted.c.posts.desc(), counted.c.tag).limit(limit))
    return [row.tag for row in rows]


def open_to(by: Entitlement, *reasons: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Of posts beside their rooms, those that the viewer may read, or that there is another of these `reasons` to show."""
    paid = exists().where(
        unlocks.c.post_id == posts.c.id, unlocks.c.account_id == by.account_id, unlocks.c.revoked_at.is_(None)
    )
    return (
        posts.c.deleted_at.is_(None),
        func.coalesce(rooms.c.min_rank, by.rank) <= by.rank,
        or_(func.coalesce(posts.c.min_rank, by.rank) <= by.rank, paid, *reasons),
    )


async def _begins(tx: Tx, by: Entitlement) -> dict[str, int]:
    """Where the groups begin that do not show the viewer all of their past."""
    return await horizon.first_seqs(tx, by, await of_community(tx, by.community_id))
