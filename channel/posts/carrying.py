"""What posts carry of pictures and files, and hence who may see these: whoever may read a post that carries one."""

from collections.abc import Sequence
from dataclasses import replace as copied
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from channel import media
from channel.events import PostEdited
from channel.ids import is_id
from channel.media import actions
from channel.media.model import Media
from channel.media.rights import require_taken
from channel.media.tables import post_media
from channel.members import unlocks
from channel.members.model import OUTSIDER_RANK, Entitlement
from channel.outbox import emit
from channel.posts import horizon
from channel.posts.model import Post
from channel.posts.tables import drafts, posts
from channel.rooms.model import Room
from channel.rooms.queries import COLUMNS as ROOM
from channel.rooms.queries import room_of
from channel.rooms.tables import rooms
from channel.storage import Prepared, Tx, locking

MOST_CARRIERS = 100
_CARRIERS = Prepared(
    select(posts.c.id, posts.c.seq, posts.c.min_rank, *ROOM)
    .join_from(post_media, posts, posts.c.id == post_media.c.post_id)
    .join(rooms, rooms.c.id == posts.c.room_id)
    .where(post_media.c.media_id == bindparam("media_id"), posts.c.deleted_at.is_(None))
    .order_by(posts.c.created_at.desc())
    .limit(MOST_CARRIERS)
)


async def usable(tx: Tx, by: Entitlement, room: Room, ids: Sequence[str]) -> tuple[str, ...]:
    """These media, for a post of `by` in the room. Raises Forbidden (rank_too_low), Invalid (media)."""
    if not ids:
        return ()
    require_taken(by, room)
    return tuple(one.id for one in await actions.usable(tx, by, ids))


async def own(tx: Tx, community_id: str, account_id: str, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that a draft of this account may keep: their own, and what the community's posts carry."""
    known = await media.many(tx, ids)
    kept = [one for one in ids if one in known and known[one].community_id == community_id]
    query = select(post_media.c.media_id).where(post_media.c.media_id.in_(kept))
    shared = {row.media_id for row in await tx.all(query)} if kept else set()
    return [one for one in kept if known[one].owner_id == account_id or one in shared]


async def attach(tx: Tx, post_id: str, ids: Sequence[str]) -> None:
    """For a post that was made in this transaction."""
    if ids:
        await actions.attach(tx, post_id, ids)


async def of_post(tx: Tx, post: Post) -> tuple[str, ...]:
    """The ids of what it carries, in its order."""
    if not post.media_count:
        return ()
    return tuple(one.id for one in (await media.of_posts(tx, [post.id])).get(post.id, ()))


async def changed(
    tx: Tx, by: Entitlement, post: Post, wanted: Sequence[str] | None
) -> tuple[str, ...] | None:
    """What it carries after an edit; None when that stays as it is. What it has already may stay, whosever it is.

    Raises Forbidden (rank_too_low), Invalid (media).
    """
    if wanted is None:
        return None
    now = await of_post(tx, post)
    if tuple(wanted) == now:
        return None
    fresh = [one for one in wanted if one not in now]
    row = await tx.one(select(*ROOM).where(rooms.c.id == post.room_id))
    if fresh and row is not None:
        await usable(tx, by, room_of(row), fresh)
    return tuple(wanted)


async def replace(tx: Tx, post: Post, ids: Sequence[str]) -> Post:
    """The post with these instead; what nothing carries any more goes."""
    before = await of_post(tx, post)
    await actions.attach(tx, post.id, ids)
    await tx.run(update(posts).where(posts.c.id == post.id).values(media_count=len(ids)))
    await _drop(tx, post.community_id, [one for one in before if one not in ids])
    return copied(post, media_count=len(ids))


async def let_go(tx: Tx, post: Post) -> None:
    """The post was deleted: what it alone carried goes with it."""
    ids = await of_post(tx, post)
    if ids:
        await actions.attach(tx, post.id, ())
        await _drop(tx, post.community_id, ids)


async def _drop(tx: Tx, community_id: str, ids: Sequence[str]) -> None:
    if not ids:
        return
    named = or_(*(drafts.c.media.contains(one) for one in ids))
    query = select(drafts.c.media).where(drafts.c.community_id == community_id, named)
    kept = {one for row in await tx.all(query) for one in row.media.split()}
    await actions.drop_alone(tx, community_id, ids, [*kept])


async def tell(tx: Tx, post_id: str) -> None:
    """What the post carries looks different now: its readers get it afresh. Nobody edited it."""
    query = select(posts.c.room_id, posts.c.rev).where(posts.c.id == post_id, posts.c.deleted_at.is_(None))
    row = await tx.one(locking(tx.dialect, query, key_share=True))
    if row is None:
        return
    await tx.run(update(posts).where(posts.c.id == post_id).values(rev=row.rev + 1))
    await emit(tx, PostEdited(room_id=row.room_id, post_id=post_id, rev=row.rev + 1))


async def withdrawn(tx: Tx, post_ids: Sequence[str]) -> None:
    """A medium of these posts was deleted: they carry fewer, and say so."""
    for post_id in sorted(filter(is_id, post_ids)):
        left = (await media.of_posts(tx, [post_id])).get(post_id, ())
        await tx.run(update(posts).where(posts.c.id == post_id).values(media_count=len(left)))
        await tell(tx, post_id)


async def sees(tx: Tx, by: Entitlement, one: Media) -> bool:
    """Whether this viewer may have the medium: it is their own, or they may read a post that carries it.

    Asked at every request; the answer is that of render.views for those posts.
    """
    if by.community_id != one.community_id or not by.visible:
        return False
    if by.account_id is not None and by.account_id == one.owner_id and by.belongs:
        return True
    for row in await tx.all(_CARRIERS, media_id=one.id):
        if await _reads(tx, by, row):
            return True
    return False


async def is_public(tx: Tx, stranger: Entitlement, one: Media) -> bool:
    """Whether whoever comes by may have it. `stranger`: what one who is signed out may see of the community."""
    return stranger.rank == OUTSIDER_RANK and stranger.account_id is None and await sees(tx, stranger, one)


async def _reads(tx: Tx, by: Entitlement, row: Any) -> bool:
    room = room_of(row)
    if not by.reads(room.min_rank) or row.seq < await horizon.first_seq(tx, by, room):
        return False
    return by.reads(row.min_rank) or row.id in await unlocks.unlocked(tx, by, [row.id])
