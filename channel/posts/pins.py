"""Pins: up to ten posts of a room, in an order that the creator chooses: 1, 2, 3 … without gaps."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from channel.errors import Conflict, NotFound
from channel.events import PostPinned, room_stream
from channel.members.model import Entitlement
from channel.outbox import emit, hold
from channel.posts import queries
from channel.posts.model import MAX_PINS, Post
from channel.posts.rights import require_pin
from channel.posts.tables import posts
from channel.rooms.tables import rooms
from channel.storage import Tx, locking


async def pin(tx: Tx, by: Entitlement, post: Post, position: int | None) -> Post:
    """Pin at `position` (1 = first; beyond the end is the end), move there, or unpin with None. The others move up or down.

    Raises NotFound, Forbidden, Conflict (code too_many_pins).
    """
    require_pin(by, post)
    await hold(tx, room_stream(post.room_id))
    before = await _order(tx, post)
    after = [post_id for post_id in before if post_id != post.id]
    if position is not None:
        if len(after) >= MAX_PINS:
            raise Conflict("Ten posts are pinned already. Unpin one of them first.", code="too_many_pins")
        after.insert(max(0, position - 1), post.id)
    if after != before:
        await _place(tx, before, after)
        place = after.index(post.id) + 1 if post.id in after else None
        await emit(tx, PostPinned(room_id=post.room_id, post_id=post.id, position=place))
    return await queries.one(tx, post.id)


async def take_off(tx: Tx, post: Post) -> None:
    """Close the gap that a deleted post leaves among the pins. The deletion itself is the news.

    Whether it is pinned is asked again under the lock: `post` may be older than a pin.
    """
    before = await _order(tx, post, gone=True)
    await _place(tx, before, [post_id for post_id in before if post_id != post.id])


async def _order(tx: Tx, post: Post, *, gone: bool = False) -> list[str]:
    """The pinned posts of the room in their order, held with the room until the end of the transaction.

    The room's stream is held. Rows are locked by seq, as everywhere, so that nobody waits in a circle. Raises NotFound
    for a deleted post.
    """
    room = select(rooms.c.id).where(rooms.c.id == post.room_id)
    await tx.one(locking(tx.dialect, room, key_share=True))
    wanted = or_(posts.c.pin_position.is_not(None), posts.c.id == post.id)
    columns = (posts.c.id, posts.c.pin_position, posts.c.deleted_at)
    query = select(*columns).where(posts.c.room_id == post.room_id, wanted).order_by(posts.c.seq)
    rows = await tx.all(locking(tx.dialect, query, key_share=True))
    if not gone and all(row.id != post.id or row.deleted_at is not None for row in rows):
        raise NotFound("This post was deleted.")
    pinned = sorted((row.pin_position, row.id) for row in rows if row.pin_position is not None)
    return [post_id for _, post_id in pinned]


async def _place(tx: Tx, before: Sequence[str], after: Sequence[str]) -> None:
    old = {post_id: place for place, post_id in enumerate(before, 1)}
    new = {post_id: place for place, post_id in enumerate(after, 1)}
    for post_id in old.keys() | new.keys():
        if old.get(post_id) != new.get(post_id):
            moved = update(posts).where(posts.c.id == post_id).values(pin_position=new.get(post_id))
            await tx.run(moved)
