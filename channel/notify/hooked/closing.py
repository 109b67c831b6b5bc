"""What a mirror shows of a place that is not open to everybody any more: it is taken back, whatever closed the place.

A post that is edited or deleted tells of itself. That its room asks for a pass now, or that its community is private or
gone, no post tells.
"""

from typing import Final

from sqlalchemy import select

from channel import communities, members
from channel.errors import NotFound
from channel.hooks.model import Hook
from channel.hooks.tables import mirrored
from channel.posts.tables import posts
from channel.rooms.queries import of_community
from channel.storage import Tx

CLOSES: Final = ("room.updated", "community.updated", "community.deleted")
LOOK_AGAIN: Final = (
    "post.edited"  # what makes a mirror look at a post as it is now, and take back what is closed
)


async def closed_rooms(tx: Tx, community_id: str) -> list[str]:
    """The ids of the channels that strangers may not read now."""
    try:
        community = await communities.one(tx, community_id)
    except NotFound:
        return []
    stranger = await members.entitlement(tx, community, None)
    there = await of_community(tx, community_id)
    return [room.id for room in there if community.deleted or not stranger.reads(room.min_rank)]


async def shown_there(tx: Tx, hook: Hook, room_ids: list[str]) -> list[str]:
    """The ids of the posts of these rooms that stand on the other side of a mirror, oldest first."""
    query = (
        select(mirrored.c.post_id)
        .join(posts, posts.c.id == mirrored.c.post_id)
        .where(mirrored.c.hook_id == hook.id, posts.c.room_id.in_(room_ids))
    )
    rows = await tx.all(query.order_by(mirrored.c.post_id)) if room_ids else []
    return [row.post_id for row in rows]
