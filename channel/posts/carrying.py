"""What posts carry of pictures and files, and hence who may see these: whoever may read a post that carries one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace as copied
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from channel import media
from channel.events import PostEdited, room_stream
from channel.ids import is_id
from channel.media import actions
from channel.media.model import Media
from channel.media.rights import of_the_team, require_taken
from channel.media.tables import media as media_table
from channel.media.tables import post_media, post_teasers
from channel.members import unlocks
from channel.members.model import OUTSIDER_RANK, Entitlement
from channel.outbox import emit, hold
from channel.posts import horizon
from channel.posts.announcing import announce_look
from channel.posts.model import Post
from channel.posts.tables import drafts, posts
from channel.rooms.model import Room
from channel.rooms.queries import COLUMNS as ROOM
from channel.rooms.queries import room_of
from channel.rooms.tables import rooms
from channel.storage import Prepared, Tx, locking

MOST_CARRIERS = 100
_CARRYING = (
    select(posts.c.id, posts.c.seq, posts.c.min_rank, *ROOM)
    .join_from(post_media, posts, posts.c.id == post_media.c.post_id)
    .join(rooms, rooms.c.id == posts.c.room_id)
    .where(post_media.c.media_id == bindparam("media_id"), posts.c.deleted_at.is_(None))
    .order_by(posts.c.created_at.desc())
    .limit(MOST_CARRIERS)
)

# On the card of a locked post, plain: blurred, nothing but the placeholder in the page itself is shown.
_TEASING = (
    select(posts.c.id, posts.c.seq, *ROOM)
    .join_from(post_teasers, posts, posts.c.id == post_teasers.c.post_id)
    .join(rooms, rooms.c.id == posts.c.room_id)
    .where(
        post_teasers.c.media_id == bindparam("media_id"),
        post_teasers.c.blurred.is_(False),
        posts.c.min_rank.is_not(None),
        posts.c.deleted_at.is_(None),
    )
    .order_by(posts.c.created_at.desc())
    .limit(MOST_CARRIERS)
)
_CARRIERS, _TEASED = Prepared(_CARRYING), Prepared(_TEASING)
_ITSELF = posts.c.id == bindparam("post_id")
_CARRIED, _ON_CARD = Prepared(_CARRYING.where(_ITSELF)), Prepared(_TEASING.where(_ITSELF))


async def usable(tx: Tx, by: Entitlement, room: Room, ids: Sequence[str]) -> tuple[str, ...]:
    """These media, for a post of `by` in the room. Raises Forbidden (rank_too_low), Invalid (media)."""
    if not ids:
        return ()
    require_taken(by, room)
    return tuple(one.id for one in await actions.usable(tx, by, ids))


async def hold_media(tx: Tx, community_id: str, ids: Iterable[str]) -> None:
    """Nobody else changes these media until the transaction ends.

    Asked for before anything else of a post is held, and for all of them at once: who has prepared one holds it first,
    and then the stream and the posts in which that is told. See docs/architecture.md, "Locks".
    """
    wanted = set(ids)
    if wanted:
        mine = (media_table.c.id.in_(wanted), media_table.c.community_id == community_id)
        held = select(media_table.c.id).where(*mine).order_by(media_table.c.id)
        await tx.all(locking(tx.dialect, held, key_share=True))


async def hold_all(tx: Tx, post: Post, more: Iterable[str] = ()) -> None:
    """The same for what the post has and what it is to have, inside and on its card, and then for its room's stream."""
    here = await actions.carried(tx, post.id)
    await hold_media(tx, post.community_id, [*here, *more])
    await hold(tx, room_stream(post.room_id))


async def own(tx: Tx, by: Entitlement, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that a draft of theirs may keep: their own, what the community's posts carry, what the team sent."""
    known = await media.many(tx, ids)
    kept = [one for one in ids if one in known and known[one].community_id == by.community_id]
    shared = await actions.used(tx, kept) | await of_the_team(tx, by, [known[one] for one in kept])
    return [one for one in kept if known[one].owner_id == by.account_id or one in shared]


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


async def drop(tx: Tx, community_id: str, ids: Sequence[str]) -> None:
    """Those of `ids` go that no post and no draft has any more."""
    if not ids:
        return
    named = or_(
        *(column.contains(one) for one in ids for column in (drafts.c.media, drafts.c.teaser_picture))
    )
    query = select(drafts.c.media, drafts.c.teaser_picture).where(
        drafts.c.community_id == community_id, named
    )
    kept = {one for row in await tx.all(query) for one in f"{row.media} {row.teaser_picture}".split()}
    await actions.drop_alone(tx, community_id, ids, [*kept])


async def replace(tx: Tx, post: Post, ids: Sequence[str]) -> Post:
    """The post with these instead; what nothing carries any more goes."""
    before = await of_post(tx, post)
    await actions.attach(tx, post.id, ids)
    await tx.run(update(posts).where(posts.c.id == post.id).values(media_count=len(ids)))
    await drop(tx, post.community_id, [one for one in before if one not in ids])
    return copied(post, media_count=len(ids))


async def let_go(tx: Tx, post: Post) -> None:
    """The post was deleted: what it alone carried goes with it, and the picture on its card."""
    ids = [*await of_post(tx, post), *await actions.untease(tx, post.id)]
    if ids:
        await actions.attach(tx, post.id, ())
        await drop(tx, post.community_id, ids)


async def tell(tx: Tx, post_ids: Iterable[str]) -> None:
    """What these posts carry looks different now: their readers get them afresh. Nobody edited them."""
    for row in await _held(tx, post_ids):
        await _look_again(tx, row)


async def tell_all(tx: Tx, media_ids: Sequence[str]) -> None:
    """Every post that has one of these looks different now."""
    await tell(tx, {post_id for one in media_ids for post_id in await actions.carriers(tx, one)})


async def withdrawn(tx: Tx, post_ids: Sequence[str]) -> None:
    """A medium of these posts was deleted: they carry fewer, and say so."""
    for row in await _held(tx, filter(is_id, post_ids)):
        left = (await media.of_posts(tx, [row.id])).get(row.id, ())
        await _look_again(tx, row, media_count=len(left))


async def _held(tx: Tx, post_ids: Iterable[str]) -> Sequence[Any]:
    """(id, room_id, rev) of those that are there, held with their rooms' streams: these first, and each kind in one
    order, or two who overlap would wait for each other."""
    chosen = posts.c.id.in_(set(post_ids))
    there = await tx.all(select(posts.c.room_id).where(chosen).distinct())
    for room_id in sorted(row.room_id for row in there):
        await hold(tx, room_stream(room_id))
    query = select(posts.c.id, posts.c.room_id, posts.c.rev).where(chosen, posts.c.deleted_at.is_(None))
    query = query.order_by(posts.c.room_id, posts.c.seq)
    return await tx.all(locking(tx.dialect, query, key_share=True))


async def _look_again(tx: Tx, row: Any, **more: int) -> None:
    await tx.run(update(posts).where(posts.c.id == row.id).values(rev=row.rev + 1, **more))
    await emit(tx, PostEdited(room_id=row.room_id, post_id=row.id, rev=row.rev + 1))
    await announce_look(tx, row.id)


async def sees(tx: Tx, by: Entitlement, one: Media) -> bool:
    """Whether this viewer may have the medium: it is their own, they may read a post that carries it, it stands on the
    card of one that is locked for them, or the team sent it and they may edit whatever the team posts.

    Asked at every request; the answer is that of render.views for those posts.
    """
    if by.community_id != one.community_id or not by.visible:
        return False
    if by.account_id is not None and by.account_id == one.owner_id and by.belongs:
        return True
    for row in await tx.all(_CARRIERS, media_id=one.id):
        if await _reads(tx, by, row):
            return True
    for row in await tx.all(_TEASED, media_id=one.id):
        if await _enters(tx, by, row):
            return True
    return bool(await of_the_team(tx, by, [one]))


async def shows(tx: Tx, by: Entitlement, post_id: str, one: Media) -> bool:
    """Whether this very post stands and shows them the medium, inside or on its locked card. Others may, too."""
    asked = {"media_id": one.id, "post_id": post_id}
    inside = [row for row in await tx.all(_CARRIED, **asked) if await _reads(tx, by, row)]
    return bool(inside) or any([await _enters(tx, by, row) for row in await tx.all(_ON_CARD, **asked)])


async def is_public(tx: Tx, stranger: Entitlement, one: Media) -> bool:
    """Whether whoever comes by may have it. `stranger`: what one who is signed out may see of the community."""
    return stranger.rank == OUTSIDER_RANK and stranger.account_id is None and await sees(tx, stranger, one)


async def _reads(tx: Tx, by: Entitlement, row: Any) -> bool:
    if not await _enters(tx, by, row):
        return False
    return by.reads(row.min_rank) or row.id in await unlocks.unlocked(tx, by, [row.id])


async def _enters(tx: Tx, by: Entitlement, row: Any) -> bool:
    """Whether they see that the post is there: locked or open."""
    room = room_of(row)
    return by.reads(room.min_rank) and row.seq >= await horizon.first_seq(tx, by, room)
