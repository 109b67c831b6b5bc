"""What mirrors show of what is not open to everybody any more: it is taken back, whatever closed or removed the place.

A post that is edited or deleted tells of itself. That its room asks for a pass now or is gone, or that its community is
private or gone, no post tells. Taking back asks for nobody's rights and waits for no switch, for it shows nothing: also
mirrors that rest do it, and those whose owner may not see what they tell any more.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select, update

from channel import communities, members
from channel.communities import Community
from channel.errors import NotFound
from channel.hooks.model import MIRRORS, TAKE_BACK, Hook
from channel.hooks.queries import hook_of
from channel.hooks.queue import stop
from channel.hooks.tables import deliveries, hooks, mirrored
from channel.ids import new_id
from channel.members import Entitlement, governing
from channel.posts.tables import posts
from channel.rooms import Room
from channel.rooms.queries import of_community
from channel.storage import Tx

CLOSES: Final = ("room.updated", "community.updated", "community.deleted")
Shown = tuple[str, str, str]  # the mirror's id, the post's, and what the other side calls it
_SHOWN = select(mirrored.c.hook_id, mirrored.c.post_id, mirrored.c.remote_id).order_by(mirrored.c.post_id)
ROOM_GONE: Final = "Its room was deleted. Choose another one, then switch it on."


async def delete_room(tx: Tx, by: Entitlement, community: Community, room: Room, *, typed_slug: str) -> None:
    """Remove a room and its posts at once, also where mirrors show them. Raises as governing.delete_room."""
    shown = await shown_in(tx, [room.id])
    for row in await tx.all(select(hooks).where(hooks.c.room_id == room.id, hooks.c.kind.in_(MIRRORS))):
        await stop(tx, hook_of(row), ROOM_GONE)
        # It would go with its room, and what it has to take back with it.
        alone = {"room_id": None, "state": "stopped", "problem": ROOM_GONE}
        await tx.run(update(hooks).where(hooks.c.id == row.id).values(**alone))
    await take_back(tx, shown)
    await governing.delete_room(tx, by, community, room, typed_slug=typed_slug)


async def take_back(tx: Tx, shown: Sequence[Shown]) -> None:
    """Have these taken back, unless they are open to everybody when it is their turn.

    What stands there goes by its name there: the row is gone when its post is.
    """
    rows = [
        {
            "id": new_id(tx.now), "hook_id": hook_id, "kind": TAKE_BACK, "state": "waiting",
            "source": msgspec.json.encode({"post_id": post_id, "remote_id": remote_id}).decode(),
            "due_at": tx.now, "created_at": tx.now,
        }
        for hook_id, post_id, remote_id in shown
    ]  # fmt: skip
    await tx.run_many(deliveries.insert(), rows)


async def closed_rooms(tx: Tx, community_id: str) -> list[str]:
    """The ids of the channels that strangers may not read now."""
    try:
        community = await communities.one(tx, community_id)
    except NotFound:
        return []
    stranger = await members.entitlement(tx, community, None)
    there = await of_community(tx, community_id)
    return [room.id for room in there if community.deleted or not stranger.reads(room.min_rank)]


async def shown_in(tx: Tx, room_ids: Sequence[str]) -> list[Shown]:
    """What mirrors show of these rooms, oldest first."""
    query = _SHOWN.join(posts, posts.c.id == mirrored.c.post_id).where(posts.c.room_id.in_(room_ids))
    rows = await tx.all(query) if room_ids else []
    return [(row.hook_id, row.post_id, row.remote_id) for row in rows]


async def shown_at_rest(tx: Tx, post_ids: Sequence[str]) -> list[Shown]:
    """What mirrors that hear nothing now show of these posts."""
    query = _SHOWN.join(hooks, hooks.c.id == mirrored.c.hook_id)
    query = query.where(mirrored.c.post_id.in_(post_ids), hooks.c.state != "active")
    return [(row.hook_id, row.post_id, row.remote_id) for row in await tx.all(query)]


async def edited_since(tx: Tx, hook: Hook) -> list[str]:
    """The ids of the posts that a mirror shows as they were before an edit, oldest first."""
    query = (
        select(mirrored.c.post_id)
        .join(posts, posts.c.id == mirrored.c.post_id)
        .where(mirrored.c.hook_id == hook.id, posts.c.edited_at > mirrored.c.at)
    )
    return [row.post_id for row in await tx.all(query.order_by(mirrored.c.post_id))]
