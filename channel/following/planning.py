"""A post came that everybody may read: who of those without an account gets a letter about it, and when.

In pieces, each with the place where the next one begins. What holds when the letter leaves is asked again then
(notify/posted).
"""

from typing import Final

from channel import communities, members, rooms
from channel.errors import NotFound
from channel.following.queries import some
from channel.following.queue import LETTERS
from channel.notices.planning import first_due
from channel.outbox import schedule
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.storage import Tx
from channel.tasks import FollowersDue

AT_ONCE: Final = 200


async def plan(tx: Tx, post_id: str, after: str = "") -> None:
    """Write down the letters to the next followers after `after`, and come back for the rest in a job of its own.

    Done twice it is as done once.
    """
    try:
        post = await posts.one(tx, post_id)
    except NotFound:
        return
    if not await _is_public(tx, post):
        return
    found = await some(tx, post.community_id, after, AT_ONCE)
    fresh = []
    for follower in found:
        if follower.wants_of(post) and not follower.rests(tx.now):
            how = follower.wants(post.room_id)
            at = first_due(post, how, follower.times, has_device=False)
            fresh.append(LETTERS.fresh(tx, post, follower.id, how, at))
    await LETTERS.add(tx, fresh)
    if len(found) == AT_ONCE:
        await schedule(tx, FollowersDue(post_id=post.id, after=found[-1].id))


async def _is_public(tx: Tx, post: Post) -> bool:
    """Whether a stranger may read it whole, and anybody is to be told of it."""
    if post.deleted_at is not None or post.silent or post.topic_id is not None:
        return False
    try:
        community, room = await communities.one(tx, post.community_id), await rooms.one(tx, post.room_id)
    except NotFound:
        return False
    stranger = await members.entitlement(tx, community, None)
    return not room.is_group and stranger.reads(room.min_rank, post.min_rank)
